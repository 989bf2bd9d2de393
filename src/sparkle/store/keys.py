"""Names below a folder: relative, with "/" between their parts, and never a way out."""

from __future__ import annotations

import re

from sparkle.core.errors import SetupError

# A file that is being written has such a name beside its own; the real suffix stays last, since encoders go by it.
TEMPORARY = re.compile(r"\.(?P<stem>.+)\.(?P<pid>\d+)\.tmp(?P<suffix>\.[^.]*)?")
PARTIAL_SUFFIX = ".partial"  # of a folder that is being written


def checked_key(key: str) -> str:
    """Return the key of a file. Raises SetupError for an empty one and for any that leads elsewhere."""
    parts = key.split("/")
    if "\0" in key or any(part in {"", ".", ".."} for part in parts):
        raise SetupError(f"{key[:200]!r}: is no name of a file below a folder; give one such as 'a/b.mp4'")
    return key


def is_unfinished(name: str) -> bool:
    """Tell whether a file or folder is called as one that is being written, or was when its process was killed."""
    return name.startswith(".") and (name.endswith(PARTIAL_SUFFIX) or TEMPORARY.fullmatch(name) is not None)
