"""What `--subject` means, as a boxes file; and what is said where nothing is meant."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from sparkle.core.box_tracks import box_iou
from sparkle.core.errors import SampleError, SetupError
from sparkle.core.records import IsolateRecord, TrackRecord
from sparkle.recipes import Recipe, load_recipe
from sparkle.runners.assemble import BackendPool
from sparkle.runners.edit import edit
from sparkle.runners.subject import write_subject_boxes
from sparkle.video import read_image, write_image, write_video

WIDTH, HEIGHT, FRAMES = 208, 120, 33
RED = (300, 567, 492, 917)  # in thousandths, on the first frame


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    size = ["video.width=208", "video.height=120", f"video.frames={FRAMES}", "video.minimum_frames=9"]
    return load_recipe("cpu", size)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A red thing that moves to the right above a blue one that moves to the left."""
    random = np.random.default_rng(2)
    frames = []
    for t in range(FRAMES):
        picture = np.full((HEIGHT, WIDTH, 3), (150, 160, 150), np.int16)
        picture[68:110, 62 + t : 102 + t] = (210, 40, 40)
        picture[4:28, 160 - 2 * t : 190 - 2 * t] = (40, 60, 200)
        frames.append(np.clip(picture + random.normal(0, 2, picture.shape), 0, 255).astype(np.uint8))
    path = tmp_path_factory.mktemp("clips") / "two things.mp4"
    write_video(path, np.stack(frames), 16.0)
    return path


def boxes_for(subject: str, clip: Path, recipe: Recipe, folder: Path) -> list[list[float]]:
    """The boxes on the first frame, in thousandths."""
    write_subject_boxes(clip, subject, recipe, BackendPool(), folder / "boxes.json", folder / "sheet.png")
    anchors = json.loads((folder / "boxes.json").read_text())["anchors"]
    assert [anchor["frame"] for anchor in anchors] == [0, 8, 16, 24, 32]
    assert all(anchor["objects"] for anchor in anchors)
    return [item["bbox_2d"] for item in anchors[0]["objects"]]


@pytest.mark.parametrize("subject", ["400,700", "lower moving object", "280,550,500,930"])
def test_a_point_words_and_a_box_mean_the_same_thing(
    subject: str, clip: Path, recipe: Recipe, tmp_path: Path
):
    boxes = boxes_for(subject, clip, recipe, tmp_path)
    assert len(boxes) == 1
    assert box_iou(boxes[0], RED) > 0.6


def test_a_rough_mask_means_the_thing_under_it(clip: Path, recipe: Recipe, tmp_path: Path):
    mask = np.zeros((2 * HEIGHT, 2 * WIDTH, 3), np.uint8)
    cv2.ellipse(mask, (165, 178), (44, 46), 0, 0, 360, (255, 255, 255), -1)
    write_image(tmp_path / "rough.png", mask)
    assert box_iou(boxes_for(str(tmp_path / "rough.png"), clip, recipe, tmp_path)[0], RED) > 0.6


def test_several_can_be_named(clip: Path, recipe: Recipe, tmp_path: Path):
    assert len(boxes_for("1 and 2", clip, recipe, tmp_path)) == 2


@pytest.mark.parametrize("subject", ["dog", "990,990", "7"])
def test_nothing_meant_shows_the_candidates_and_the_way_on(
    subject: str, clip: Path, recipe: Recipe, tmp_path: Path
):
    with pytest.raises(SampleError) as caught:
        boxes_for(subject, clip, recipe, tmp_path)
    message = str(caught.value)
    assert subject in message
    assert str(tmp_path / "sheet.png") in message
    assert f"sparkle edit '{clip}' INSTRUCTION -o OUT.mp4 --subject 1" in message
    assert read_image(tmp_path / "sheet.png").std() > 10
    assert not (tmp_path / "boxes.json").exists()


