"""A stage reads what it declares and nothing else, and writes what it declares."""

import hashlib
from dataclasses import fields, replace
from pathlib import Path

import pytest
from tests.stages.trial import FPS, FRAMES, HEIGHT, WIDTH, Trial, digest, drifting

from sparkle.core.layout import ARTIFACTS
from sparkle.core.records import RECORD_TYPES, Records
from sparkle.core.sample import Inputs
from sparkle.recipes import STAGES
from sparkle.recipes.fillings import STAGE_CLASSES
from sparkle.runners.perform import perform
from sparkle.video import write_image, write_video

BOXES = '{"anchors": [{"frame": 0, "objects": [{"label": "figure", "bbox_2d": [365, 185, 635, 852]}]}]}'
INPUTS = [each.name for each in fields(Inputs)]


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """All that a user may give is given."""
    trial = Trial(tmp_path / "trial")
    write_video(tmp_path / "background.mp4", drifting(0), FPS)
    (tmp_path / "boxes.json").write_text(BOXES)
    trial.give(edited_video=trial.clip, background=tmp_path / "background.mp4", boxes=tmp_path / "boxes.json")
    return trial


def result(trial: Trial, stage: str) -> str:
    trial.asked.clear()
    outcome = perform(trial.stage(stage), trial.sample, trial.folder)
    return digest([replace(outcome, costs=None), dict(trial.asked)])  # type: ignore[arg-type]


@pytest.mark.parametrize("stage", STAGES)
def test_what_a_stage_does_not_declare_may_be_missing(stage: str, trial: Trial) -> None:
    whole = result(trial, stage)
    assert "error" not in whole
    kind = STAGE_CLASSES[stage]
    for artifact in set(ARTIFACTS) - set(kind.reads.artifacts) - set(kind.writes):
        trial.path(artifact).unlink(missing_ok=True)
    gone = {name: None for name in INPUTS if name not in kind.reads.files}
    if "video" in gone:
        gone["video"] = trial.place / "nowhere.mp4"  # type: ignore[assignment]
    trial.give(**gone)
    known = {each.stage: getattr(trial.sample.records, each.stage) for each in kind.reads.records}
    trial.sample = replace(trial.sample, records=Records(**known))
    assert result(trial, stage) == whole


@pytest.mark.parametrize(
    ("stage", "artifact"),
    [(stage, artifact) for stage in STAGES for artifact in STAGE_CLASSES[stage].reads.artifacts],
)
def test_a_declared_artifact_is_needed(stage: str, artifact: str, trial: Trial) -> None:
    if stage == "animate":
        trial.give(background=None)  # a video of the user's is played instead
    trial.path(artifact).unlink()
    assert perform(trial.stage(stage), trial.sample, trial.folder).error


@pytest.mark.parametrize(
    ("stage", "name"), [(stage, name) for stage in STAGES for name in STAGE_CLASSES[stage].reads.files]
)
def test_a_declared_file_of_the_user_is_read(stage: str, name: str, trial: Trial) -> None:
    if name == "matte":
        trial.give(boxes=None)  # boxes say where to look where both are given
    before = result(trial, stage)
    (trial.place / "broken.mp4").write_text("no film, no boxes")
    trial.give(**{name: trial.place / "broken.mp4"})
    assert result(trial, stage) != before


@pytest.mark.parametrize(
    ("stage", "record"),
    [(stage, record.stage) for stage in STAGES for record in STAGE_CLASSES[stage].reads.records],
)
def test_a_declared_record_is_needed(stage: str, record: str, trial: Trial) -> None:
    if stage == "animate":
        trial.give(background=None)
    trial.sample = replace(trial.sample, records=replace(trial.sample.records, **{record: None}))
    error = perform(trial.stage(stage), trial.sample, trial.folder).error
    assert f"no record of stage '{record}'" in (error or "")


@pytest.mark.parametrize("stage", STAGES)
def test_an_outcome_names_what_was_written_with_its_size_and_hash(stage: str, trial: Trial) -> None:
    kind = STAGE_CLASSES[stage]
    for artifact in kind.writes:
        trial.path(artifact).unlink(missing_ok=True)
    outcome = trial.run(stage)
    assert tuple(each.name for each in outcome.artifacts) == kind.writes
    for each in outcome.artifacts:
        content = trial.path(each.name).read_bytes()
        assert (each.size, each.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert type(outcome.record) is RECORD_TYPES.get(stage, type(None))


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_changes_nothing_of_its_sample(stage: str, trial: Trial) -> None:
    before = digest(trial.sample)
    trial.run(stage)
    assert digest(trial.sample) == before


def test_a_still_background_of_the_user_is_animated_and_a_video_is_played(trial: Trial) -> None:
    trial.run("animate")
    assert trial.asked["animator"] == []
    write_image(trial.place / "hill.png", FRAMES[0])
    trial.give(background=trial.place / "hill.png")
    trial.run("animate")
    ((request,),) = trial.asked["animator"]
    assert (request.frames, request.fps, request.image.shape) == (len(FRAMES), FPS, (HEIGHT, WIDTH, 3))
    assert request.caption == "a forest; leaves fall"
