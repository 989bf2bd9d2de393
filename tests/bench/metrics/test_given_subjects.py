"""The metrics judge with masks or boxes that somebody gave for the sources."""

import json
from pathlib import Path

import numpy as np
import pytest

from sparkle.bench.dimensions import SPARKLE
from sparkle.bench.measured_judge import MeasuredJudge
from sparkle.bench.metrics.subject import find_subject, read_subject
from sparkle.core.errors import BackendError, MediaError, SampleError, SetupError
from sparkle.demo import DemoClip
from sparkle.video import write_masks


def test_a_mask_file_is_taken_at_the_clips_size(demo_clip: DemoClip, tmp_path: Path):
    write_masks(tmp_path / "a.npz", demo_clip.mask[:, ::2, ::2])
    given = read_subject(tmp_path, "a", demo_clip.frames, demo_clip.fps)
    assert given.shape == demo_clip.mask.shape
    assert iou(given, demo_clip.mask) > 0.95


def test_boxes_are_tracked(demo_clip: DemoClip, tmp_path: Path):
    height, width = demo_clip.mask.shape[1:]
    rows, columns = np.flatnonzero(demo_clip.mask[0].any(1)), np.flatnonzero(demo_clip.mask[0].any(0))
    box = [columns[0] / width, rows[0] / height, columns[-1] / width, rows[-1] / height]
    objects = [{"label": "person", "bbox_2d": [round(1000 * value) for value in box]}]
    content = {"fps": demo_clip.fps, "anchors": [{"frame": 0, "objects": objects}]}
    (tmp_path / "a.json").write_text(json.dumps(content))
    given = read_subject(tmp_path, "a", demo_clip.frames[:9], demo_clip.fps)
    assert iou(given, demo_clip.mask[:9]) > 0.7


def test_what_does_not_fit_the_clip_is_refused(demo_clip: DemoClip, tmp_path: Path):
    frames = demo_clip.frames[:5]
    with pytest.raises(BackendError, match=r"neither a\.npz"):
        read_subject(tmp_path, "a", frames, 16.0)
    write_masks(tmp_path / "a.npz", demo_clip.mask[:4])
    with pytest.raises(MediaError, match=r"a\.npz: has 4 masks, and the source clip has 5 frames"):
        read_subject(tmp_path, "a", frames, 16.0)
    (tmp_path / "b.json").write_text('{"anchors": [{"frame": 0, "objects": []}]}')
    with pytest.raises(SampleError, match=r"b\.json: no anchor has a box"):
        read_subject(tmp_path, "b", frames, 16.0)


def test_the_judge_says_whether_subjects_were_given(tmp_path: Path):
    found, given = MeasuredJudge(SPARKLE), MeasuredJudge(SPARKLE, tmp_path)
    assert given.judge.version == f"{found.judge.version}+subjects"
    with pytest.raises(SetupError, match="--subjects"):
        MeasuredJudge(SPARKLE, tmp_path / "nowhere")


def test_a_clip_in_which_nothing_moves_or_stands_out_says_what_to_give():
    plain = np.full((17, 60, 100, 3), 140, np.uint8)
    with pytest.raises(BackendError, match="--subjects"):
        find_subject(plain, 16.0)


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())
