"""Every check of every stage can reject a sample, says so by its name, and lets a good one pass."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.stages.trial import COUNT, FPS, FRAMES, GOOD, HEIGHT, MASK, WIDTH, Trial, alive, drifting

from sparkle.core.outcome import Outcome
from sparkle.recipes import STAGES
from sparkle.video import write_masks, write_video


def bad_score(trial: Trial) -> None:
    trial.roles.score = replace(GOOD, overall=7.9)


def poor_pair(trial: Trial) -> None:
    trial.give(edited_video=trial.clip)
    bad_score(trial)


def panned(trial: Trial) -> None:
    write_video(trial.clip, drifting(3), FPS, crf=10)


def unsteady(trial: Trial) -> None:
    trial.roles.fixed = 0.4


def nobody(trial: Trial) -> None:
    trial.roles.boxes = ()


def at_odds(trial: Trial) -> None:
    """Two objects of which every other pass has lost one, so that the passes agree about a half."""
    trial.roles.boxes *= 2
    other = np.zeros_like(MASK)
    other[:, 5:100, 5:60] = True
    trial.roles.masks = np.stack([MASK & ~MASK, other])


def a_speck(trial: Trial) -> None:
    trial.roles.masks = np.zeros((1, COUNT, HEIGHT, WIDTH), bool)
    trial.roles.masks[:, :, :8, :8] = True


def everything(trial: Trial) -> None:
    trial.roles.masks = np.ones((1, COUNT, HEIGHT, WIDTH), bool)


def doubtful(trial: Trial) -> None:
    trial.roles.expected_iou = 0.4


def background_pans(trial: Trial) -> None:
    trial.roles.background = drifting(3)


def background_rests(trial: Trial) -> None:
    trial.roles.background = drifting(0)


def beheaded(trial: Trial) -> None:
    mask = MASK.copy()
    mask[:, :42] = False
    write_masks(trial.path("source_video_mask"), mask)


def beheaded_for_a_while(trial: Trial) -> None:
    mask = MASK.copy()
    mask[10:16, :42] = False
    write_masks(trial.path("source_video_mask"), mask)


def edit_rests(trial: Trial) -> None:
    trial.roles.edited = np.where(MASK[..., None], FRAMES, alive()[:1])


def poorly_watched(trial: Trial) -> None:
    trial.roles.watched = 1.9


REJECTED: dict[str, Callable[[Trial], None]] = {
    "source.pair_score": poor_pair,
    "source.camera": panned,
    "source.camera_judge": unsteady,
    "first_frame.editscore": bad_score,
    "isolate.objects": nobody,
    "isolate.editscore": bad_score,
    "track.consensus": at_odds,
    "track.area_minimum": a_speck,
    "track.area_maximum": everything,
    "track.confidence": doubtful,
    "animate.camera": background_pans,
    "animate.liveliness": background_rests,
    "synthesize.editscore": bad_score,
    "synthesize.wholeness": beheaded,
    "synthesize.worst_wholeness": beheaded_for_a_while,
    "synthesize.background_motion": edit_rests,
    "synthesize.clip_score": poorly_watched,
}
SETTINGS = {
    "track": {"vote": "plain"},
    "animate": {"liveliness_minimum": 0.01, "camera": {"threshold": 1.0}},
    "synthesize": {"clip_scorer": "tiny", "clip_score_minimum": 2.0},
}


def call(trial: Trial, stage: str) -> Outcome:
    return trial.run(stage, **SETTINGS.get(stage, {}))


@pytest.mark.parametrize("name", REJECTED)
def test_a_bad_sample_is_rejected_by_the_check(name: str, tmp_path: Path) -> None:
    trial = Trial(tmp_path / "trial")
    REJECTED[name](trial)
    outcome = call(trial, name.split(".")[0])
    failed = [check.name for check in outcome.checks if not check.passed]
    assert name in failed, [str(check) for check in outcome.checks]
    assert outcome.status(trial.sample) == "rejected"
    assert outcome.status(replace(trial.sample, advisory=True)) == "passed"


def test_a_good_sample_passes_every_one_of_them(tmp_path: Path) -> None:
    trial = Trial(tmp_path / "trial")
    trial.give(edited_video=trial.clip)
    trial.roles.expected_iou = 0.8
    made = []
    for stage in STAGES:
        outcome = call(trial, stage)
        assert outcome.status(trial.sample) == "passed", [str(check) for check in outcome.checks]
        made += [check.name for check in outcome.checks]
    assert sorted(made) == sorted(REJECTED)
