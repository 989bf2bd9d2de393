"""Stages 3 and 4: who is kept, what is left without them, and where they are through time."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.stages.trial import BOX, COUNT, HEIGHT, MASK, WIDTH, Trial, drifting

from sparkle.core.boxes import LabelledBox
from sparkle.core.records import IsolateRecord, PublishedBox, Removal, TrackRecord
from sparkle.video import read_confidence, read_image, read_masks, write_image

PUBLISHED = PublishedBox((365, 185, 635, 852), "figure")


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path / "trial")


def give_boxes(trial: Trial, *frames: int) -> None:
    box = {"label": "woman", "bbox_2d": [300, 100, 700, 900]}
    anchors = [{"frame": frame, "objects": [box]} for frame in frames]
    (trial.place / "boxes.json").write_text(json.dumps({"anchors": anchors}))
    trial.give(boxes=trial.place / "boxes.json")


def test_what_is_found_is_removed_by_its_name_and_the_rest_captioned(trial: Trial) -> None:
    trial.path("edited_frame0_foreground_removed").unlink()
    record = trial.run("isolate").record
    score = trial.roles.score
    removal = Removal("Remove the figure.", score, "a forest; leaves fall")
    assert record == IsolateRecord(("figure",), (PUBLISHED,), removal)
    ((request,),) = trial.asked["remover"]
    assert (request.objects, request.removal_instruction) == ((BOX,), "Remove the figure.")
    assert request.source.shape == (COUNT, HEIGHT, WIDTH, 3)
    assert (read_image(trial.path("edited_frame0_foreground_removed")) == trial.roles.background[0]).all()
    ((asked,),) = trial.asked["scorer"]
    assert asked.task == "removal"
    assert asked.mask[50, 96] and not asked.mask[50, 10], "it is told where something was to go"


def test_two_objects_of_one_name_are_one_label_and_two_removals(trial: Trial) -> None:
    trial.roles.boxes = (BOX, LabelledBox("figure", (10.0, 10.0, 40.0, 60.0)))
    record = trial.run("isolate").record
    assert (record.labels, len(record.objects)) == (("figure",), 2)
    assert record.removal.instruction == "Remove the figure. Remove the figure."


def test_a_clip_without_foreground_ends_there(trial: Trial) -> None:
    trial.roles.boxes = ()
    outcome = trial.run("isolate")
    assert [str(check) for check in outcome.checks] == ["isolate.objects 0 < 1"]
    assert (outcome.record, outcome.artifacts) == (IsolateRecord((), ()), ())
    assert (trial.asked["remover"], trial.asked["captioner"]) == ([], [])


def test_the_users_boxes_and_background_stand_above_what_models_say(trial: Trial) -> None:
    give_boxes(trial, 0)
    write_image(trial.place / "hill.png", drifting(0)[0])
    trial.give(background=trial.place / "hill.png")
    record = trial.run("isolate").record
    assert record.labels == ("woman",)
    assert trial.asked["grounder"] == []
    ((request,),) = trial.asked["remover"]
    assert request.background.shape == (HEIGHT, WIDTH, 3)


def test_the_mask_is_what_the_passes_say_and_the_boxes_are_published(trial: Trial) -> None:
    record = trial.run("track").record
    assert isinstance(record, TrackRecord)
    assert (record.anchor_frames, record.passes, record.consensus) == ((0, 8, 16, 24), 4, 1.0)
    assert record.frame_objects == ((PUBLISHED,),) * 4
    assert (read_masks(trial.path("source_video_mask")) == MASK).all()
    votes = read_confidence(trial.path("source_video_mask_confidence"))
    assert ((votes > 0.5) == MASK).all()


def test_round_2_looks_for_the_objects_of_round_1_on_frames_of_2_fps(trial: Trial) -> None:
    trial.run("track")
    ((_, schedule, objects),) = trial.asked["grounder"]
    assert schedule == (0, 8, 16, 24)
    assert [box.label for box in objects] == ["figure"]
    assert np.allclose(objects[0].xyxy, BOX.xyxy, atol=1)


def test_a_label_that_is_not_found_again_is_published_with_an_empty_box(trial: Trial) -> None:
    known = replace(trial.sample.records.isolate, labels=("figure", "dog"))
    trial.sample = replace(trial.sample, records=replace(trial.sample.records, isolate=known))
    record = trial.run("track").record
    assert record.frame_objects == ((PUBLISHED, PublishedBox((), "dog")),) * 4


def test_the_users_anchors_guide_the_tracker_on_any_frame(trial: Trial) -> None:
    give_boxes(trial, 0, 11)
    record = trial.run("track").record
    assert (record.anchor_frames, trial.asked["grounder"]) == ((0, 11), [])
    assert [len(boxes) for boxes in record.frame_objects] == [2, 1, 1, 1], "frame 11 is none of 2 fps"


def test_a_pass_goes_as_far_as_it_may(trial: Trial) -> None:
    give_boxes(trial, 0, 8, 16)
    trial.run("track", reach_s=0.25)
    reached = [frame for anchor, direction, frame in trial.asked["tracker"] if anchor == 0]
    assert max(reached) == 8, "as far as the next anchor"
