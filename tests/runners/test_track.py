"""`sparkle track`: nothing is lost in silence, and a mask that the tracker itself does not believe is no answer."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from sparkle.bait import BaitResult
from sparkle.core.errors import SampleError
from sparkle.recipes import load_recipe
from sparkle.runners.track import track
from sparkle.stages.track import mask_checks
from sparkle.video import write_video

HEIGHT, WIDTH, COUNT = 96, 160, 20


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    random = np.random.default_rng(2)
    frames = np.full((COUNT, HEIGHT, WIDTH, 3), 110.0) + random.normal(0, 3, (COUNT, HEIGHT, WIDTH, 3))
    for frame in range(COUNT):
        frames[frame, 30:70, 20 + frame : 56 + frame] = (200, 50, 40)
    path = tmp_path_factory.mktemp("clip") / "block.mp4"
    write_video(path, np.clip(frames, 0, 255).astype(np.uint8), 16)
    return path


def boxes(path: Path, *anchors: tuple[int, dict[str, list[int]]]) -> Path:
    listed = [
        {"frame": frame, "objects": [{"label": label, "bbox_2d": box} for label, box in objects.items()]}
        for frame, objects in anchors
    ]
    path.write_text(json.dumps({"anchors": listed}))
    return path


def test_an_object_boxed_once_is_followed_and_its_mask_is_believed(clip: Path, tmp_path: Path) -> None:
    given = boxes(tmp_path / "boxes.json", (0, {"block": [120, 300, 360, 740]}))
    found = track(clip, given, tmp_path / "mask.npz", load_recipe("cpu"))
    assert found.area == pytest.approx(40 * 36 / (HEIGHT * WIDTH), rel=0.2)
    assert found.unseen == ()
    assert found.confidence is not None and found.confidence > 0.7


def test_boxes_on_a_bare_wall_are_an_error_and_no_empty_mask(clip: Path, tmp_path: Path) -> None:
    given = boxes(tmp_path / "boxes.json", (0, {"lamp": [700, 100, 850, 250]}))
    with pytest.raises(SampleError, match=r"boxes\.json: .*boxes.*not pixels"):
        track(clip, given, tmp_path / "mask.npz", load_recipe("cpu"))
    assert not (tmp_path / "mask.npz").exists()


def test_a_mask_below_the_least_confidence_is_refused_and_the_setting_is_named(
    clip: Path, tmp_path: Path
) -> None:
    given = boxes(tmp_path / "boxes.json", (0, {"block": [120, 300, 360, 740]}))
    with pytest.raises(SampleError, match=r"--set track\.min_confidence=0"):
        track(clip, given, tmp_path / "mask.npz", load_recipe("cpu", ["track.min_confidence=0.99"]))


@pytest.mark.parametrize(("expected", "passed"), [(None, None), (0.4, False), (0.8, True)])
def test_a_sample_is_rejected_by_what_its_tracker_expects(
    expected: float | None, passed: bool | None
) -> None:
    mask = np.zeros((2, 8, 8), bool)
    mask[:, 2:6, 2:6] = True
    found = BaitResult(
        mask,
        255 * mask.astype(np.uint8),
        3,
        np.full(2, 3),
        1.0,
        np.ones(2, np.float32),
        expected_iou=expected,
    )
    checks = {check.name: check.passed for check in mask_checks(found, load_recipe("cpu").track)}
    assert checks.get("track.confidence") is passed


COUNTING = """
import numpy as np
from sparkle.roles import ModelCard

REACHED, COUNTING_HERE = [], {here!r}

class Tracker:
    card = ModelCard("counting", "1", "CC0")

    def open(self, frames, anchors):
        self.shape = frames.shape[:3]
        return self

    def propagate(self, anchor, direction):
        count, height, width = self.shape
        for frame in range(anchor.frame, count) if direction == "forward" else range(anchor.frame, -1, -1):
            REACHED.append((anchor.frame, frame))
            yield frame, np.ones((len(anchor.boxes), height, width), bool)
"""


@pytest.mark.parametrize(("setting", "last"), [("null", COUNT - 1), ("0.25", 8)])
def test_a_pass_ends_where_the_recipe_says(clip: Path, tmp_path: Path, setting: str, last: int) -> None:
    """A quarter of a second is 4 frames, and a pass goes on to the next anchor."""
    (tmp_path / "counting.py").write_text(COUNTING.replace("{here!r}", repr(str(tmp_path))))
    given = boxes(tmp_path / "boxes.json", *((at, {"block": [120, 300, 360, 740]}) for at in (0, 8, 16)))
    recipe = load_recipe("cpu", [f"track.tracker={tmp_path}/counting.py:Tracker", f"track.reach_s={setting}"])
    track(clip, given, tmp_path / "mask.npz", recipe)
    (module,) = [
        each for each in sys.modules.values() if getattr(each, "COUNTING_HERE", None) == str(tmp_path)
    ]
    assert max(frame for anchor, frame in module.REACHED if anchor == 0) == last
