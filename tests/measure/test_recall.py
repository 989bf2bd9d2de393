"""What stood in a box on the first frame is found again by its looks, or not at all."""

import numpy as np
import pytest

from sparkle.core.boxes import LabelledBox
from sparkle.measure.recall import find_patch

WALL = np.random.default_rng(3).integers(90, 110, (120, 200, 3), np.uint8)
SIGN = np.kron(np.random.default_rng(4).integers(0, 255, (6, 8, 3), np.uint8), np.ones((5, 5, 1), np.uint8))


def frame_with_sign(x: int, y: int) -> np.ndarray:
    frame = WALL.copy()
    frame[y : y + 30, x : x + 40] = SIGN
    return frame


FIRST = frame_with_sign(60, 40)
BOX = LabelledBox("sign", (60.0, 40.0, 100.0, 70.0))


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (12, -7), (-20, 15)])
def test_it_is_found_where_it_went(dx: int, dy: int) -> None:
    found = find_patch(FIRST, frame_with_sign(60 + dx, 40 + dy), BOX)
    assert found is not None
    assert found.label == "sign"
    assert found.xyxy == pytest.approx((60 + dx, 40 + dy, 100 + dx, 70 + dy), abs=1)


def test_what_is_gone_or_went_far_is_not_guessed() -> None:
    assert find_patch(FIRST, WALL, BOX) is None
    assert find_patch(FIRST, frame_with_sign(155, 85), BOX) is None


def test_what_has_no_looks_is_not_looked_for() -> None:
    plain = np.full_like(FIRST, 128)
    assert find_patch(plain, plain, BOX) is None
    assert find_patch(FIRST, FIRST, LabelledBox("crumb", (60.0, 40.0, 63.0, 43.0))) is None


def test_a_part_that_left_the_picture_is_left_out() -> None:
    first = frame_with_sign(10, 40)
    gone = np.roll(first, -15, axis=1)
    gone[:, -15:] = WALL[:, -15:]
    found = find_patch(first, gone, LabelledBox("sign", (10.0, 40.0, 50.0, 70.0)))
    assert found is None or found.xyxy[0] >= 0
