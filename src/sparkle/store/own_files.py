"""Files of ours, in folders that others may write to: no link is followed to a file that is not."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from sparkle.core.errors import OutputError

_LINK = "is a link, and what lies behind it is not ours to write; delete the link"


def open_own(path: Path, flags: int) -> int:
    """Open a file of ours for writing and return its descriptor; neither a link nor anything but a file is followed.

    Raises OutputError for a link, for what is no regular file, and for a place that cannot be written.
    """
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    except OSError as error:
        why = _LINK if error.errno == errno.ELOOP else f"cannot be written ({error.strerror})"
        raise OutputError(f"{path}: {why}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OutputError(f"{path}: is no regular file, so it cannot be written; delete it")
    return descriptor


def refuse_links(root: Path, places: Iterable[Path]) -> None:
    """Raise OutputError if, on the way from `root` to one of `places` below it, a link stands for a folder.

    `root` itself may be reached by links: it is what the user named.
    """
    seen: set[Path] = set()
    for place in places:
        for folder in (place, *place.parents):
            if folder == root or folder in seen:
                break
            seen.add(folder)
            if folder.is_symlink():
                raise OutputError(f"{folder}: {_LINK}")
