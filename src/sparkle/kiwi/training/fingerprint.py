"""Short keys of files and folders, to tell whether what was computed from them still holds.

A clip's key covers its length, its first and its last 64 KiB. That is enough to notice another video (an mp4 lists the
size of every frame at one of its ends), and costs little over a network. A file of weights is looked at in 256 places:
two that were trained from one start may differ in a few of their tensors only.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO

SAMPLED_BYTES = 64 * 1024
WEIGHT_SAMPLES = 256
_WEIGHTS = (".safetensors", ".json")


def file_fingerprint(file: BinaryIO, start: int, size: int, samples: int = 2) -> str:
    """Return the key of the `size` bytes from `start` on of an open file, looked at in so many places."""
    digest = hashlib.blake2b(str(size).encode(), digest_size=16)
    last = max(0, size - SAMPLED_BYTES)
    for begin in (start + last * number // (samples - 1) for number in range(samples)):
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
                key = file_fingerprint(opened, 0, file.stat().st_size, WEIGHT_SAMPLES)
                parts.append(f"{file.name} {key}")
    return text_fingerprint("\n".join(parts))


def text_fingerprint(text: str) -> str:
    """Return the key of a text."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
