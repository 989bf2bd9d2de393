"""`sparkle demo`: a pair from a rendered clip, held against the true mask; or one line that says it fell."""

from pathlib import Path

import numpy as np
import pytest
from tests.conftest import FRAMES, HEIGHT, SMALL, WIDTH

from sparkle.core.errors import SampleError, SetupError
from sparkle.recipes import load_recipe
from sparkle.runners.demo import INSTRUCTION, mask_iou, run_demo
from sparkle.video import probe


def test_it_leaves_a_pair_a_sheet_and_how_far_the_mask_is_true(tmp_path: Path) -> None:
    events: list[str] = []
    done = run_demo(tmp_path / "demo", load_recipe("cpu", SMALL), lambda event: events.append(event.stage))
    assert done.instruction == INSTRUCTION
    assert done.iou > 0.8
    assert events == ["source", "first_frame", "isolate", "track", "animate", "synthesize"]
    info = probe(done.edited)
    assert (info.width, info.height, info.frame_count) == (WIDTH, HEIGHT, FRAMES)
    assert done.sheet.is_file()
    with pytest.raises(SetupError, match="demo"):
        run_demo(tmp_path / "demo" / "run", load_recipe("cpu", SMALL), lambda event: None)


def test_a_clip_that_falls_is_no_result(tmp_path: Path) -> None:
    recipe = load_recipe("cpu", [*SMALL, "source.judge_confidence_minimum=1.01"])
    with pytest.raises(SampleError, match="was not accepted"):
        run_demo(tmp_path / "demo", recipe, lambda event: None)


def test_the_share_of_two_masks() -> None:
    first, second = np.zeros((2, 3, 4), bool), np.zeros((2, 3, 4), bool)
    assert mask_iou(first, second) == 1.0
    first[0, :, :2] = True
    assert mask_iou(first, second) == 0.0
    second[0, :, 1:3] = True
    assert mask_iou(first, second) == mask_iou(second, first) == pytest.approx(3 / 9)