def test_a_recipe_can_say_what_every_clip_keeps(clip: Path, recipe: Recipe, tmp_path: Path):
    chosen = load_recipe(recipe_with(recipe, tmp_path, subject="lower moving object"))
    sample = edit(clip, "put it on a beach", tmp_path / "o.mp4", chosen, preview=True).sample
    (named,) = sample.record(IsolateRecord).objects
    assert box_iou(named.bbox_2d, RED) > 0.6
    assert [len(objects) for objects in sample.record(TrackRecord).frame_objects] == [1] * 5


def test_words_that_a_recipe_cannot_find_fail_the_clip(clip: Path, recipe: Recipe, tmp_path: Path):
    chosen = load_recipe(recipe_with(recipe, tmp_path, subject="dog"))
    with pytest.raises(SampleError, match=r"'dog' names none of the .* candidates"):
        edit(clip, "put it on a beach", tmp_path / "o.mp4", chosen)


def recipe_with(recipe: Recipe, folder: Path, subject: str) -> str:
    described = recipe.model_dump(mode="json")
    described["isolate"]["subject"] = subject
    (folder / "recipe.yaml").write_text(json.dumps(described))
    return str(folder / "recipe.yaml")


@pytest.mark.parametrize("subject", ["1,2,3", "10,20,1200,90", "-5,10", "1.2.3,4", "300,300,300,500"])
def test_numbers_that_mean_no_place_are_refused(subject: str, clip: Path, recipe: Recipe, tmp_path: Path):
    with pytest.raises(SetupError, match="--subject"):
        boxes_for(subject, clip, recipe, tmp_path)


def test_an_empty_mask_is_refused(clip: Path, recipe: Recipe, tmp_path: Path):
    write_image(tmp_path / "black.png", np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    with pytest.raises(SetupError, match="nothing in it is white"):
        boxes_for(str(tmp_path / "black.png"), clip, recipe, tmp_path)


def test_an_edit_without_any_subject_says_how_to_go_on(recipe: Recipe, tmp_path: Path):
    random = np.random.default_rng(2)
    plain = np.full((FRAMES, HEIGHT, WIDTH, 3), 140) + random.normal(0, 2, (FRAMES, HEIGHT, WIDTH, 3))
    write_video(tmp_path / "wall.mp4", plain.astype(np.uint8), 16.0)
    with pytest.raises(SampleError) as caught:
        edit(tmp_path / "wall.mp4", "a windy beach", tmp_path / "out.mp4", recipe)
    assert "no subject was found: looked for faces" in str(caught.value)
    assert "--subject 300,200,700,1000" in str(caught.value)
    assert (tmp_path / "out_candidates.png").is_file()
    assert not (tmp_path / "out.mp4").exists()


def test_subject_and_boxes_together_are_refused(clip: Path, recipe: Recipe, tmp_path: Path):
    with pytest.raises(SetupError, match="--subject, --boxes and --matte-in"):
        edit(clip, "a beach", tmp_path / "o.mp4", recipe, boxes=tmp_path / "b.json", subject="1")


def test_an_edit_of_a_named_subject_continues_and_another_subject_stands_beside(
    clip: Path, recipe: Recipe, tmp_path: Path
):
    keep, seen = tmp_path / "kept", []
    for subject in ("400,700", "400,700", "880,120"):
        edit(
            clip,
            "put it on a beach",
            tmp_path / "o.mp4",
            recipe,
            subject=subject,
            keep=keep,
            preview=True,
            report=seen.append,
        )
        assert len(seen) == (6 if subject == "400,700" else 12), "the second call made nothing anew"
    assert len(list(keep.glob("subject/*.json"))) == 2


def test_an_edit_of_a_named_subject_leaves_its_result_alone(clip: Path, recipe: Recipe, tmp_path: Path):
    edit(clip, "put it on a beach", tmp_path / "o.mp4", recipe, subject="400,700")
    assert [path.name for path in tmp_path.iterdir()] == ["o.mp4"]
