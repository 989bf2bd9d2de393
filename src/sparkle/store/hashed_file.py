"""A file that is written in large blocks, each hashed (BLAKE3) while it is in the processor's cache."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from blake3 import blake3

# Bytes. For larger writes Linux looks for large stretches of free memory, which may cost many times the copying.
_BLOCK = 2**18


class HashedFile:
    """What `hashed_file` gives. Bytes are put, or read from elsewhere right into `room`, and then `took`."""

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self._digest = blake3()
        self._block = memoryview(bytearray(_BLOCK))
        self._used = 0
        self.size = 0

    def room(self) -> memoryview:
        """Return where the next bytes belong, at least one."""
        if self._used == _BLOCK:
            self._flush()
        return self._block[self._used :]

    def took(self, count: int) -> None:
        """Say how many bytes of `room` are filled."""
        self._used += count
        self.size += count

    def put(self, content: bytes) -> None:
        """Write bytes."""
        left = memoryview(content)
        while left:
            room = self.room()
            count = min(len(room), len(left))
            room[:count] = left[:count]
            self.took(count)
            left = left[count:]

    def finish(self) -> str:
        """Write what is left; return the BLAKE3 of all, 64 hexadecimal digits."""
        self._flush()
        return self._digest.hexdigest()

    def _flush(self) -> None:
        left = self._block[: self._used]
        self._digest.update(left)
        while left:
            left = left[self._file.write(left) :]
        self._used = 0


@contextmanager
def hashed_file(path: Path) -> Iterator[HashedFile]:
    """Yield a file to write. Raises OSError."""
    with path.open("wb", buffering=0) as file:
        yield HashedFile(file)
