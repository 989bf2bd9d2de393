"""Stage 1: cheapest check first, nothing written of what falls, one look at a source that several pairs share."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.stages.trial import COUNT, FPS, GOOD, HEIGHT, WIDTH, Trial, drifting

from sparkle.core.errors import MediaError
from sparkle.core.records import ClipFormat, SourceRecord
from sparkle.video import probe, read_clip, read_image, write_video


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    trial = Trial(tmp_path / "trial")
    for artifact in ("source_video", "source_frame0"):
        trial.path(artifact).unlink(missing_ok=True)
    return trial


def test_an_accepted_source_is_written_and_its_format_and_files_are_recorded(trial: Trial) -> None:
    record = trial.run("source").record
    assert isinstance(record, SourceRecord)
    assert record.clip == ClipFormat(COUNT, FPS, WIDTH, HEIGHT)
    assert record.inputs["video"].sha256 == hashlib.sha256(trial.clip.read_bytes()).hexdigest()
    assert record.camera is not None and record.camera.kind == "still"
    written = read_clip(trial.path("source_video"), size=None, fps=None, frames=None, time_limit_s=60).frames
    first = read_image(trial.path("source_frame0"))
    assert np.abs(written[0].astype(int) - first).mean() < 3


def test_a_moving_camera_ends_it_before_the_judge_is_asked(trial: Trial) -> None:
    write_video(trial.clip, drifting(3), FPS, crf=10)
    outcome = trial.run("source")
    assert [check.name for check in outcome.checks] == ["source.camera"]
    assert (trial.asked["judge"], outcome.artifacts) == ([], ())
    assert not trial.path("source_video").exists()
    record = outcome.record
    assert isinstance(record, SourceRecord)
    assert (record.clip, record.camera is None) == (None, False)


def test_a_poor_pair_ends_it_before_the_camera_is_measured(trial: Trial) -> None:
    trial.roles.score = replace(GOOD, overall=7.9)
    trial.give(edited_video=trial.clip)
    outcome = trial.run("source")
    assert [check.name for check in outcome.checks] == ["source.pair_score"]
    assert outcome.record.camera is None
    # 25 frames at 16 fps are 1.6 s: moments at 2 fps.
    assert len(trial.asked["scorer"]) == 4
    assert all(request.task == "source_pair" for (request,) in trial.asked["scorer"])


def test_whoever_edits_one_clip_sees_every_check_and_gets_the_clip(trial: Trial) -> None:
    write_video(trial.clip, drifting(3), FPS, crf=10)
    trial.sample = replace(trial.sample, advisory=True)
    outcome = trial.run("source")
    assert [check.passed for check in outcome.checks] == [False, True]
    assert trial.path("source_video").exists()


def test_pairs_of_one_source_look_at_it_once_also_at_the_same_time(trial: Trial) -> None:
    stage = trial.stage("source")
    pairs = [replace(trial.sample, id=f"Sparkle_season_{number:06d}") for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda sample: stage(sample, trial.folder), pairs))
    assert len(trial.asked["judge"]) == 1
    assert {outcome.record for outcome in map(_hashable, found)} == {_hashable(found[0]).record}
    assert len(list((trial.place / "run").rglob("source_video/*.mp4"))) == 4


def _hashable(outcome):  # type: ignore[no-untyped-def]
    return replace(outcome, record=repr(outcome.record))


def test_another_source_is_looked_at_anew(trial: Trial) -> None:
    stage = trial.stage("source")
    other = trial.place / "other.mp4"
    other.write_bytes(trial.clip.read_bytes())
    for clip in (trial.clip, other):
        trial.give(video=clip)
        stage(trial.sample, trial.folder)
    assert len(trial.asked["judge"]) == 2


def test_a_clip_is_cut_to_what_the_video_models_take(trial: Trial) -> None:
    trial.video = {"frame_step": 7}
    outcome = trial.run("source")
    assert outcome.record.clip.frames == 1 + 3 * 7
    assert probe(trial.path("source_video"), time_limit_s=60).duration_s == pytest.approx(22 / FPS)


def test_a_file_that_is_no_video_is_named(trial: Trial) -> None:
    trial.clip.write_text("no film")
    with pytest.raises(MediaError, match=r"clip\.mp4"):
        trial.run("source")
