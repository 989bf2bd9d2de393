"""The files of a ledger: `ledger/000000.jsonl`, `000001.jsonl` and so on, each closed when it is full.

A position is where a line begins, as one number: which segment, and the byte in it. Only the last segment ever grows.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sparkle.core.errors import SetupError
from sparkle.video import open_plain
from sparkle.video.append_log import is_whole

SEGMENT_BYTES = 64 * 2**20
OFFSET_BITS = 32
_OPEN_FILES = 64
_FIRST_READ = 4096

_NAME = re.compile(r"(?P<number>[0-9]{6,})\.jsonl")


def position_of(segment: int, offset: int) -> int:
    """Return the position of a byte of a segment."""
    return segment << OFFSET_BITS | offset


@dataclass(frozen=True, slots=True)
class SegmentFile:
    """What tells whether a segment is still the file that it was."""

    number: int
    size: int
    mtime_ns: int


class Segments:
    """The segments of one ledger, for reading."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: dict[int, int] = {}

    def path(self, segment: int) -> Path:
        """Return where a segment lies."""
        return self.folder / f"{segment:06d}.jsonl"

    def files(self) -> list[SegmentFile]:
        """Return all segments in order. Raises SetupError where one between them is missing."""
        if not self.folder.is_dir():
            return []
        found = {}
        for entry in os.scandir(self.folder):
            match = _NAME.fullmatch(entry.name)
            if match is not None:
                status = entry.stat()
                number = int(match["number"])
                found[number] = SegmentFile(number, status.st_size, status.st_mtime_ns)
        missing = sorted(set(range(len(found))) - set(found))
        if missing:
            raise SetupError(
                f"{self.path(missing[0])}: this segment of the ledger is missing; bring it back. Without it, put an "
                "empty file there: what stood in it is done again"
            )
        return [found[number] for number in sorted(found)]

    def lines(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Yield (position, line without its end) of all whole lines from a position on."""
        first, offset = start >> OFFSET_BITS, start & (1 << OFFSET_BITS) - 1
        files = [file for file in self.files() if file.number >= first]
        for each in files:
            at = offset if each.number == first else 0
            last = each is files[-1]
            with open_plain(self.path(each.number)) as file:
                file.seek(at)
                for line in file:
                    # Of the last one a kill may have left a part; a writer that died wrote no later segment.
                    if not line.endswith(b"\n") and last and not is_whole(line):
                        return
                    yield position_of(each.number, at), line.rstrip(b"\n")
                    at += len(line)

    def line_at(self, position: int) -> bytes:
        """Return the line that begins at a position. Raises OSError."""
        descriptor = self._descriptor(position >> OFFSET_BITS)
        offset = position & (1 << OFFSET_BITS) - 1
        size = _FIRST_READ
        while True:
            found = os.pread(descriptor, size, offset)
            end = found.find(b"\n")
            if end >= 0 or len(found) < size:
                return found[:end] if end >= 0 else found
            size *= 4

    def where(self, position: int) -> str:
        """Return the file and the number of the line at a position, for messages."""
        path = self.path(position >> OFFSET_BITS)
        left, count = position & (1 << OFFSET_BITS) - 1, 1
        with open_plain(path) as file:
            while left > 0 and (block := file.read(min(left, 2**20))):
                count += block.count(b"\n")
                left -= len(block)
        return f"{path}, line {count}"

    def close(self) -> None:
        """Close what is open; it opens again when it is needed."""
        for descriptor in self._open.values():
            os.close(descriptor)
        self._open.clear()

    def _descriptor(self, segment: int) -> int:
        if segment not in self._open:
            if len(self._open) >= _OPEN_FILES:
                os.close(self._open.pop(next(iter(self._open))))
            with open_plain(self.path(segment)) as file:
                self._open[segment] = os.dup(file.fileno())
        return self._open[segment]
