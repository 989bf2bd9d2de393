"""A user's boxes file for a clip of any length: refused before the work, and cut to the frames that the stages see."""

import json
from pathlib import Path

import pytest

from sparkle.core.errors import SampleError
from sparkle.recipes import load_recipe
from sparkle.runners.own_boxes import boxes_of_beginning, checked_boxes

RECIPE = load_recipe("cpu", ["video.frames=17", "video.minimum_frames=9"])


def written(folder: Path, **boxes: list[int] | None) -> Path:
    """Write a boxes file: for each frame ("f3") one box of the man, or None."""
    anchors = [
        {"frame": int(frame[1:]), "objects": [] if box is None else [{"label": "man", "bbox_2d": box}]}
        for frame, box in boxes.items()
    ]
    (folder / "boxes.json").write_text(json.dumps({"anchors": anchors}))
    return folder / "boxes.json"


def test_frames_behind_the_beginning_are_checked_and_left_out(tmp_path: Path) -> None:
    anchors = checked_boxes(written(tmp_path, f3=[100, 100, 500, 900], f40=[0, 0, 10, 10]), RECIPE, 3.0)
    assert [anchor.frame for anchor in anchors] == [3, 40]
    text = boxes_of_beginning(anchors, RECIPE)
    assert text is not None
    assert [anchor["frame"] for anchor in json.loads(text)["anchors"]] == [3]
    assert json.loads(text)["anchors"][0]["objects"] == [{"label": "man", "bbox_2d": [100, 100, 500, 900]}]


def test_a_beginning_without_a_box_has_no_file(tmp_path: Path) -> None:
    path = written(tmp_path, f3=None, f17=[100, 100, 500, 900])
    assert boxes_of_beginning(checked_boxes(path, RECIPE, 3.0), RECIPE) is None


@pytest.mark.parametrize(
    ("boxes", "length_s"),
    [({"f40": [0, 0, 10, 10]}, 2.0), ({"f0": [0, 0, 1500, 10]}, 2.0), ({"f0": None}, 2.0)],
    ids=["a frame that the clip has not", "outside the picture", "no box at all"],
)
def test_what_does_not_fit_the_clip_is_refused_by_name(
    tmp_path: Path, boxes: dict[str, list[int] | None], length_s: float
) -> None:
    with pytest.raises(SampleError, match=r"boxes\.json"):
        checked_boxes(written(tmp_path, **boxes), RECIPE, length_s)
