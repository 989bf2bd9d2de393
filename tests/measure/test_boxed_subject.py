"""Where a mask ends, against the boxes that its subject was found in."""

import numpy as np
import pytest

from sparkle.measure.boxed_subject import box_signs

BOX = (20.0, 10.0, 60.0, 90.0)


def masks(left: int = 20, top: int = 10, right: int = 60, bottom: int = 90) -> np.ndarray:
    mask = np.zeros((5, 100, 100), bool)
    mask[:, top:bottom, left:right] = True
    return mask


def test_a_mask_that_fills_its_boxes_speaks_for_itself() -> None:
    assert box_signs(masks(), {0: BOX, 2: BOX}) == pytest.approx((0.0, 0.0), abs=0.03)


def test_a_lost_head_ends_within_and_a_slab_reaches_beyond_by_shares_of_the_box() -> None:
    assert box_signs(masks(top=34), {0: BOX, 2: BOX}) == pytest.approx((0.3, 0.0), abs=0.03)
    assert box_signs(masks(right=80), {0: BOX, 2: BOX}) == pytest.approx((0.0, 0.5), abs=0.03)


def test_one_wrong_box_of_three_says_nothing() -> None:
    boxes = {0: BOX, 2: (0.0, 0.0, 10.0, 10.0), 4: BOX}
    assert box_signs(masks(), boxes) == pytest.approx((0.0, 0.0), abs=0.03)


def test_specks_do_not_say_where_a_mask_ends() -> None:
    mask = masks()
    mask[:, 95, 95] = True
    assert box_signs(mask, {0: BOX}) == pytest.approx((0.0, 0.0), abs=0.03)


@pytest.mark.parametrize("boxes", [{}, {1: (30.0, 30.0, 30.0, 80.0)}])
def test_without_boxes_nothing_is_said(boxes: dict[int, tuple[float, float, float, float]]) -> None:
    assert box_signs(masks(), boxes) == (0.0, 0.0)


def test_frames_without_a_mask_say_nothing() -> None:
    mask = masks(top=34)
    mask[2] = False
    assert box_signs(mask, {2: BOX}) == (0.0, 0.0)
