"""Single files and folders of this machine, for commands that work on paths: copied, moved, deleted, put in place."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterable
from io import BufferedReader
from pathlib import Path
from typing import cast

from blake3 import blake3

from sparkle.store.extent import Extent
from sparkle.store.plain_files import check_plain, open_plain
from sparkle.store.whole import flush, make_parents, whole_file, written_to

_CHUNK = 2**20


def copy_file(source: Path, target: Path) -> None:
    """Copy a regular file's content, whole or not at all, in place of what is there.

    Raises OSError for a source that cannot be read, OutputError for a target that cannot be written.
    """
    with whole_file(target) as temporary:
        fill_file(source, temporary)


def fill_file(source: Path, target: Path) -> None:
    """Copy a regular file's content to a path that is to become a whole file. Raises OSError."""
    with open_plain(source) as opened, target.open("wb") as out:
        shutil.copyfileobj(opened, out, _CHUNK)


def write_chunks(target: Path, chunks: Iterable[bytes]) -> None:
    """Write chunk after chunk to a path that is to become a whole file. Raises OSError."""
    with target.open("wb") as out:
        for chunk in chunks:
            out.write(chunk)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a regular file, in hexadecimal digits. Raises OSError."""
    with open_plain(path) as file:
        return hashlib.file_digest(cast(BufferedReader, file), "sha256").hexdigest()


def blake3_of(path: Path) -> str:
    """Return the BLAKE3 of a regular file, in hexadecimal digits. Raises OSError."""
    digest, block = blake3(), memoryview(bytearray(_CHUNK))
    with open_plain(path) as file:
        while count := cast(BufferedReader, file).readinto(block):
            digest.update(block[:count])
    return digest.hexdigest()


def move_file(source: Path, target: Path) -> None:
    """Rename a file, in one step and in place of what is there; missing folders are made. Raises OutputError."""
    with written_to(target):
        make_parents(target)
        source.replace(target)
        flush(target.parent)


def remove_file(path: Path) -> None:
    """Delete a file; none of that name is as good. Raises OutputError."""
    with written_to(path):
        path.unlink(missing_ok=True)


def place_folder(written: Path, final: Path) -> None:
    """Rename a folder that is complete, after everything in it is on the disk; one that is there goes first.

    Raises OSError.
    """
    for path in written.rglob("*"):
        flush(path)
    flush(written)
    if final.exists():
        shutil.rmtree(final)
    written.rename(final)
    flush(final.parent)


def remove_folder(path: Path) -> None:
    """Delete a folder and all that it holds; none of that name is as good. Raises OSError."""
    if path.exists():
        shutil.rmtree(path)


def free_bytes(path: Path) -> int:
    """Return how many bytes the disk of a path, or of the folder that it would be made in, has room for."""
    there = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    return shutil.disk_usage(there).free


def fill_extent(extent: Extent, target: Path) -> None:
    """Write bytes from elsewhere to `target`: it has its name only when it is whole, but is not flushed to the disk.

    For many files at once, after which the caller waits for the disk once. Raises OSError, OutputError.
    """
    temporary = target.with_name(f".{target.stem}.{os.getpid()}.tmp{target.suffix}")
    try:
        with written_to(target, temporary):
            if not target.parent.exists():
                make_parents(target)
            temporary.unlink(missing_ok=True)  # a link of that name would be followed
            extent.copy_to(temporary)
            temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def link_or_copy(extent: Extent, target: Path) -> None:
    """Give a file that lies on the same disk a second name, `target`; copy other bytes there.

    For the files of a whole folder that nobody sees yet. Raises OSError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with extent.local() as path:
        if extent.size is None and not extent.start:
            check_plain(path)
            try:
                os.link(path.resolve(), target)
            except OSError as error:
                if error.errno not in {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP}:
                    raise
            else:
                return
        shutil.copyfile(path, target)
