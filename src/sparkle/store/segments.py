"""Logs on object storage: segments that are each put once, under the number of their first byte."""

from __future__ import annotations

import errno
from collections.abc import Iterator

from sparkle.core.errors import OutputError
from sparkle.store.bytes_at import BytesAt
from sparkle.store.group_commit import GroupCommit
from sparkle.store.log import encoded

_DIGITS = 16


class SegmentLog:
    """A log whose every `append`, or the several that met, is one object below `key`.

    Objects are whole, so that no line is ever cut and `dropped` is always empty. The conditional put is the guard
    against a second writer: of two that write at the same place, one is refused.
    """

    dropped = b""

    def __init__(self, at: BytesAt, key: str) -> None:
        self._at = at
        self._key = key
        self._end = last_end(at, key)
        self._write_grouped = GroupCommit(self._write)

    def __enter__(self) -> SegmentLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Do nothing: every segment is complete."""

    def append(self, *lines: str) -> int:
        """Put lines as one segment, and return the byte at which the first begins. Raises OutputError."""
        return self._write_grouped(encoded(lines))

    def _write(self, content: bytes) -> int:
        before = self._end
        if content:
            try:
                self._at.create(_segment(self._key, before), content)
            except FileExistsError as error:
                raise OutputError(
                    f"{self._at.name(self._key)}: another process has written at byte {before}; stop one of the two, "
                    "and start the same command again"
                ) from error
        self._end += len(content)
        return before


def read_segments(at: BytesAt, key: str, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield (position, line) from the line on that begins at byte `start`.

    Raises OSError that names a segment which is lost, overlaps another or is cut.
    """
    end = 0
    for position, size, name in _segments(at, key):
        if position != end:
            what = "is lost" if position > end else "is there twice in part"
            raise OSError(errno.EIO, f"the part from byte {min(position, end)} on {what}", at.name(key))
        end = position + size
        if end <= start:
            continue
        content = at.read_range(name, 0, size)
        if not content.endswith(b"\n"):
            raise OSError(errno.EIO, "does not end with a line", at.name(name))
        for line in content[:-1].split(b"\n"):
            if position >= start:
                yield position, line
            position += len(line) + 1


def last_end(at: BytesAt, key: str) -> int:
    """Return the byte behind the last segment."""
    end = 0
    for position, size, _ in _segments(at, key):
        end = max(end, position + size)
    return end


def _segments(at: BytesAt, key: str) -> Iterator[tuple[int, int, str]]:
    """Yield (first byte, size, name) in order."""
    for entry in at.files(f"{key}/"):
        number = entry.key.rpartition("/")[2]
        if len(number) != _DIGITS or not number.isdecimal():
            raise OSError(errno.EIO, "is no segment of a log", at.name(entry.key))
        yield int(number), entry.size, entry.key


def _segment(key: str, position: int) -> str:
    return f"{key}/{position:0{_DIGITS}d}"
