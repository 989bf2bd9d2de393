"""From an address to what can be done there."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from sparkle.store.bytes_at import BytesAt
from sparkle.store.filesystems import split_address
from sparkle.store.local_bytes import LocalBytes
from sparkle.store.remote_bytes import RemoteBytes


@lru_cache(maxsize=256)  # a pack asks for the same folder at every file
def bytes_at(address: str) -> BytesAt:
    """Return the files below an address."""
    protocol, path = split_address(address)
    return LocalBytes(Path(path)) if protocol == "file" else RemoteBytes(address)
