"""Three ways to measure noise, and one quantity: on the same noise they say the same."""

import cv2
import numpy as np
import pytest

from sparkle.measure.noise import clip_noise, picture_noise, speckle

SHAPE = (10, 144, 256)
GREY = np.linspace(70, 180, SHAPE[2], dtype=np.float32)


def noisy(sigma: float, base: np.ndarray = GREY) -> np.ndarray:
    """Greys under noise of `sigma` levels, the same in all channels, uint8 (T, H, W)."""
    noise = np.random.default_rng(3).normal(0, sigma, SHAPE)
    return np.clip(np.round(base + noise), 0, 255).astype(np.uint8)


def clip(greys: np.ndarray) -> np.ndarray:
    return np.repeat(greys[..., None], 3, axis=-1)


@pytest.mark.parametrize("sigma", [1.0, 2.0, 4.0, 8.0])
def test_all_say_the_same_of_a_still_clip(sigma: float) -> None:
    greys = noisy(sigma)
    # Where the smoothest or quietest blocks are chosen, they are a little below the mean.
    assert picture_noise(greys[0].astype(np.float32)) == pytest.approx(sigma, rel=0.2, abs=0.15)
    assert clip_noise(clip(greys)) == pytest.approx(sigma, rel=0.12, abs=0.15)
    assert speckle(greys.astype(np.float32)) == pytest.approx(sigma, rel=0.05, abs=0.15)


def test_a_clean_picture_has_none() -> None:
    greys = np.broadcast_to(np.round(GREY), SHAPE).astype(np.uint8)
    assert picture_noise(greys[0].astype(np.float32)) == pytest.approx(
        0, abs=0.4
    )  # steps of a ramp of whole levels
    assert clip_noise(clip(greys)) == 0
    assert speckle(greys.astype(np.float32)) == 0


def test_structure_is_no_noise_of_a_picture() -> None:
    base = np.broadcast_to(GREY, SHAPE[1:]).copy()
    base[:, 160:] = np.random.default_rng(0).uniform(40, 200, (SHAPE[1], SHAPE[2] - 160))
    assert picture_noise(noisy(2.0, base)[0].astype(np.float32)) == pytest.approx(2.0, rel=0.2)


def test_motion_is_no_noise_of_a_clip() -> None:
    greys = noisy(2.0).astype(np.float32)
    for index, grey in enumerate(greys):
        cv2.circle(grey, (20 + 15 * index, 70), 30, 255, -1)
    assert clip_noise(clip(greys.astype(np.uint8))) == pytest.approx(2.0, rel=0.15)
    assert speckle(greys) == pytest.approx(2.0, rel=0.15)


def test_a_smooth_pattern_may_move_everywhere_under_speckle() -> None:
    columns = np.arange(SHAPE[2])
    moving = np.stack([120 + 40 * np.sin((columns + 5 * t) / 40) for t in range(SHAPE[0])])[:, None, :]
    assert speckle(noisy(2.0, moving).astype(np.float32)) == pytest.approx(2.0, rel=0.05)


def test_what_is_masked_does_not_count() -> None:
    greys = noisy(2.0)
    greys[:, :, :128] = noisy(8.0)[:, :, :128]
    left = np.broadcast_to(np.arange(SHAPE[2]) < 128, SHAPE)
    assert clip_noise(clip(greys), left) == pytest.approx(2.0, rel=0.12)
    assert clip_noise(clip(greys), ~left) == pytest.approx(8.0, rel=0.12)
    assert picture_noise(greys[0].astype(np.float32), left[0]) == pytest.approx(8.0, rel=0.2)
    assert clip_noise(clip(greys), np.ones(SHAPE, bool)) == 0


def test_a_mask_hides_its_own_blocks_where_the_size_is_no_multiple_of_theirs() -> None:
    # 120 rows are seven whole rows of blocks; the last of them, from 96 on, is half hidden.
    greys = noisy(30.0)[:, :120]
    greys[:, 102:] = 99
    mask = np.broadcast_to((np.arange(120) < 102)[:, None], greys.shape)
    assert clip_noise(clip(greys), mask) == 0


def test_dark_white_and_tiny_pictures_and_single_frames_cannot_tell() -> None:
    for level in (3.0, 252.0):
        assert picture_noise(np.full(SHAPE[1:], level, np.float32)) is None
    assert picture_noise(np.full((32, 32), 99.0, np.float32)) is None
    assert picture_noise(np.full(SHAPE[1:], 99.0, np.float32), np.zeros(SHAPE[1:], bool)) is None
    assert clip_noise(clip(noisy(2.0)[:1])) == 0
