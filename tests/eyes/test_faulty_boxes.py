"""Boxes fail in every way that is promised, by seed, and otherwise shake by their share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.eyes.boxes import (
    FAULTS,
    JITTERS,
    WAYS,
    faults,
    faulty_anchors,
    jitter_of,
    perfect_anchors,
    true_box,
)
from benchmarks.eyes.metrics import box_iou
from benchmarks.eyes.scene import Clip

from sparkle.bait import anchor_frames

SHAPE = (360, 640)
BOX = (200.0, 100.0, 300.0, 260.0)
OTHERS = [(400.0, 50.0, 500.0, 150.0), (20.0, 300.0, 80.0, 340.0)]


@pytest.fixture(scope="module")
def long_clip() -> Clip:
    """Two squares that stand still for 81 frames."""
    alphas = np.zeros((2, 81, 90, 160), np.float32)
    alphas[0, :, 20:60, 20:60] = 1
    alphas[1, :, 30:80, 90:140] = 1
    frames = np.zeros((81, 90, 160, 3), np.uint8)
    return Clip("squares", "choose", (), frames, 16.0, ("left", "right"), alphas, ((65.0, 5.0, 85.0, 25.0),))


def test_one_anchor_in_five_fails_and_every_way_comes_up(long_clip: Clip) -> None:
    trials = [faults(long_clip, trial) for trial in range(5)]

    assert [len(failed) for failed in trials] == [2] * 5
    assert {fault for failed in trials for fault in failed.values()} == set(FAULTS)


def test_the_first_anchor_fails_in_one_trial_of_five(long_clip: Clip) -> None:
    for name in ("squares", "other", "third"):
        clip = replace(long_clip, name=name)
        assert sum(0 in faults(clip, trial) for trial in range(10)) == 2


def test_anchors_lie_at_two_a_second_and_are_the_same_each_time(long_clip: Clip) -> None:
    anchors = faulty_anchors(long_clip, 1)

    assert [anchor.frame for anchor in anchors] == anchor_frames(81, 16.0)
    assert anchors == faulty_anchors(long_clip, 1)
    assert anchors != faulty_anchors(long_clip, 2)


def test_sound_boxes_shake_by_their_share(long_clip: Clip) -> None:
    shaken = {jitter: [] for jitter in JITTERS}
    for trial in range(40):
        failed = faults(long_clip, trial)
        for anchor in faulty_anchors(long_clip, trial):
            if anchor.frame not in failed:
                box = next(box for box in anchor.boxes if box.label == "left").xyxy
                shaken[jitter_of(long_clip, trial)].append((np.array(box) - (20, 20, 60, 60)) / 40)

    for jitter, errors in shaken.items():
        assert np.std(errors) == pytest.approx(jitter, rel=0.15)


def test_the_two_jitters_take_turns(long_clip: Clip) -> None:
    assert {jitter_of(long_clip, 0), jitter_of(long_clip, 1)} == set(JITTERS)


def test_failed_boxes_reach_the_anchors(long_clip: Clip) -> None:
    for trial in range(10):
        true = {anchor.frame: anchor for anchor in perfect_anchors(long_clip)}
        for anchor in faulty_anchors(long_clip, trial):
            fault = faults(long_clip, trial).get(anchor.frame)
            if fault == "missing":
                assert anchor.boxes == ()
            elif fault is not None:
                pairs = zip(anchor.boxes, true[anchor.frame].boxes, strict=True)
                assert all(box_iou(box.xyxy, right.xyxy) < 0.6 for box, right in pairs)


def test_each_way_to_fail_is_what_it_says() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        assert WAYS["missing"](BOX, OTHERS, SHAPE, rng) is None
        assert WAYS["wrong object"](BOX, OTHERS, SHAPE, rng) in OTHERS
        assert box_iou(WAYS["elsewhere"](BOX, OTHERS, SHAPE, rng), BOX) < 0.2
        small, large = WAYS["too small"](BOX, OTHERS, SHAPE, rng), WAYS["too large"](BOX, OTHERS, SHAPE, rng)
        assert BOX[0] <= small[0] < small[2] <= BOX[2]
        assert BOX[1] <= small[1] < small[3] <= BOX[3]
        assert box_iou(small, BOX) == pytest.approx(0.16)
        assert large[0] < BOX[0] < BOX[2] < large[2]
        assert large[1] < BOX[1] < BOX[3] < large[3]


def test_a_subject_that_hardly_shows_has_no_box() -> None:
    mask = np.zeros((40, 40), bool)
    mask[3:5, 4:10] = True
    assert true_box(mask) is None
    mask[10:20, 12:30] = True
    assert true_box(mask) == (4.0, 3.0, 30.0, 20.0)


def test_boxes_stay_inside_the_picture(two_subjects: Clip) -> None:
    height, width = two_subjects.frames.shape[1:3]
    boxes = [
        box.xyxy
        for trial in range(6)
        for anchor in faulty_anchors(two_subjects, trial)
        for box in anchor.boxes
    ]

    assert boxes
    assert all(0 <= x1 < x2 <= width and 0 <= y1 < y2 <= height for x1, y1, x2, y2 in boxes)
