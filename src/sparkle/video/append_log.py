"""Files that grow by whole lines of JSON: each is on the disk before the next, and a kill or a full disk cuts none."""

from __future__ import annotations

import os
from pathlib import Path

from sparkle.core.errors import OutputError
from sparkle.core.parsing import parse_object
from sparkle.video.only_writer import open_own
from sparkle.video.outputs import make_folder


class AppendLog:
    """An open log. Use as a context manager; a last line that a kill cut short is dropped when it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        make_folder(path.parent)
        self._descriptor = open_own(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        self._drop_cut_line()

    def __enter__(self) -> AppendLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def append(self, *lines: str) -> None:
        """Write lines and wait until they are on the disk, with one flush. Raises OutputError, with nothing kept."""
        before = os.fstat(self._descriptor).st_size
        # Bytes of file names that are no UTF-8 arrive as lone surrogates: "\\udcff" is what JSON calls them.
        left = "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
            os.fsync(self._descriptor)
        except OSError as error:
            os.ftruncate(self._descriptor, before)
            raise OutputError(
                f"{self.path}: cannot be written ({error.strerror}); make room, and start the same command again"
            ) from error

    def _drop_cut_line(self) -> None:
        size = os.fstat(self._descriptor).st_size
        start = size
        tail = b""
        while start and b"\n" not in tail:
            step = min(start, 65_536)
            start -= step
            tail = os.pread(self._descriptor, step, start) + tail
        cut = tail[tail.rfind(b"\n") + 1 :]
        if not cut:
            return
        if is_whole(cut):  # other programs may leave out the last line's end
            os.write(self._descriptor, b"\n")
        else:
            os.ftruncate(self._descriptor, size - len(cut))


def is_whole(line: str | bytes) -> bool:
    """Whether a last line without its end is an object all the same."""
    try:
        parse_object(line)
    except ValueError:
        return False
    return True
