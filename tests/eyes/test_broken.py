"""Every way to break a mask breaks it, the same way each time, and good masks stay good."""

import numpy as np
import pytest
from benchmarks.broken_masks import GOOD, WAYS, changed
from tests.measure.test_wholeness import walker


@pytest.mark.parametrize("way", [name for name in WAYS if name != "shows through"])
def test_a_way_breaks_a_mask_the_same_way_for_the_same_seed(way: str) -> None:
    frames, mask = walker()
    before = mask.copy()
    broken, again = (WAYS[way](frames, mask, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(broken, again)
    assert np.array_equal(mask, before)
    assert broken.dtype == np.bool_
    assert changed(mask, broken) > 0.02


def test_a_print_shows_through_where_its_lightness_is_rare() -> None:
    frames, mask = walker()
    printed = frames.copy()
    for frame, one in zip(printed, mask, strict=True):
        middle = int(np.flatnonzero(one[60]).mean())
        frame[55:70, middle - 7 : middle + 7] = 255
    broken = WAYS["shows through"](printed, mask, np.random.default_rng(5))
    gone = mask & ~broken
    assert gone[:, 57:68].sum() > 0.6 * gone.sum() > 0


@pytest.mark.parametrize("kind", GOOD)
def test_good_masks_differ_by_their_rims_alone(kind: str) -> None:
    frames, mask = walker()
    good = GOOD[kind](frames, mask, np.random.default_rng(5))
    assert changed(mask, good) < 0.12
