"""Bytes of a known length as a file: what all that read a part of something by places have in common."""

from __future__ import annotations

import io


class Sized(io.RawIOBase):
    """A raw file of `size` bytes that may be read from any place; who derives from it reads at `_at`."""

    def __init__(self, size: int) -> None:
        self._size, self._at = size, 0

    def readable(self) -> bool:
        """Whether it may be read: yes."""
        return True

    def seekable(self) -> bool:
        """Whether it may be read from any place: yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, which may lie behind the end but not before the beginning; return it."""
        self._at = max(0, {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence] + offset)
        return self._at
