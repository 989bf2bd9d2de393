"""Stage 5: what guides the generator inside and outside the mask, what it is told, which frames are scored."""

from pathlib import Path

import av
import numpy as np
import pytest
from tests.stages.trial import COUNT, FPS, FRAMES, MASK, Trial, alive

from sparkle.core.records import SynthesizeRecord
from sparkle.guidance import dilate_masks
from sparkle.stages.synthesize import SynthesizeSettings
from sparkle.video import AudioOutcome, read_clip

WATCHED = {"clip_scorer": "tiny", "clip_score_minimum": 2.0}


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path / "trial")


def control(trial: Trial, **settings: object) -> np.ndarray:
    trial.asked.clear()
    trial.run("synthesize", **settings)
    ((request,),) = trial.asked["generator"]
    found: np.ndarray = request.control
    return found


def edges(frames: np.ndarray) -> np.ndarray:
    grey = frames.mean(axis=-1)
    return np.where(np.abs(np.diff(grey, axis=2, append=grey[..., -1:])) > 4, 255, 0).astype(np.uint8)


def written(trial: Trial, artifact: str) -> np.ndarray:
    return read_clip(trial.path(artifact), size=None, fps=None, frames=None, time_limit_s=60).frames


def test_edges_of_the_source_guide_inside_and_of_the_background_outside(trial: Trial) -> None:
    inside = dilate_masks(MASK, 2)
    found = control(trial)
    assert (found[inside] == edges(written(trial, "source_video"))[inside]).all()
    assert (found[~inside] == edges(written(trial, "edited_background_video"))[~inside]).all()
    assert found[~inside].any()


def test_guidance_of_the_foreground_alone_knows_nothing_of_the_background(trial: Trial) -> None:
    found = control(trial, guidance="foreground")
    assert not found[~dilate_masks(MASK, 2)].any()
    ((request,),) = trial.asked["generator"]
    assert request.background is None
    assert len(trial.asked["edges"]) == 1
    checks = trial.run("synthesize", guidance="foreground").checks
    assert "synthesize.background_motion" not in [check.name for check in checks]


def test_the_generator_is_told_all_that_is_known(trial: Trial) -> None:
    trial.run("synthesize")
    ((request,),) = trial.asked["generator"]
    assert request.source.shape == FRAMES.shape
    assert np.abs(request.background.astype(int) - alive()).mean() < 5
    assert (request.mask == MASK).all()
    assert ((request.confidence > 0.5) == MASK).all()
    assert (request.fps, request.seed, request.labels) == (FPS, 11, ("figure",))
    assert (request.instruction, request.scene) == (trial.sample.instruction, trial.sample.scene)


def test_four_frames_without_the_first_are_scored_with_their_masks(trial: Trial) -> None:
    outcome = trial.run("synthesize")
    record = outcome.record
    assert isinstance(record, SynthesizeRecord)
    assert record.frame_indices == (1, 7, 14, 20)
    assert record.scores == (trial.roles.score,) * 4
    for (request,), frame in zip(trial.asked["scorer"], record.frame_indices, strict=True):
        assert request.task == "video_frame"
        assert (request.mask == MASK[frame]).all()
        assert (request.edited == trial.roles.edited[frame]).all()


def test_who_watches_the_clip_is_asked_once_and_its_worst_axis_counts(trial: Trial) -> None:
    checks = {check.name: check for check in trial.run("synthesize", **WATCHED).checks}
    ((source, edited, fps, instruction),) = trial.asked["watcher"]
    assert source.shape == FRAMES.shape
    assert (edited == trial.roles.edited).all()
    assert (fps, instruction) == (FPS, trial.sample.instruction)
    assert checks["synthesize.clip_score"].score == 3.0
    assert checks["synthesize.clip_score"].reason == "kept 3.50, clean 3.00"


@pytest.mark.parametrize("alone", WATCHED)
def test_a_scorer_of_clips_and_its_minimum_go_together(alone: str) -> None:
    choices = dict.fromkeys(("edges", "generator", "scorer"), "tiny")
    with pytest.raises(ValueError, match="go together"):
        SynthesizeSettings.model_validate({**choices, alone: WATCHED[alone]})


def test_the_sound_of_the_users_file_comes_along(trial: Trial) -> None:
    assert trial.run("synthesize").record.audio == AudioOutcome.NO_AUDIO.value
    with_sound(trial.clip)
    outcome = trial.run("synthesize")
    assert outcome.record.audio == AudioOutcome.COPIED.value
    with av.open(str(trial.path("edited_video"))) as film:
        assert len(film.streams.audio) == 1
    assert len(written(trial, "edited_video")) == COUNT


def with_sound(path: Path) -> None:
    """Replace a clip by one that hums."""
    with av.open(str(path), "w") as film:
        picture, sound = film.add_stream("libx264", rate=int(FPS)), film.add_stream("aac", rate=44100)
        picture.width, picture.height, picture.pix_fmt = FRAMES.shape[2], FRAMES.shape[1], "yuv420p"
        for frame in FRAMES:
            film.mux(picture.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        film.mux(picture.encode())
        hum = (8000 * np.sin(np.arange(44100 * 2) / 30)).astype(np.int16)
        for start in range(0, len(hum), 1024):
            block = av.AudioFrame.from_ndarray(hum[None, start : start + 1024], format="s16", layout="mono")
            block.sample_rate, block.pts = 44100, start
            film.mux(sound.encode(block))
        film.mux(sound.encode())
