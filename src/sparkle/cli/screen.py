"""The terminal: text stands there as it is. Names and answers of others are neither markup nor control sequences.

Every `str` that is printed, alone or in a cell of a table, is one line: what could steer the terminal or forge a line
is spelled out, and square brackets mean nothing. Colour comes from `told`, whose parts say their own style.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console
from rich.progress import TextColumn
from rich.text import Text

from sparkle.core.visible import visible


class Screen(Console):
    """A rich console that takes no text for more than text."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, markup=False, emoji=False, highlight=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return `text` as it is shown; rich asks for every str that it prints, measures or puts into a cell."""
        style = options.get("style") or ""
        return Text(
            visible(text), style=style, justify=options.get("justify"), overflow=options.get("overflow")
        )


# Progress and remarks never mix with an answer that a script reads.
remarks = Screen(stderr=True)
answer = Screen()


def told(*parts: str | tuple[str, str]) -> Text:
    """Return one line of parts, each a text or (text, style), as they are: markup means nothing, no part ends it."""
    return Text.assemble(
        *(visible(part) if isinstance(part, str) else (visible(part[0]), part[1]) for part in parts)
    )


def description_column(width: int = 0) -> TextColumn:
    """Return the column of a progress bar that shows what is being done, at least `width` wide, as it is."""
    return TextColumn(f"{{task.description:<{width}}}" if width else "{task.description}", markup=False)


def print_json(value: Any) -> None:
    """Print one JSON value on stdout, and nothing else; what steers terminals is spelled as JSON does."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    sys.stdout.write("\n".join(map(_visible_json, text.split("\n"))) + "\n")


def _visible_json(line: str) -> str:
    """Return a line of JSON text, in which only strings can hold such characters, among them halves of pairs."""
    if visible(line) == line:
        return line
    return "".join(char if visible(char) == char else f"\\u{ord(char):04x}" for char in line)
