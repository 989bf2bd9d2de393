"""The files of a ledger: `ledger.jsonl`, then `ledger.000001.jsonl` and so on; each is closed when it is full.

A position is where a line begins, as one number: which segment, and the byte in it. Only the last segment ever grows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from sparkle.core.errors import SetupError
from sparkle.store import Folder

SEGMENT_BYTES = 64 * 2**20
OFFSET_BITS = 32

_OPEN_FILES = 64
_NAME = re.compile(r"ledger(\.(?P<number>[0-9]{6,}))?\.jsonl/?")


def position_of(segment: int, offset: int) -> int:
    """Return the position of a byte of a segment."""
    return segment << OFFSET_BITS | offset


def segment_key(segment: int) -> str:
    """Return the name of a segment in the run's folder."""
    return f"ledger.{segment:06d}.jsonl" if segment else "ledger.jsonl"


@dataclass(frozen=True, slots=True)
class SegmentFile:
    """What tells whether a segment is still the one that it was."""

    number: int
    size: int
    version: str


class Segments:
    """The segments of the ledger of the run in `folder`, for reading."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._open: dict[int, BinaryIO] = {}

    def files(self) -> list[SegmentFile]:
        """Return all segments in order. Raises SetupError where one between them is missing."""
        names = map(_NAME.fullmatch, self.folder.children())
        numbers = sorted(int(match["number"] or 0) for match in names if match is not None)
        missing = sorted(set(range(len(numbers))) - set(numbers))
        if missing:
            raise SetupError(
                f"{self.folder.name(segment_key(missing[0]))}: this segment of the ledger is missing; bring it back. "
                "Where it is lost, put an empty file there: what stood in it is done again"
            )
        return [self._file(number) for number in numbers]

    def lines(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Yield (position, line without its end) of all whole lines from a position on."""
        first, offset = start >> OFFSET_BITS, start & (1 << OFFSET_BITS) - 1
        for each in self.files()[first:]:
            at = offset if each.number == first else 0
            if at < each.size:
                for place, line in self.folder.lines(segment_key(each.number), at):
                    yield position_of(each.number, place), line

    def line_at(self, position: int) -> bytes:
        """Return the line that begins at a position. Raises OSError."""
        segment, offset = position >> OFFSET_BITS, position & (1 << OFFSET_BITS) - 1
        if self.folder.path is None:  # there, what was appended is many small objects
            return next((line for _, line in self.folder.lines(segment_key(segment), offset)), b"")
        file = self._opened(segment)
        file.seek(offset)
        return file.readline().rstrip(b"\n")

    def where(self, position: int) -> str:
        """Return the file and the number of the line at a position, for messages."""
        segment, offset = position >> OFFSET_BITS, position & (1 << OFFSET_BITS) - 1
        before = (place for place, _ in self.folder.lines(segment_key(segment)) if place < offset)
        return f"{self.folder.name(segment_key(segment))}, line {1 + sum(1 for _ in before)}"

    def _file(self, number: int) -> SegmentFile:
        found = self.folder.stat(segment_key(number))
        if found is not None:
            return SegmentFile(number, found.size, found.version)
        size = self.folder.log_end(segment_key(number)).position
        return SegmentFile(number, size, str(size))

    def _opened(self, segment: int) -> BinaryIO:
        if segment not in self._open:
            if len(self._open) >= _OPEN_FILES:
                self._open.pop(next(iter(self._open))).close()
            self._open[segment] = self.folder.open(segment_key(segment))
        return self._open[segment]
