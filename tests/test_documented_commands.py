"""Every `sparkle` command that README or docs show is one that the parser takes: its options and their values."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sparkle.cli.late import load

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"^```(?:bash|sh|text|)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_PLACES = ("...", "…")  # what stands for something, so that the line is no command as it is


def documented() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for block in _BLOCK.findall(page.read_text("utf-8")):
            for line in re.sub(r" *\\\n *", " ", block).splitlines():
                for part in line.split(" && "):
                    if part.strip().startswith("sparkle ") and not any(place in part for place in _PLACES):
                        yield (
                            page.name,
                            re.split(r" {3,}", part.strip())[0],
                        )  # behind three blanks stands a remark


COMMANDS = sorted(set(documented()))


def parse(command: Any, name: str, arguments: list[str], parent: Any = None) -> None:
    """Parse as the shell's call would be, and call nothing."""
    context = command.make_context(name, arguments, parent=parent)
    if hasattr(command, "commands"):
        rest = (
            [*context._protected_args, *context.args] if hasattr(context, "_protected_args") else context.args
        )
        found, sub, left = command.resolve_command(context, rest)
        assert sub is not None
        parse(sub, str(found), left, context)


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 40
    assert {name for name, _ in COMMANDS} >= {"README.md", "index.md", "viewer.md", "bench.md", "kiwi.md"}


@pytest.mark.parametrize(("page", "line"), COMMANDS, ids=[f"{page}: {line}" for page, line in COMMANDS])
def test_what_is_shown_can_be_called(
    page: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _, name, *arguments = shlex.split(line, comments=True)
    parse(load(name), name, arguments)


@pytest.mark.parametrize("line", ["sparkle view --nothing", "sparkle report a b", "sparkle bench nothing"])
def test_what_cannot_be_called_is_noticed(line: str) -> None:
    _, name, *arguments = shlex.split(line)
    with pytest.raises(
        Exception, match=r"No such|unexpected|Missing"
    ):  # typer's own kind of error is not public
        parse(load(name), name, arguments)
