"""A file that is written in large blocks, each hashed by another thread while it goes to the disk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

_BLOCK = 2**21  # bytes


class HashedFile:
    """What `hashed_file` gives. Bytes are put, or read from elsewhere right into `room`, and then `took`."""

    def __init__(self, file: FileIO, thread: ThreadPoolExecutor) -> None:
        self._file, self._thread = file, thread
        self._digest = hashlib.sha256()
        # One block is filled while the other one is hashed.
        self._blocks = [memoryview(bytearray(_BLOCK)) for _ in range(2)]
        self._hashing: Future[None] | None = None
        self._used = 0
        self.size = 0

    def room(self) -> memoryview:
        """Return where the next bytes belong, at least one."""
        if self._used == _BLOCK:
            self._flush()
        return self._blocks[0][self._used :]

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
        """Write what is left; return the SHA-256 of all."""
        self._flush()
        if self._hashing is not None:
            self._hashing.result()
        return self._digest.hexdigest()

    def _flush(self) -> None:
        if self._hashing is not None:
            self._hashing.result()  # after this one the block that was hashed may be filled
        block = self._blocks[0][: self._used]
        self._hashing = self._thread.submit(self._digest.update, block)
        while block:
            block = block[self._file.write(block) :]
        self._blocks.reverse()
        self._used = 0


@contextmanager
def hashed_file(path: Path) -> Iterator[HashedFile]:
    """Yield a file to write. Raises OSError."""
    with path.open("wb", buffering=0) as file, ThreadPoolExecutor(1, "hash") as thread:
        yield HashedFile(file, thread)
