"""The halves share no subject, photograph or clip, and each has everything that a subject can be hard by."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from benchmarks.eyes import backgrounds, choose, cutouts, drawn_choose, drawn_report, footage, report
from benchmarks.eyes.outlines import OUTLINES
from benchmarks.eyes.photographs import PHOTOGRAPHS, path_of
from benchmarks.eyes.scene import Scene
from tests.eyes.conftest import SMALL

from sparkle.core.errors import SetupError

FOOTAGE = [(needed, make({name: Path(name) for name in needed})) for needed, make in footage.MAKERS]
EVERY = [*choose.SCENES, *report.SCENES, *(scene for _, scene in FOOTAGE)]
HARD = {
    "still", "nearly still", "several subjects", "held object", "held object apart", "fills the picture",
    "leaves and returns", "thin parts", "dark on dark", "same colour", "moving background", "noise", "night",
    "cast shadow", "changes colour", "small", "hair", "fingers",
}  # fmt: skip


def names_in(*modules) -> set[str]:
    """The photographs, outlines and keyed subjects that modules name."""
    known = {*PHOTOGRAPHS, *OUTLINES, "flower", "motorcycle"}
    found = set()
    for module in modules:
        for node in ast.walk(ast.parse(Path(module.__file__).read_text())):
            if isinstance(node, ast.Constant) and node.value in known:
                found.add(node.value)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in known:
                found.add(node.func.id)
    return found


def of_half(half: str) -> list[Scene]:
    return [scene for scene in EVERY if scene.half == half]


def test_no_photograph_is_in_both_halves() -> None:
    chosen, reported = names_in(choose, drawn_choose), names_in(report, drawn_report)

    assert {"cat", "motorcycle", "flower"} <= chosen
    assert {"astronaut", "cup", "officer"} <= reported
    assert not chosen & reported


def test_no_clip_is_in_both_halves() -> None:
    files = {
        half: {f for needed, scene in FOOTAGE if scene.half == half for f in needed}
        for half in ("choose", "report")
    }

    assert files["choose"]
    assert files["report"]
    assert not files["choose"] & files["report"]


def test_no_subject_or_scene_is_in_both_halves() -> None:
    subjects = {"choose": set(), "report": set()}
    for module, half in ((choose, "choose"), (report, "report")):
        calls = [
            node
            for node in ast.walk(ast.parse(Path(module.__file__).read_text()))
            if isinstance(node, ast.Call)
        ]
        actors = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Actor"]
        subjects[half] |= {
            ast.literal_eval(call.args[0]) for call in actors if isinstance(call.args[0], ast.Constant)
        }

    assert len(subjects["choose"]) >= 8
    assert len(subjects["report"]) >= 8
    assert not subjects["choose"] & subjects["report"]
    assert len({scene.name for scene in EVERY}) == len(EVERY)


def test_each_half_has_clips_enough_and_together_they_have_everything_hard() -> None:
    for half in ("choose", "report"):
        assert sum(scene.half == half for scene in (*choose.SCENES, *report.SCENES)) >= 9
    assert {trait for scene in EVERY for trait in scene.traits} >= HARD
    for half in ("choose", "report"):
        assert len({trait for scene in of_half(half) for trait in scene.traits} & HARD) >= 12


def test_every_scene_names_something_that_a_wrong_box_can_lie_on() -> None:
    for scene in EVERY:
        assert scene.things, scene.name
        assert all(0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1 for x1, y1, x2, y2 in scene.things), scene.name


def test_a_folder_without_the_clips_is_named(tmp_path) -> None:
    with pytest.raises(SetupError, match=rf"{tmp_path}.*blocks\.mp4"):
        list(footage.footage_scenes(tmp_path))


def test_a_missing_photograph_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(PHOTOGRAPHS, "unicorn", ("no_such_package", "unicorn.png"))

    with pytest.raises(SetupError, match=r"unicorn.*no_such_package.*sparkle-video\[eyes\]"):
        path_of("unicorn")


def test_an_outline_within_another_is_a_hole() -> None:
    outer, inner = (
        [(10.0, 10.0), (90.0, 10.0), (90.0, 90.0), (10.0, 90.0)],
        [(40.0, 40.0), (60.0, 40.0), (60.0, 60.0), (40.0, 60.0)],
    )

    alpha = cutouts.filled([outer, inner], (100, 100))

    assert (alpha[50, 50], alpha[25, 25], alpha[2, 2]) == pytest.approx((0, 1, 0), abs=0.01)


def test_backgrounds_that_should_move_do() -> None:

    rng = np.random.default_rng(0)
    wall = backgrounds.room((100, 100, 100), (90, 80, 70))
    for maker in (backgrounds.screens(wall, [(0.1, 0.1, 0.4, 0.6)]), backgrounds.water(wall, (40, 80, 90)),
                  backgrounds.night_street(), backgrounds.sky((90, 130, 200), (230, 230, 230)),
                  backgrounds.waving(wall, 0.01, (0.0, 1.0))):  # fmt: skip
        at = maker(SMALL, rng)
        assert np.abs(at(0.1) - at(0.4)).mean() > 0.5
    still = wall(SMALL, rng)
    assert np.array_equal(still(0.1), still(0.4))
