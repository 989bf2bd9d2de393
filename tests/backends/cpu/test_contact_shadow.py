"""Where subjects stand, and the shadows below them."""

import numpy as np
import pytest

from sparkle.backends.cpu.compositor.shadow import contact_shadow, footings

FRAMES, HEIGHT, WIDTH = 12, 120, 160


def clip_of(*subjects: tuple[int, int, int, int], frames: int = FRAMES) -> np.ndarray:
    """Masks with subjects (left, right, top, bottom row), bool (T, H, W)."""
    mask = np.zeros((frames, HEIGHT, WIDTH), bool)
    for left, right, top, bottom in subjects:
        mask[:, top : bottom + 1, left:right] = True
    return mask


def test_each_subject_stands_on_a_ground_of_its_own() -> None:
    mask = clip_of((20, 40, 10, 80), (100, 130, 60, 100))
    first, second = footings(mask)[5]
    assert (first.base, second.base) == (80, 100)
    for footing, column in ((first, 30), (second, 115)):
        dark = 1 - contact_shadow(mask[5].astype(np.float32), footing, 0.5)
        below = int(footing.base) + 2
        assert dark[below, column] > 0.05
        assert dark[: below - 30].max() < 0.02
        assert dark[:, 70].max() < 0.05  # nothing between the two


@pytest.mark.parametrize(
    ("others", "why"),
    [((), "the lower border cuts the subject"), (((100, 110, 40, 60),), "a raised hand belongs to it")],
)
def test_nobody_stands_in_a_picture_that_cuts_the_subject(others: tuple, why: str) -> None:
    assert not any(footings(clip_of((20, 80, 10, HEIGHT - 1), *others))), why


def test_a_shadow_comes_and_goes_softly_and_its_ground_does_not_shake() -> None:
    mask = clip_of((20, 40, 10, 80), frames=30)
    mask[::2, 81] = mask[::2, 80]  # the mask's last row comes and goes
    mask[:10] = clip_of((20, 40, 10, HEIGHT - 1), frames=10)  # at first the border cuts the subject
    found = footings(mask)
    assert not any(found[:10])
    sure = [here[0].sure for here in found[10:]]
    assert sure[0] < 0.7 and sure[-1] == 1.0 and (np.diff(sure) >= 0).all()
    bases = [here[0].base for here in found[10:]]
    assert np.abs(np.diff(bases)).max() < 0.3


def test_what_is_below_a_subject_throws_no_shadow_at_its_base() -> None:
    above, below = (20, 60, 10, 50), (30, 50, 65, 100)
    kettle = next(footing for footing in footings(clip_of(above, below))[5] if footing.base == 50)
    alone, together = (clip_of(*parts)[5].astype(np.float32) for parts in ((above,), (above, below)))
    assert np.array_equal(contact_shadow(together, kettle, 0.5), contact_shadow(alone, kettle, 0.5))
    assert contact_shadow(alone, kettle, 0.5).min() < 0.9
