"""Memory that was freed, given back to the system: glibc keeps what large arrays leave behind, for the next ones.

After a stage of one clip of 81 frames that is 150 to 320 MB, which count as used. Other C libraries (musl, those of
macOS and Windows) are left alone.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any

_MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD of malloc.h
_LARGE = 16 * 2**20


def give_back_freed_memory() -> bool:
    """Return whether any was given back. From the first call on, arrays of 16 MB and more go back when they die."""
    library = _glibc()
    return library is not None and bool(library.malloc_trim(0))


@cache
def _glibc() -> Any | None:
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    if library is None or not hasattr(library, "malloc_trim"):
        return None
    library.mallopt(_MMAP_THRESHOLD, _LARGE)  # by itself glibc raises it to 32 MB, over a mask of 81 frames
    return library
