"""Short keys of files and folders, to tell whether what was computed from them still holds.

A file's key covers its length, its first and its last 64 KiB. That is enough to notice another video (an mp4 lists the
size of every frame at one of its ends) and another checkpoint (a safetensors file begins with its header, and trained
weights differ everywhere), and costs little over a network.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO

SAMPLED_BYTES = 64 * 1024
_WEIGHTS = (".safetensors", ".json")


def file_fingerprint(file: BinaryIO, start: int, size: int) -> str:
    """Return the key of the `size` bytes from `start` on of an open file."""
    digest = hashlib.blake2b(str(size).encode(), digest_size=16)
    for begin in (start, max(start, start + size - SAMPLED_BYTES)):
        file.seek(begin)
        digest.update(file.read(min(SAMPLED_BYTES, start + size - begin)))
    return digest.hexdigest()


def folder_fingerprint(path: Path) -> str:
    """Return the key of a file, or of all weights and configurations below a folder."""
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    parts = []
    for file in files:
        if file.is_file() and file.suffix in _WEIGHTS:
            with file.open("rb") as opened:
                parts.append(f"{file.name} {file_fingerprint(opened, 0, file.stat().st_size)}")
    return text_fingerprint("\n".join(parts))


def text_fingerprint(text: str) -> str:
    """Return the key of a text."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
