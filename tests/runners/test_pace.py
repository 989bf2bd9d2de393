"""The pace that a recipe sets: how many samples go through a stage before the next starts, and how many at a time."""

from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pytest
from tests.recipes.plain_backends import RECIPE, Editor

from sparkle.recipes import load_recipe
from sparkle.roles import EditRequest
from sparkle.runners.assemble import BackendPool
from sparkle.runners.build import plan_build
from sparkle.runners.local import run_local
from sparkle.runners.stream import Rules
from sparkle.video import write_video

NAMES = {"a": "source", "b": "first_frame"}
TWO = Barrier(2)


class Meeting(Editor):
    """Answers two requests together, and neither alone."""

    def __call__(self, request: EditRequest) -> np.ndarray:
        TWO.wait(timeout=60.0)
        return super().__call__(request)


def events_of(samples: int, folder: Path, *settings: str) -> list[Any]:
    """What happens to samples in the first two stages of the recipe that answers at once."""
    still = np.random.default_rng(7).integers(60, 180, (12, 24, 3)).astype(np.uint8)
    frames = np.repeat(np.kron(still, np.ones((8, 8, 1), np.uint8))[None], 66, axis=0)
    write_video(folder / "clip.mp4", frames, 32.0, crf=20)
    (folder / "clips.csv").write_text("video,theme\n" + samples * "clip.mp4,location\n")
    (folder / "plain.yaml").write_text(RECIPE)
    plan = plan_build([str(folder / "clips.csv")], themes=["location"], seed=7)
    recipe, events = load_recipe(folder / "plain.yaml", settings), list[Any]()
    run_local(plan, recipe, BackendPool(), folder / "run", events.append, ("source", "first_frame"))
    return events


@pytest.mark.parametrize(("wave", "order"), [(1, "ababab"), (2, "aabbab"), (8, "aaabbb")])
def test_a_wave_ends_a_stage_before_the_next_one_starts(wave: int, order: str, tmp_path: Path) -> None:
    events = events_of(3, tmp_path, f"wave={wave}")
    assert [event.stage for event in events] == [NAMES[letter] for letter in order]


def test_as_many_samples_are_in_a_stage_as_the_recipe_says(tmp_path: Path) -> None:
    events = events_of(2, tmp_path, "concurrency=2", "first_frame.editor=tests.runners.test_pace:Meeting")
    assert [event.error for event in events] == [None] * 4


def test_the_recipe_says_how_long_a_call_may_take_and_how_many_workers_it_may_cost() -> None:
    rules = Rules.of(load_recipe("cpu", ["tries=1", "call_limit_s.animate=5"]))
    assert (rules.tries, rules.limit_s["animate"]) == (1, 5.0)
