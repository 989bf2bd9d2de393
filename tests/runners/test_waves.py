"""So many samples as a wave holds go through a stage before the next one starts: a large model loads once a wave."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.recipes.plain_backends import RECIPE

from sparkle.recipes import load_recipe
from sparkle.runners.assemble import BackendPool
from sparkle.runners.build import plan_build
from sparkle.runners.local import run_local
from sparkle.video import write_video


@pytest.mark.parametrize(("wave", "order"), [(1, "ab ab ab"), (2, "aabb ab"), (8, "aaabbb")])
def test_a_wave_ends_a_stage_before_the_next_one_starts(wave: int, order: str, tmp_path: Path) -> None:
    still = np.random.default_rng(7).integers(60, 180, (12, 24, 3)).astype(np.uint8)
    frames = np.repeat(np.kron(still, np.ones((8, 8, 1), np.uint8))[None], 66, axis=0)
    write_video(tmp_path / "clip.mp4", frames, 32.0, crf=20)
    (tmp_path / "clips.csv").write_text("video,theme\n" + 3 * "clip.mp4,location\n")
    (tmp_path / "plain.yaml").write_text(RECIPE)
    plan = plan_build([str(tmp_path / "clips.csv")], themes=["location"], seed=7)
    recipe, events = load_recipe(tmp_path / "plain.yaml", [f"wave={wave}"]), list[Any]()
    run_local(plan, recipe, BackendPool(), tmp_path / "run", events.append, ("source", "first_frame"))
    assert [event.stage for event in events] == [
        {"a": "source", "b": "first_frame"}[letter] for letter in order.replace(" ", "")
    ]
