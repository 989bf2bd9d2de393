import numpy as np
import pytest
from numpy.typing import NDArray

from sparkle.video import play_looped


def waves(count: int, seed: int = 0) -> NDArray[np.uint8]:
    """Grain that moves over a still ramp: nothing repeats."""
    generator = np.random.default_rng(seed)
    large = generator.normal(0, 18, (48, 64 + 2 * count, 3))
    moving = np.stack([large[:, 2 * k : 2 * k + 64] for k in range(count)])
    ramp = np.linspace(80, 170, 64)[None, None, :, None]
    return np.clip(ramp + moving, 0, 255).astype(np.uint8)


def steps(frames: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.abs(np.diff(frames.astype(float), axis=0)).mean(axis=(1, 2, 3))


def test_a_longer_video_is_played_from_its_beginning() -> None:
    frames = waves(12)
    assert np.array_equal(play_looped(frames, 9), frames[:9])
    assert play_looped(frames, 12) is frames or np.array_equal(play_looped(frames, 12), frames)


@pytest.mark.parametrize(("length", "count"), [(24, 81), (8, 40), (5, 30), (48, 49)])
def test_a_loop_has_no_jump_and_begins_with_the_video(length: int, count: int) -> None:
    frames = waves(length)
    played = play_looped(frames, count)
    assert played.shape == (count, *frames.shape[1:])
    assert played.dtype == np.uint8
    assert np.array_equal(played[: length // 2], frames[: length // 2])
    assert steps(played).max() < 1.3 * steps(frames).max()


def test_the_fade_keeps_the_contrast() -> None:
    frames = waves(32)
    played = play_looped(frames, 100).astype(float)
    contrast = (played - frames.mean(axis=0)).std(axis=(1, 2, 3))
    assert contrast.min() > 0.9 * contrast[:16].mean()


def test_a_video_that_repeats_is_cut_where_it_repeats() -> None:
    angle = np.arange(40) * (2 * np.pi / 12)
    y, x = np.mgrid[:48, :64]
    frames = np.stack([128 + 90 * np.sin(x / 4 + a) * np.cos(y / 9) for a in angle])
    frames = np.repeat(frames[..., None], 3, axis=3).astype(np.uint8)
    played = play_looped(frames, 120).astype(int)
    expected = np.stack([frames[k % 12] for k in range(120)]).astype(int)
    assert np.abs(played - expected).max() <= 3


def test_a_still_picture_stands_still_and_a_still_video_too() -> None:
    still = waves(1)
    assert np.array_equal(play_looped(still, 5), still.repeat(5, axis=0))
    video = still.repeat(12, axis=0)
    assert np.abs(play_looped(video, 30).astype(int) - still).max() <= 1
    assert len(play_looped(waves(3), 7)) == 7
