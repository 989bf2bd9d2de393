"""Stage 2: described first, then a scene is chosen and the instruction written; what was given stays."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.stages.trial import FRAMES, HEIGHT, SCENE, WIDTH, Trial

from sparkle.core.records import FirstFrameRecord
from sparkle.taxonomy import choose_scene, load_taxonomy
from sparkle.video import read_image, write_image

ASKED_BEFORE = ("a blue wall", SCENE, 11)


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path / "trial")


def test_a_given_instruction_stays_and_nothing_is_chosen(trial: Trial) -> None:
    trial.sample = replace(trial.sample, scene=None, instruction="A beach.")
    outcome = trial.run("first_frame")
    assert (outcome.instruction, outcome.scene) == ("A beach.", None)
    assert len(trial.asked["writer"]) == 1, "it only describes"
    assert outcome.record == FirstFrameRecord("a blue wall", trial.roles.score)


def test_a_given_scene_is_written_about(trial: Trial) -> None:
    trial.sample = replace(trial.sample, instruction=None)
    outcome = trial.run("first_frame")
    assert (outcome.scene, outcome.instruction) == (SCENE, "Put the figure in forest, where leaves fall.")
    assert trial.asked["writer"][1] == ASKED_BEFORE


def test_without_both_the_taxonomy_chooses_by_seed_and_number(trial: Trial) -> None:
    trial.sample = replace(trial.sample, scene=None, instruction=None)
    outcome = trial.run("first_frame")
    assert outcome.scene == choose_scene(load_taxonomy(), "season", 7, 3)
    assert outcome.instruction is not None and outcome.scene is not None
    assert outcome.scene.motion in outcome.instruction


def test_the_editor_sees_the_whole_clip_the_users_picture_and_boxes(trial: Trial) -> None:
    write_image(trial.place / "hill.png", FRAMES[3][:50])
    (trial.place / "boxes.json").write_text(
        '{"anchors": [{"frame": 8, "objects": [{"label": "man", "bbox_2d": [100, 100, 500, 900]}]}]}'
    )
    trial.give(background=trial.place / "hill.png", boxes=trial.place / "boxes.json")
    trial.run("first_frame")
    ((request,),) = trial.asked["editor"]
    assert request.frames.shape == FRAMES.shape
    assert request.background.shape == (HEIGHT, WIDTH, 3)
    assert [(anchor.frame, anchor.boxes[0].label) for anchor in request.anchors] == [(8, "man")]


def test_the_edit_is_written_and_scored_against_the_first_frame(trial: Trial) -> None:
    trial.path("edited_frame0").unlink()
    trial.run("first_frame")
    written = read_image(trial.path("edited_frame0"))
    ((request,),) = trial.asked["scorer"]
    assert (written == trial.roles.edited[0]).all() and (request.edited == written).all()
    assert (request.task, request.instruction, request.scene) == ("edit", trial.sample.instruction, SCENE)
