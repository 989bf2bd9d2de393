"""Which frames are compared with which, and what is refused."""

import numpy as np
import pytest

from sparkle.bench.dimensions import SPARKLE
from sparkle.bench.metrics import MEASUREMENTS, work_size
from sparkle.bench.metrics.inputs import make_pair, paired_moments, picture_area
from sparkle.core.errors import BackendError


def test_equally_many_frames_belong_together_whatever_the_rate_says() -> None:
    source, edited = paired_moments(81, 81, 16.0, 24.0)
    assert source.tolist() == edited.tolist() == list(range(81))


def test_other_lengths_are_compared_by_time() -> None:
    source, edited = paired_moments(81, 121, 16.0, 24.0)
    assert len(source) == 81
    assert np.abs(source / 16 - edited / 24).max() <= 0.5 / 24 + 1e-9


def test_an_edit_that_ends_early_is_compared_as_far_as_it_goes() -> None:
    source, edited = paired_moments(81, 49, 16.0, 16.0)
    assert source.tolist() == edited.tolist() == list(range(49))


def test_fast_clips_are_thinned_evenly() -> None:
    source, _ = paired_moments(150, 150, 30.0, 30.0)
    assert source.tolist() == list(range(0, 150, 2))


def test_the_time_that_an_edit_lacks_is_counted() -> None:
    frames = np.zeros((32, 90, 160, 3), np.uint8)
    mask = np.zeros(frames.shape[:3], bool)
    mask[:, 20:60, 40:80] = True
    pair = make_pair(frames, frames[:24], 16.0, mask=mask)
    assert pair.covered == 0.75
    assert len(pair.source) == len(pair.edited) == 24
    assert pair.masks.shape == (len(pair.keys), 90, 160)


def test_black_bars_are_cut_off_and_a_dark_scene_is_not() -> None:
    scene = np.random.default_rng(0).integers(20, 60, (32, 60, 160, 3), np.uint8)
    source = np.pad(scene, ((0, 0), (15, 15), (0, 0), (0, 0)))
    mask = np.zeros(source.shape[:3], bool)
    mask[:, 30:60, 40:80] = True
    pair = make_pair(source, np.full_like(source, 200), 16.0, mask=mask)
    assert pair.source.shape == pair.edited.shape == scene.shape
    assert pair.masks[0, 15:45, 40:80].all()
    dark = np.where(np.random.default_rng(1).random((90, 160, 1)) < 0.1, 40, 0).astype(np.uint8)
    assert picture_area(np.repeat(np.repeat(dark, 3, axis=2)[None], 16, axis=0)) == (
        slice(0, 90),
        slice(0, 160),
    )
    assert picture_area(np.zeros_like(source)) == (slice(None), slice(None))


@pytest.mark.parametrize(
    ("edited", "message"),
    [
        (np.zeros((15, 90, 160, 3), np.uint8), "share 15 frames"),
        (np.zeros((0, 90, 160, 3), np.uint8), "edited: expected uint8"),
        (np.zeros((32, 90, 160), np.uint8), "edited: expected uint8"),
        (np.zeros((32, 90, 160, 3), np.float32), "float32"),
    ],
)
def test_what_cannot_be_compared_is_refused(edited: np.ndarray, message: str) -> None:
    source = np.zeros((32, 90, 160, 3), np.uint8)
    with pytest.raises(BackendError, match=message):
        make_pair(source, edited, 16.0, mask=np.ones(source.shape[:3], bool))


def test_a_mask_of_another_size_or_of_everything_is_refused() -> None:
    source = np.zeros((32, 90, 160, 3), np.uint8)
    with pytest.raises(BackendError, match="mask: expected bool"):
        make_pair(source, source, 16.0, mask=np.ones((32, 45, 80), bool))
    with pytest.raises(BackendError, match="cannot both be judged"):
        make_pair(source, source, 16.0, mask=np.ones(source.shape[:3], bool))


def test_small_clips_are_not_enlarged() -> None:
    assert work_size(1280, 720) == (640, 360)
    assert work_size(720, 1280) == (360, 640)
    assert work_size(320, 180) == (320, 180)


def test_every_scale_is_a_score_over_rising_values_for_a_known_dimension() -> None:
    assert len({quantity.name for quantity in MEASUREMENTS}) == len(MEASUREMENTS)
    for quantity in MEASUREMENTS:
        for key, scale in quantity.scales.items():
            values, scores = zip(*scale.points, strict=True)
            assert key in SPARKLE.keys
            assert list(values) == sorted(set(values)), quantity.name
            assert all(1 <= score <= 5 for score in scores), quantity.name
            assert scale(values[0] - 1) == scores[0]
            assert scale(values[-1] + 1) == scores[-1]
