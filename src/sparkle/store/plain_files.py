"""Opening files that others name: regular ones alone, since a pipe, a socket or a device may never end or answer."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

LARGEST_TEXT_BYTES = 256 * 2**20

_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}


def check_plain(path: str | Path) -> None:
    """Raise OSError for what exists and is no regular file, nor a link to one; nothing is opened for it."""
    _refuse_others(Path(path).stat().st_mode, path)


def open_plain(path: str | Path) -> BinaryIO:
    """Open a regular file for reading. Raises OSError for anything else, at once."""
    check_plain(path)
    # It may have become another thing since: without waiting, and looked at again.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _refuse_others(os.fstat(descriptor).st_mode, path)
    except OSError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def read_plain(path: str | Path, limit: int = LARGEST_TEXT_BYTES) -> bytes:
    """Return the content of a regular file. Raises OSError for anything else and for more than `limit` bytes."""
    with open_plain(path) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"is larger than {limit / 2**20:g} MB", str(path))
    return content


def read_text(path: str | Path, limit: int = LARGEST_TEXT_BYTES) -> str:
    """Return a regular file's UTF-8 text, without a byte order mark and with "\\n" line ends.

    Raises OSError as `read_plain` does, and UnicodeDecodeError.
    """
    return read_plain(path, limit).decode("utf-8-sig").replace("\r\n", "\n")


def _refuse_others(mode: int, path: str | Path) -> None:
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "no regular file")
        raise OSError(errno.EINVAL, f"is {kind}, a regular file is expected", str(path))
