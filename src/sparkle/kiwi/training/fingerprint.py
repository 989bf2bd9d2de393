"""Short keys of weights and texts, to tell whether what was computed from them still holds.

A file of weights is looked at in 256 places: two that were trained from one start may differ in a few of their tensors
only.
"""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath

from sparkle.store import Folder

WEIGHT_SAMPLES = 256
_WEIGHTS = (".safetensors", ".json")


def folder_fingerprint(path: Path) -> str:
    """Return the key of a file, or of all weights and configurations below a folder."""
    if path.is_file():
        folder, keys = Folder.at(path.parent), [path.name]
    else:
        folder = Folder.at(path)
        keys = sorted((entry.key for entry in folder.files()), key=PurePosixPath)
    return text_fingerprint(
        "\n".join(
            f"{PurePosixPath(key).name} {folder.extent(key).fingerprint(WEIGHT_SAMPLES)}"
            for key in keys
            if PurePosixPath(key).suffix in _WEIGHTS
        )
    )


def text_fingerprint(text: str) -> str:
    """Return the key of a text."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
