"""What was read of objects a moment ago: a clip is opened again and again, and its bytes are fetched once."""

from __future__ import annotations

import errno
import io
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, BinaryIO, cast

from sparkle.store.extent import Extent
from sparkle.store.places import bytes_at
from sparkle.store.sized import Sized

BLOCK_BYTES = 2**20
MOST_KEPT_BYTES = 32 * 2**20  # in a process


def open_kept(extent: Extent) -> BinaryIO:
    """Open a whole object for reading at any place, by blocks that are kept for whoever opens it next in this process.

    An object that is replaced is another one at the next opening. Raises OSError.
    """
    stat = extent.stat()
    if stat is None:
        raise FileNotFoundError(errno.ENOENT, "no such file", str(extent))
    # Where a store names no version, nothing is taken from an earlier opening.
    same = (extent.address, extent.key, stat.size, stat.version or object())
    return cast(BinaryIO, io.BufferedReader(_Blocks(extent, stat.size, same)))


class _Kept:
    """Blocks by what they are of; those that were used longest ago go first."""

    def __init__(self) -> None:
        self._blocks: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, fetch: Callable[[], bytes]) -> bytes:
        with self._lock:
            if key in self._blocks:
                self._blocks.move_to_end(key)
                return self._blocks[key]
        content = fetch()
        with self._lock:
            self._blocks[key] = content
            while len(self._blocks) * BLOCK_BYTES > MOST_KEPT_BYTES:
                self._blocks.popitem(last=False)
        return content


_kept = _Kept()


class _Blocks(Sized):
    def __init__(self, extent: Extent, size: int, same: Hashable) -> None:
        super().__init__(size)
        self._extent, self._same = extent, same

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size:
            return 0
        number, begin = divmod(self._at, BLOCK_BYTES)
        block = _kept.get((self._same, number), lambda: self._fetch(number * BLOCK_BYTES))
        part = block[begin : begin + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    def _fetch(self, start: int) -> bytes:
        size = min(BLOCK_BYTES, self._size - start)
        return bytes_at(self._extent.address).read_range(self._extent.key, start, size)
