"""How steep a picture is, is the same wherever in memory the answer lies: scores are compared bit for bit."""

import numpy as np

from sparkle.measure.agreement import steepness


def test_the_same_picture_is_as_steep_to_the_last_bit_wherever_the_answer_lies() -> None:
    picture = np.random.default_rng(3).uniform(0, 255, (231, 416)).astype(np.float32)
    kept: list[np.ndarray] = []
    for size in range(1, 17):
        kept += [np.empty(16 * size, np.uint8), steepness(picture)]  # the first pushes the second elsewhere
    found = kept[1::2]
    assert len({each.ctypes.data % 64 for each in found}) > 1
    assert len({each.tobytes() for each in found}) == 1


def test_a_slope_of_two_levels_a_pixel_is_two_steep() -> None:
    slope = np.tile(np.arange(0, 40, 2, dtype=np.float32), (20, 1))
    assert np.allclose(steepness(slope)[1:-1, 1:-1], 2)
