"""The fenced blocks of README and docs, and the commands in them."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMANDS = {
    "",
    "bash",
    "sh",
}  # in blocks of these languages every line is a command; `text` shows output, or forms
_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S)
_PROGRAMS = ("sparkle", "pip", "hf", "ray", "make", "accelerate")


@dataclass(frozen=True)
class Block:
    """What stands between two fences of a page, which is named from the project's root."""

    page: str
    language: str
    text: str

    def commands(self) -> list[str]:
        """Return its commands without remarks, one a string; of a block of text those that begin as one does."""
        lines = re.sub(r" *\\\n *", " ", self.text).splitlines()
        parts = [part.strip() for line in lines for part in line.split(" && ")]
        if self.language == "text":
            parts = [part for part in parts if part.split(" ")[0] in _PROGRAMS]
        elif self.language not in COMMANDS:
            return []
        # Behind a hash or three blanks stands a remark.
        told = [shlex.split(re.split(r" {3,}", part)[0], comments=True) for part in parts]
        return [shlex.join(words) for words in told if words]


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page in their order."""
    name = page.relative_to(ROOT).as_posix()
    for found in _FENCE.finditer(page.read_text("utf-8")):
        yield Block(name, found["language"], textwrap.dedent(found["text"]))


def all_blocks() -> list[Block]:
    """Return the blocks of all pages."""
    return [block for page in PAGES for block in blocks(page)]


def all_commands() -> dict[str, str]:
    """Return every command once, with the first page that shows it."""
    found: dict[str, str] = {}
    for block in all_blocks():
        for command in block.commands():
            found.setdefault(command, block.page)
    return found


def spans() -> list[tuple[str, str]]:
    """Return (page, code) of all code within the sentences of the pages."""
    outside = ((page, _FENCE.sub("", page.read_text("utf-8"))) for page in PAGES)
    return [
        (page.relative_to(ROOT).as_posix(), " ".join(code.split()))
        for page, text in outside
        for code in re.findall(r"`([^`]+)`", text)
    ]
