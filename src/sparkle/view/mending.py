"""An edit whose mask can be mended in the browser: what its page asks for, whatever does the work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pydantic import TypeAdapter

from sparkle.core.parsing import checked

MOST_MARKS = 100
WINDOW = 240  # frames that a page holds at a time

_KINDS = Literal["box", "point", "not", "mask", "clear"]


@dataclass(frozen=True, slots=True)
class WantedMark:
    """A mark on a frame as a page says it: `numbers` in [0, 1000] of width and height, or a whole mask as a PNG."""

    kind: _KINDS
    frame: int
    numbers: tuple[float, ...] = ()
    png: str = ""  # base64


_MARK = TypeAdapter(WantedMark)


def parse_marks(value: Mapping[str, Any]) -> list[WantedMark]:
    """Return the marks of {"marks": [...]}. Raises ValueError for anything else, and for none or too many."""
    marks = value.get("marks")
    if not isinstance(marks, list) or not all(isinstance(each, dict) for each in marks):
        raise ValueError("a list of marks is expected")
    if not 0 < len(marks) <= MOST_MARKS:
        raise ValueError(f"there are {len(marks)} marks, from 1 to {MOST_MARKS} are taken at a time")
    return [checked(_MARK, each) for each in marks]


@dataclass(frozen=True, slots=True)
class Work:
    """How far mending is. `step` in words, `done` of `of` of it; `fault` says why it ended without a result."""

    running: bool = False
    step: str = ""
    done: int = 0
    of: int = 0
    fault: str = ""
    finished: int = 0  # how many came to their end since the server started


class Mendable(Protocol):
    """An edit in its folder. Every method may be called from several threads."""

    @property
    def title(self) -> str:
        """What it is called."""

    def about(self) -> Mapping[str, Any]:
        """Return plain JSON values: what was edited, how many frames there are, marks, and weak moments."""

    def pack(self, key: str, first: int) -> Iterator[bytes]:
        """Yield the pack of a pane (source, mask, edited), from a frame on, WINDOW of them at most.

        Raises KeyError for another pane or frame, MediaError for what cannot be decoded.
        """

    def mask(self, frame: int) -> bytes:
        """Return a frame's mask as a PNG, white where the subject is. Raises KeyError for a frame that is not there."""

    def version(self) -> str:
        """Return what is another after every edit."""

    def redo(self, marks: Sequence[WantedMark]) -> None:
        """Begin to mend in a process of its own. Raises SetupError for marks that say nothing, and while it works."""

    def work(self) -> Work:
        """Return how far it is."""
