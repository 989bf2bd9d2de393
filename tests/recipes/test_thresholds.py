"""Every threshold of every recipe is the one that a check is made against, and the shipped ones are written down here.

That a check rejects, and that each setting changes what its stage does, is told by tests/stages.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.recipes.plain_backends import ASKED, RECIPE

from sparkle.recipes import Recipe, load_recipe
from sparkle.runners.build import build, plan_build
from sparkle.video import write_video

# Which check stands by which threshold, and a value that no recipe has.
THRESHOLDS: dict[str, tuple[str, float]] = {
    "source.pair_score_minimum": ("source.pair_score", 0.011),
    "source.camera.threshold": ("source.camera", 91.0),
    "source.judge_confidence_minimum": ("source.camera_judge", 0.012),
    "first_frame.score_minimum": ("first_frame.editscore", 0.013),
    "isolate.score_minimum": ("isolate.editscore", 0.014),
    "track.consensus_minimum": ("track.consensus", 0.015),
    "track.min_confidence": ("track.confidence", 0.016),
    "track.area_minimum": ("track.area_minimum", 0.017),
    "track.area_maximum": ("track.area_maximum", 0.991),
    "animate.camera.threshold": ("animate.camera", 1092.0),
    "animate.liveliness_minimum": ("animate.liveliness", 0.018),
    "synthesize.score_minimum": ("synthesize.editscore", 0.019),
    "synthesize.wholeness_minimum": ("synthesize.wholeness", 0.0021),
    "synthesize.worst_wholeness_minimum": ("synthesize.worst_wholeness", 0.0022),
    "synthesize.background_motion_minimum": ("synthesize.background_motion", 0.0023),
    "synthesize.clip_score_minimum": ("synthesize.clip_score", 0.0024),
}
# In their order, the shipped values: another one is a decision, and to be written here, too.
PAPERS = [8.0, 0.45, 0.5, 8.0, 8.5, 0.5, 0.5, 0.005, 0.9, 1.0, 0.01, 8.0, 0.2, 0.1, 0.3, None]
CPUS = [7.0, 0.45, 0.5, 7.0, 7.0, 0.5, 0.5, 0.005, 0.9, 1.0, 0.01, 7.0, 0.2, 0.1, 0.3, None]
SHIPPED = dict.fromkeys(("paper", "paper_apache", "fast"), PAPERS) | dict.fromkeys(
    ("cpu", "desk", "laptop"), CPUS
)


def value_of(recipe: Recipe, path: str) -> Any:
    value: Any = recipe
    for part in path.split("."):
        value = getattr(value, part)
    return value


@pytest.mark.parametrize("name", SHIPPED)
def test_the_thresholds_of_the_shipped_recipes_are_these(name: str) -> None:
    recipe = load_recipe(name)
    assert [value_of(recipe, path) for path in THRESHOLDS] == SHIPPED[name]


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    """A manifest of a textured clip with a square that moves, and of its edited version; a recipe beside it."""
    random = np.random.default_rng(7)
    still = np.kron(random.integers(60, 180, (16, 24, 3)), np.ones((8, 8, 1))).astype(np.uint8)
    frames = np.repeat(still[None], 66, axis=0)
    for number, frame in enumerate(frames):
        frame[40:90, 60 + number // 2 : 110 + number // 2] = (230, 40, 40)
    write_video(tmp_path / "clip.mp4", frames, 32.0, crf=12)
    write_video(tmp_path / "edited.mp4", 255 - frames, 32.0, crf=12)
    (tmp_path / "pairs.csv").write_text("video,edited_video,theme\nclip.mp4,edited.mp4,location\n")
    (tmp_path / "plain.yaml").write_text(RECIPE)
    return tmp_path


def test_every_check_is_made_against_the_threshold_of_the_recipe(pair: Path) -> None:
    ASKED.clear()
    recipe = load_recipe(pair / "plain.yaml", [f"{path}={value}" for path, (_, value) in THRESHOLDS.items()])
    plan = plan_build([str(pair / "pairs.csv")], themes=["location"], seed=recipe.seed)
    events: list[Any] = []
    summary = build(plan, pair / "run", recipe, report=events.append)
    assert (summary.failed, summary.rejected, summary.accepted) == ([], {}, 1)
    made = {check.name: check.threshold for event in events for check in event.checks}
    assert made == dict(THRESHOLDS.values()) | {"isolate.objects": 1.0}
    assert [request.seed for who, request in ASKED if who == "editor"] == [plan[0].seed]
