"""No setting of a stage is ignored: each, changed, changes what a call finds, writes or asks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from pydantic import BaseModel
from tests.stages.trial import BOX, COUNT, FPS, FRAMES, HEIGHT, WIDTH, Trial

from sparkle.camera import CameraSettings
from sparkle.config.settings import BackendChoice, VideoSettings
from sparkle.core.boxes import LabelledBox
from sparkle.recipes import STAGES, Recipe
from sparkle.video import write_video

# Another value for each; where a camera is measured, for a clip in which it drifts a little.
CAMERA = {
    "threshold": 0.01,
    "cells": 12,
    "texture": 0.01,
    "correlation": 0.999,
    "tolerance": 2.0,
    "still_prior": 1.0,
    "minimum_support": 0.99,
    "minimum_evidence": 0.99,
}
CHANGES: dict[str, dict[str, Any]] = {
    "source": {
        "pair_rate_fps": 8.0,
        "pair_score_minimum": 8.5,
        "judge_confidence_minimum": 0.6,
        **{f"camera.{name}": value for name, value in CAMERA.items()},
    },
    "first_frame": {"score_minimum": 8.5},
    "isolate": {"score_minimum": 8.6, "subject": "the lamp"},
    "track": {
        "anchor_rate_fps": 4.0,
        "reach_s": 0.25,
        "vote": "plain",
        "consensus_minimum": 0.6,
        "min_confidence": 0.6,
        "area_minimum": 0.01,
        "area_maximum": 0.8,
    },
    "animate": {"camera.threshold": 0.5, "camera.cells": 12, "liveliness_minimum": 0.02},
    "synthesize": {
        "guidance": "foreground",
        "mask_dilation": 4,
        "scored_frames": 3,
        "score_minimum": 8.5,
        "wholeness_minimum": 0.35,
        "worst_wholeness_minimum": 0.15,
        "background_motion_minimum": 0.35,
        "clip_score_minimum": 2.5,
    },
}
# The stage at which each setting of the videos is looked for.
VIDEO: dict[str, tuple[str, Any]] = {
    "width": ("source", 96),
    "height": ("source", 64),
    "fps": ("source", 8.0),
    "frames": ("source", 13),
    "minimum_frames": ("source", 64),
    "frame_step": ("source", 7),
    "crf": ("synthesize", 30),
    "time_limit_s": ("source", 1e-9),
}


BASE: dict[str, dict[str, Any]] = {
    "source": {"camera": {"threshold": 40.0}},
    "synthesize": {"clip_scorer": "tiny", "clip_score_minimum": 2.0},
}


def names(model: type[BaseModel], nested: bool) -> Iterator[str]:
    for name, each in model.model_fields.items():
        if each.annotation is CameraSettings and nested:
            yield from (f"{name}.{part}" for part in CameraSettings.model_fields)
        elif each.annotation not in (BackendChoice, BackendChoice | None):
            yield name


def test_the_tables_name_every_setting() -> None:
    for stage in STAGES:
        model: Any = Recipe.model_fields[stage].annotation
        wanted = set(names(model, nested=stage == "source"))
        assert {name if stage == "source" else name.split(".")[0] for name in CHANGES[stage]} == wanted
    # How colours without a name are read is told by tests of reading, and of the source stage.
    assert set(VIDEO) | {"untagged"} == set(VideoSettings.model_fields)


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """Two objects, so that votes about them can differ; a source that comes with an edited version; a slow drift."""
    trial = Trial(tmp_path / "trial")
    trial.roles.boxes = (BOX, LabelledBox("lamp", (10.0, 10.0, 40.0, 60.0)))
    lamp = np.zeros((COUNT, HEIGHT, WIDTH), bool)
    lamp[:, 12:58, 12:38] = True
    trial.roles.masks = np.stack([trial.roles.masks[0], lamp])
    trial.roles.expected_iou = 0.8
    large = [cv2.resize(frame, None, fx=1.2, fy=1.2, interpolation=cv2.INTER_CUBIC) for frame in FRAMES]
    drifted = [frame[8 : 8 + HEIGHT, 4 + at // 4 : 4 + at // 4 + WIDTH] for at, frame in enumerate(large)]
    for frame in drifted:  # a part of it rests: only with a prior for it does the camera
        frame[:, 140:] = drifted[0][:, 140:]
    write_video(trial.clip, np.stack(drifted), FPS, crf=10)
    trial.give(edited_video=trial.clip)
    return trial


@pytest.mark.parametrize(("stage", "name"), [(stage, name) for stage in STAGES for name in CHANGES[stage]])
def test_a_changed_setting_changes_what_a_stage_does(stage: str, name: str, trial: Trial) -> None:
    base = BASE.get(stage, {})
    section, _, key = name.partition(".")
    value = CHANGES[stage][name]
    changed = {**base, section: {**base.get(section, {}), key: value} if key else value}
    before = trial.seen(stage, **base)
    assert trial.seen(stage, **base) == before, "a stage is deterministic"
    assert trial.seen(stage, **changed) != before


@pytest.mark.parametrize("name", VIDEO)
def test_a_changed_size_rate_or_quality_changes_what_a_stage_does(name: str, trial: Trial) -> None:
    stage, value = VIDEO[name]
    settings = BASE[stage]
    before = trial.seen(stage, **settings)
    trial.video[name] = value
    assert trial.seen(stage, **settings) != before
