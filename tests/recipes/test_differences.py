"""Every setting that docs/differences.md names exists, and changes something."""

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
