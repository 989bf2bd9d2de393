"""Every setting that docs/differences.md names exists, and changes something."""

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sparkle.recipes import load_recipe

PAGE = (Path(__file__).parents[2] / "docs" / "differences.md").read_text(encoding="utf-8")


def named(section: str) -> list[str]:
    """Return the settings that the last column of a section's table names."""
    text = PAGE.partition(f"`{section}`")[2].partition("\n## ")[0]
    rows = [
        line.rstrip().rstrip("|").rpartition("|")[2] for line in text.splitlines() if line.startswith("|")
    ]
    spans = [span for row in rows for span in re.findall(r"`([^`]*--set [^`]*)`", row)]
    return [
        quoted or plain for span in spans for quoted, plain in re.findall(r"--set (?:'([^']+)'|(\S+))", span)
    ]


def last_cells() -> list[str]:
    """Return the last column of every row of every table."""
    lines = [line.strip().strip("|") for line in PAGE.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.split("|")] for line in lines if "---" not in line]
    assert {len(row) for row in cells} == {4}
    return [row[3] for row in cells if row[0]]


def test_every_row_says_how_their_way_is_had_or_that_it_is_not() -> None:
    cells = last_cells()
    assert len(cells) > 30
    elsewhere = (
        "`edit_file(..., fps=15.0)` of `sparkle.kiwi.editing`",
        "a backend of one's own",
        "the default",
    )
    odd = [cell for cell in cells if "--set " not in cell and not cell.startswith(("none", *elsewhere))]
    assert odd == []


def test_the_rate_of_the_official_results_can_be_asked_for() -> None:
    pytest.importorskip("torch")
    from sparkle.kiwi.editing import edit_file

    assert "fps" in inspect.signature(edit_file).parameters


def test_all_settings_of_the_first_table_hold_together() -> None:
    """The paper's own pipeline: the checks that it does not have let everything pass."""
    recipe = build(named("sparkle build --recipe paper"))
    assert recipe.track.vote == "plain"
    assert recipe.synthesize.mask_dilation == 0
    assert (recipe.synthesize.wholeness_minimum, recipe.synthesize.worst_wholeness_minimum) == (0, 0)
    assert recipe.animate.liveliness_minimum == 0


def build(settings: list[str]) -> Any:
    return load_recipe("paper", settings)


def edit(settings: list[str]) -> Any:
    from sparkle.kiwi.opening import make_kiwi

    editor, values = make_kiwi(None, settings)
    return values.model_dump(), editor._placement


def train(settings: list[str]) -> Any:
    pytest.importorskip("torch")
    from sparkle.kiwi.training.files import load_settings

    return load_settings("kiwi_sparkle", settings)


@pytest.mark.parametrize(
    ("section", "read", "unchanged"),
    [
        ("sparkle build --recipe paper", build, ()),
        ("sparkle edit --editor kiwi", edit, ("window_frames=81",)),
        ("sparkle train kiwi_sparkle", train, ("video.fps=15",)),
    ],
)
def test_the_settings_of_the_page_exist_and_change_something(
    section: str, read: Callable[[list[str]], Any], unchanged: tuple[str, ...]
) -> None:
    settings = named(section)
    assert len(settings) >= 4
    plain = read([])
    for setting in settings:
        if setting not in unchanged:
            assert read([setting]) != plain, setting
    assert load_recipe("paper", ["video.fps=15"]).video.fps == 15
