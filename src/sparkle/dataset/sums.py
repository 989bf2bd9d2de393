"""Checksums of a dataset's shards, in the files that `b3sum --check` and `sha256sum --check` read.

`pack` writes B3SUMS: BLAKE3 costs a fifth of what SHA-256 does, and so next to nothing beside the copying. SHA256SUMS,
which the Hub and Croissant want, is made when a dataset is published; older releases have it alone.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sparkle.core.errors import SetupError
from sparkle.dataset.shards import find_shards
from sparkle.store import Folder, blake3_of, sha256_of, write_text

BLAKE3_FILE, SHA256_FILE = "B3SUMS", "SHA256SUMS"
SUMS: dict[str, Callable[[Path], str]] = {BLAKE3_FILE: blake3_of, SHA256_FILE: sha256_of}
_DIGITS = 64  # both have 256 bits


def read_sums(folder: Folder, file: str) -> dict[str, str]:
    """Return the sum of each shard, as one of SUMS says; empty without it. Raises SetupError for another file."""
    if not folder.exists(file):
        return {}
    sums = {}
    for line in folder.read_text(file).splitlines():
        digest, mark, key = line.partition("  ")
        if not mark or len(digest) != _DIGITS:
            raise SetupError(f"{folder.name(file)}: {line[:100]!r} is no checksum of a file")
        sums[key] = digest
    return sums


def write_sums(root: Path, file: str, sums: dict[str, str]) -> None:
    """Write one of SUMS, sorted by the shards' keys. Raises OutputError."""
    write_text(root / file, "".join(f"{digest}  {key}\n" for key, digest in sorted(sums.items())))


def complete_sha256(root: Path) -> dict[str, str]:
    """Return the SHA-256 of each shard, as SHA256SUMS says; shards that it lacks are read, and it has them then.

    Raises SetupError for another file of that name, OSError, OutputError.
    """
    folder = Folder.at(root)
    known = read_sums(folder, SHA256_FILE)
    sums = known | {key: sha256_of(root / key) for key in find_shards(folder) if key not in known}
    if sums != known:
        write_sums(root, SHA256_FILE, sums)
    return sums
