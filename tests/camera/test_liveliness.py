"""Alive, or frozen?"""

import cv2
import numpy as np
import pytest
from virtual_camera import HEIGHT, WIDTH, clip, look, scene

from sparkle.camera import measure_liveliness
from sparkle.core.errors import SampleError

COUNT = 24
LEFT = np.arange(WIDTH) < WIDTH // 2


def swaying(pixels: float) -> list[np.ndarray]:
    """The left half sways."""
    still = look(scene())
    x, y = np.meshgrid(np.arange(WIDTH, dtype=np.float32), np.arange(HEIGHT, dtype=np.float32))
    shifts = [np.where(LEFT, pixels * np.sin(0.5 * index), 0).astype(np.float32) for index in range(COUNT)]
    return [np.asarray(cv2.remap(still, x + shift, y, cv2.INTER_LINEAR), np.float32) for shift in shifts]


def test_a_frozen_picture_under_noise_does_not_move() -> None:
    found = measure_liveliness(clip([look(scene())] * COUNT, noise=8))
    assert found.share_of_area_moving < 0.01
    assert found.strength < 0.01


def test_flicker_does_not_make_it_alive() -> None:
    gains = np.random.default_rng(1).uniform(0.9, 1.1, COUNT)
    found = measure_liveliness(clip([look(scene()) * gain for gain in gains]))
    assert found.share_of_area_moving < 0.02


def test_the_share_is_the_part_that_moves() -> None:
    found = measure_liveliness(clip(swaying(8)))
    assert found.share_of_area_moving == pytest.approx(0.5, abs=0.06)


def test_more_motion_is_stronger() -> None:
    weak, strong = (measure_liveliness(clip(swaying(pixels))).strength for pixels in (1, 4))
    assert 0.01 < weak < strong


def test_the_mask_says_where_to_look() -> None:
    mask = np.broadcast_to(LEFT, (HEIGHT, WIDTH))
    frames = clip(swaying(4))
    assert measure_liveliness(frames, mask).share_of_area_moving > 0.9
    assert measure_liveliness(frames, ~mask).share_of_area_moving < 0.05


def test_an_empty_mask_and_a_single_frame_are_errors() -> None:
    frames = clip(swaying(4))
    with pytest.raises(SampleError, match="mask leaves nothing"):
        measure_liveliness(frames, np.zeros((HEIGHT, WIDTH), bool))
    with pytest.raises(SampleError, match="at least three frames, got 1"):
        measure_liveliness(frames[:1])
