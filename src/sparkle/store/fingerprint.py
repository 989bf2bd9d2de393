"""Whether a file is still the one that it was: known cheaply by size and times, and for sure by its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from io import BufferedReader
from pathlib import Path
from typing import Any, cast

from sparkle.store.plain_files import open_plain


def fingerprint(path: str | Path) -> dict[str, int | str]:
    """Return `size` in bytes, `mtime_ns`, `ctime_ns` and `sha256` of a file. Raises OSError for what cannot be read."""
    with open_plain(path) as file:
        return {
            **_times(Path(path)),
            "sha256": hashlib.file_digest(cast(BufferedReader, file), "sha256").hexdigest(),
        }


def is_same_file(path: str | Path, known: Mapping[str, Any]) -> bool:
    """Whether a file has the content of a fingerprint; it is read only where size or times differ.

    The time of the last change of the file's own entry, which no program sets, is among them. Raises OSError.
    """
    times = _times(Path(path))
    if times == {key: known.get(key) for key in times}:
        return True
    return times["size"] == known.get("size") and fingerprint(path)["sha256"] == known.get("sha256")


def _times(path: Path) -> dict[str, int]:
    status = path.stat()
    return {"size": status.st_size, "mtime_ns": status.st_mtime_ns, "ctime_ns": status.st_ctime_ns}


def text_key(text: str) -> str:
    """Return a short key of a text, fit for a file's name."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
