"""A painted mask goes with what it was painted on, as far as that looks the same, and touches nothing else."""

import numpy as np

from sparkle.measure.carry_mask import REACH, carry_mask

HEIGHT, WIDTH = 96, 160


def clip(count: int, step: int = 2) -> tuple[np.ndarray, list[np.s_]]:
    """A textured square that moves to the right over texture that rests."""
    random = np.random.default_rng(1)
    back = np.repeat(np.kron(random.integers(60, 120, (24, 40, 1)), np.ones((4, 4, 1))), 3, axis=2)
    square = np.repeat(np.kron(random.integers(140, 250, (8, 8, 1)), np.ones((4, 4, 1))), 3, axis=2)
    frames, places = [], []
    for number in range(count):
        place = np.s_[30:62, 20 + step * number : 52 + step * number]
        frame = back.copy()
        frame[place] = square
        frames.append(frame.astype(np.uint8))
        places.append(place)
    return np.stack(frames), places


def test_what_was_painted_goes_with_the_thing_and_the_rest_stays() -> None:
    frames, places = clip(20)
    share = np.zeros((20, HEIGHT, WIDTH), np.float32)
    share[:, 80:90, 5:15] = 1.0  # tracked rightly, and far away
    painted = share[8].copy()
    painted[places[8]] = 1.0
    mended = carry_mask(frames, share, 8, painted)
    assert (mended[8] == painted).all()
    for number in (3, 6, 10, 13):
        inside = np.zeros((HEIGHT, WIDTH), bool)
        inside[places[number]] = True
        found = mended[number, 20:75] > 0.5
        overlap = (found & inside[20:75]).sum() / (found | inside[20:75]).sum()
        assert overlap > 0.8, number
    assert (mended[:, 80:90, 5:15] == 1.0).all()
    assert (mended[:, :20] == 0).all()


def test_it_ends_where_it_is_told_to_and_where_the_picture_changes() -> None:
    frames, places = clip(2 * REACH + 20, step=0)
    share = np.zeros((len(frames), HEIGHT, WIDTH), np.float32)
    painted = share[0].copy()
    painted[places[0]] = 1.0
    ends = carry_mask(frames, share, 10, painted, first=8, last=14)
    assert [number for number in range(len(frames)) if ends[number].any()] == list(range(8, 15))
    frames[13:] = 5  # a cut
    cut = carry_mask(frames, share, 10, painted)
    assert cut[12].max() > 0.8
    assert cut[13].max() < 0.2


def test_taking_away_is_carried_too() -> None:
    frames, places = clip(6, step=1)
    share = np.zeros((6, HEIGHT, WIDTH), np.float32)
    for number, place in enumerate(places):
        share[(number, *place)] = 1.0
    mended = carry_mask(frames, share, 2, np.zeros((HEIGHT, WIDTH), np.float32))
    assert mended.max(axis=(1, 2))[1:4].max() < 0.4
