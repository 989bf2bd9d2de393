"""What is salient is subject; the rest of a box is background only where the salient region fills it and is sure."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparkle.measure.saliency_trust import LIMIT, box_odds, saliency_odds

BOX = (20.0, 10.0, 60.0, 90.0)


def region(x1: int, y1: int, x2: int, y2: int, inside: float = 1.0, rest: float = 0.0) -> np.ndarray:
    salient = np.full((100, 80), rest, np.float32)
    salient[y1:y2, x1:x2] = inside
    return salient


def cross() -> np.ndarray:
    """A thing that reaches all four sides of its box and leaves its corners free."""
    salient = region(30, 10, 50, 90)
    salient[40:60, 20:60] = 1.0
    return salient


def test_what_fills_its_box_leaves_background_in_the_corners() -> None:
    odds, trust = box_odds(cross(), BOX)
    assert trust == 1.0
    assert odds[50, 40] == pytest.approx(LIMIT)
    assert odds[15, 25] == pytest.approx(-LIMIT)


@pytest.mark.parametrize("salient", [region(20, 10, 60, 40), region(22, 12, 34, 88), region(0, 0, 80, 9)])
def test_what_does_not_fill_its_box_says_nothing_about_the_rest(salient: np.ndarray) -> None:
    odds, trust = box_odds(salient, BOX)
    assert trust == 0.0
    assert odds[80, 50] == 0.0
    assert np.isfinite(odds[50, 40])
    inside = salient.astype(bool)
    inside[:10] = False
    assert (odds[inside] == pytest.approx(LIMIT / 2)) or not inside.any()


def test_a_hesitant_map_is_not_trusted_as_to_the_background() -> None:
    sure, hesitant = cross(), cross()
    for rows in (slice(15, 40), slice(60, 90)):
        hesitant[rows, 50:60] = hesitant[rows, 20:30] = 0.4
    assert box_odds(hesitant, BOX)[1] < 0.5 < box_odds(sure, BOX)[1]
    odds, _ = box_odds(np.where(hesitant == 1.0, 1.0, 0.4).astype(np.float32), BOX)
    assert odds[15, 25] == 0.0


def test_nothing_salient_says_nothing() -> None:
    odds, trust = box_odds(region(0, 0, 0, 0), BOX)
    assert trust == 0.0
    assert (odds[12:88, 22:58] == 0).all()


def test_outside_its_box_a_map_says_nothing() -> None:
    seen = saliency_odds(
        np.zeros((100, 80, 3), np.uint8), [BOX], lambda crop: np.ones(crop.shape[:2], np.float32)
    )
    assert (seen.odds[:, :17] == 0).all()
    assert (seen.odds[12:88, 22:58] > 0).all()


def test_each_box_is_looked_at_with_its_surroundings_and_the_better_one_counts_where_they_overlap() -> None:
    picture = np.zeros((100, 160, 3), np.uint8)
    picture[20:80, 20:60] = 255
    looked = []

    def bright(crop: np.ndarray) -> np.ndarray:
        looked.append(crop.shape[:2])
        return (crop[..., 0] / 255).astype(np.float32)

    seen = saliency_odds(picture, [(20, 20, 60, 80), (40, 0, 150, 100), (200, 10, 220, 20)], bright)
    assert looked == [(78, 52), (100, 137)]
    assert seen.trust[0] == 1.0
    assert seen.trust[2] == 0.0
    assert (seen.odds[22:78, 22:58] == pytest.approx(LIMIT)) and (seen.odds[22:78, 70:140] == 0).all()


@settings(max_examples=80, deadline=None)
@given(
    st.tuples(*(st.floats(-50, 150) for _ in range(4))),
    st.integers(0, 2**32 - 1),
)
def test_any_box_and_map_gives_bounded_odds(corners: tuple[float, ...], seed: int) -> None:
    x1, x2 = sorted(corners[:2])
    y1, y2 = sorted(corners[2:])
    values = np.random.default_rng(seed)

    def look(crop: np.ndarray) -> np.ndarray:
        return values.random(crop.shape[:2], np.float32)

    seen = saliency_odds(np.zeros((60, 90, 3), np.uint8), [(x1, y1, x2, y2)], look)
    assert seen.odds.shape == (60, 90)
    assert np.isfinite(seen.odds).all()
    assert np.abs(seen.odds).max() <= LIMIT
    assert 0 <= seen.trust[0] <= 1
