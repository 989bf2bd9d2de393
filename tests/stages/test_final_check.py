"""The final check rejects lost parts and frozen backgrounds, and takes all where the thresholds are 0."""

import cv2
import numpy as np
import pytest
from tests.measure.test_wholeness import ringed, walker, without_head

from sparkle.config.settings import BackendChoice
from sparkle.core.records import PublishedBox, TrackRecord
from sparkle.stages.final_check import background_motion_checks, boxes_found, whole_subject_checks
from sparkle.stages.synthesize import SynthesizeSettings

NONE = BackendChoice(key="cpu.none")
DEFAULTS = SynthesizeSettings(edges=NONE, generator=NONE, scorer=NONE)
MINIMA = DEFAULTS.wholeness_minimum, DEFAULTS.worst_wholeness_minimum
LEAST_MOTION = DEFAULTS.background_motion_minimum


def waves(count: int, shape: tuple[int, int]) -> np.ndarray:
    noise = np.random.default_rng(4).normal(0, 1, shape).astype(np.float32)
    pattern = 128 + 250 * cv2.GaussianBlur(noise, (0, 0), 4)
    frames = [np.roll(pattern, 2 * at, axis=1) for at in range(count)]
    return np.clip(np.repeat(np.stack(frames)[..., None], 3, axis=-1), 0, 255).astype(np.uint8)


def test_a_true_mask_passes_and_broken_ones_fall() -> None:
    frames, mask = walker()
    assert all(check.passed for check in whole_subject_checks(frames, mask, {}, *MINIMA))
    for change in (without_head, ringed):
        checks = whole_subject_checks(frames, change(mask), {}, *MINIMA)
        assert not all(check.passed for check in checks)
        assert [check.name for check in checks] == ["synthesize.wholeness", "synthesize.worst_wholeness"]
        assert "frame" in checks[1].reason


def test_boxes_hold_all_objects_and_count_where_each_was_found() -> None:
    one, other, absent = (
        PublishedBox((100, 200, 300, 400), "dog"),
        PublishedBox((250, 100, 500, 300), "ball"),
        PublishedBox((), "ball"),
    )
    tracked = TrackRecord((0, 8, 16), ((one, other), (one, absent), ()), 0.9, 3)
    assert boxes_found(tracked, 200, 100) == {0: (20, 10, 100, 40)}


def test_boxes_say_nothing_of_a_matte_that_was_given_or_of_frames_they_do_not_name() -> None:
    box = PublishedBox((100, 200, 300, 400), "dog")
    assert boxes_found(TrackRecord((0, 8), ((box,), (box,)), 1.0, 0), 200, 100) == {}
    assert boxes_found(TrackRecord((3,), ((), ()), 0.9, 1), 200, 100) == {}
    assert boxes_found(TrackRecord((3, 11), ((box,), ()), 0.9, 2), 200, 100) == {}


def test_thresholds_of_0_take_all_as_the_paper_does() -> None:
    frames, mask = walker()
    frozen = np.repeat(frames[:1], len(frames), axis=0)
    background = waves(len(frames), frames.shape[1:3])
    checks = whole_subject_checks(frames, np.zeros_like(mask), {}, 0, 0)
    checks += background_motion_checks(frozen, background, mask, 0)
    assert len(checks) == 3
    assert all(check.passed for check in checks)


@pytest.mark.parametrize("noise", [0, 3])
def test_a_background_that_froze_falls_and_one_that_moves_passes(noise: float) -> None:
    source, mask = walker()
    background = waves(len(source), source.shape[1:3])
    moving = np.where(mask[..., None], source, background)
    frozen = np.where(mask[..., None], source, background[:1])
    rng = np.random.default_rng(0)
    moving, frozen = (
        np.clip(one + rng.normal(0, noise, one.shape), 0, 255).astype(np.uint8) for one in (moving, frozen)
    )
    (kept,) = background_motion_checks(moving, background, mask, LEAST_MOTION)
    (lost,) = background_motion_checks(frozen, background, mask, LEAST_MOTION)
    assert kept.passed
    assert not lost.passed


def test_a_background_that_hardly_moves_has_no_motion_to_keep() -> None:
    source, mask = walker()
    still = np.repeat(waves(1, source.shape[1:3]), len(source), axis=0)
    assert background_motion_checks(np.where(mask[..., None], source, still), still, mask, LEAST_MOTION) == []


def test_a_subject_that_fills_the_picture_leaves_no_background_to_look_at() -> None:
    source, mask = walker()
    background = waves(len(source), source.shape[1:3])
    assert background_motion_checks(background, background, np.ones_like(mask), LEAST_MOTION) == []
