"""Logs on this machine: files that grow by whole lines, on the disk before the writer goes on."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sparkle.core.errors import OutputError
from sparkle.core.parsing import parse_object
from sparkle.store.group_commit import GroupCommit
from sparkle.store.outputs import make_folder
from sparkle.store.own_files import open_own
from sparkle.store.plain_files import open_plain
from sparkle.store.whole import flush

_STEP = 65_536  # bytes that are read at once, from the end on, to find the last line


@dataclass(frozen=True, slots=True)
class LogEnd:
    """Where the whole lines of a log end, in bytes, and what stands behind them: a line that a kill cut short."""

    position: int
    cut: bytes


class AppendLog:
    """An open log. Use as a context manager; a last line that a kill cut short is dropped when it is opened.

    `dropped` is what was dropped, empty for nothing. May be used by several threads, and by one process.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        make_folder(path.parent)
        is_new = not path.exists()
        self._descriptor = open_own(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        if is_new:
            flush(path.parent)
        self.dropped = self._drop_cut_line()
        self._end = os.fstat(self._descriptor).st_size
        self._refused: OutputError | None = None
        self._write_grouped = GroupCommit(self._write)

    def __enter__(self) -> AppendLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def append(self, *lines: str) -> int:
        """Write lines, wait until they are on the disk, and return the byte at which the first begins.

        Calls of several threads that meet share one wait. Raises OutputError, with none of them kept; a kill may leave
        the first ones, each whole. So may a file that lets nothing be taken back either: it takes no more lines, and
        whoever opens it next drops one that was cut.
        """
        return self._write_grouped(encoded(lines))

    def _write(self, content: bytes) -> int:
        if self._refused is not None:
            raise self._refused
        before, left = self._end, memoryview(content)
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
            os.fsync(self._descriptor)
        except OSError as error:
            refused = OutputError(
                f"{self.path}: cannot be written ({error.strerror}); make room, and start the same command again"
            )
            try:
                os.ftruncate(self._descriptor, before)
            except OSError:
                self._refused = refused
            raise refused from error
        self._end += len(content)
        return before

    def _drop_cut_line(self) -> bytes:
        with os.fdopen(os.dup(self._descriptor), "rb") as file:
            end = find_end(file, os.fstat(self._descriptor).st_size)
        if not end.cut:
            return b""
        if is_whole(end.cut):  # other programs may leave out the last line's end
            os.write(self._descriptor, b"\n")
            return b""
        os.ftruncate(self._descriptor, end.position)
        return end.cut


def encoded(lines: tuple[str, ...]) -> bytes:
    """Return lines as a log has them. Raises ValueError for a line that is two."""
    if any("\n" in line for line in lines):
        raise ValueError("a line of a log holds no line end")
    # Bytes of file names that are no UTF-8 arrive as lone surrogates: "\\udcff" is what JSON calls them.
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")


def find_end(file: BinaryIO, size: int) -> LogEnd:
    """Return where the whole lines of a file of `size` bytes end. Only its end is read."""
    pieces: list[bytes] = []
    start = size
    while start and not (pieces and b"\n" in pieces[-1]):
        step = min(start, _STEP)
        start -= step
        file.seek(start)
        pieces.append(file.read(step))
    tail = b"".join(reversed(pieces))
    cut = tail[tail.rfind(b"\n") + 1 :]
    return LogEnd(size - len(cut), cut)


def log_end(path: Path) -> LogEnd:
    """Return where the whole lines of a log end; of a file that is not there, at 0. Raises OSError."""
    if not path.exists():
        return LogEnd(0, b"")
    with open_plain(path) as file:
        return find_end(file, os.fstat(file.fileno()).st_size)


def read_lines(path: Path, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield (position, line) from the line on that begins at byte `start`, without line ends.

    A last line without its end is yielded if it is a JSON object all the same; one that was cut never. A file that is
    not there has no lines. Raises OSError for what cannot be read, and where no line begins at `start`.
    """
    if not path.exists():
        return
    with open_plain(path) as file:
        if start:
            file.seek(start - 1)
            if file.read(1) != b"\n":
                raise OSError(errno.EINVAL, f"no line begins at byte {start}", str(path))
        for line in file:
            if line.endswith(b"\n"):
                yield start, line[:-1]
            elif is_whole(line):
                yield start, line
            start += len(line)


def is_whole(line: str | bytes) -> bool:
    """Whether a last line without its end is an object all the same."""
    try:
        parse_object(line)
    except ValueError:
        return False
    return True
