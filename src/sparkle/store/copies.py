"""Copies of remote bytes on this machine, kept up to a size: what a decoder opens twice is fetched once."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sparkle.store.extent import Extent
from sparkle.store.fingerprint import text_key
from sparkle.store.folder import Folder
from sparkle.store.keys import is_unfinished
from sparkle.store.whole import whole_file


@dataclass(frozen=True, slots=True)
class Copies:
    """A folder of this machine with at most `most_bytes` of copies, and those that are in use.

    Any number of processes may share it. A copy is known by the address, the range and the version of the object; the
    one that was used longest ago goes first, none while somebody has it open.
    """

    root: Path
    most_bytes: int

    @contextmanager
    def of(self, extent: Extent) -> Iterator[Path]:
        """Yield a path with the bytes; what lies on this machine as a file of its own is that file.

        Raises OSError for what cannot be read.
        """
        folder = Folder(extent.address)
        if folder.path is not None and not extent.start and extent.size is None:
            with extent.local() as path:
                yield path
            return
        stat = folder.stat(extent.key)
        version = "" if stat is None else stat.version
        key = text_key(f"{extent.address}\0{extent.key}\0{extent.start}\0{extent.size}\0{version}")
        path = self.root / f"{key}{extent.suffix}"
        descriptor = self._held(path, extent)
        try:
            os.utime(path, ns=(now := time.time_ns(), now))  # finer than the time that the system would set
            self._make_room(path)
            yield path
        finally:
            os.close(descriptor)

    def _held(self, path: Path, extent: Extent) -> int:
        """Return a descriptor that keeps the copy from being deleted, after making the copy if there is none."""
        while True:
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                with whole_file(path) as temporary:
                    extent.copy_to(temporary)
                continue
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            if path.exists() and path.stat().st_ino == os.fstat(descriptor).st_ino:
                return descriptor
            os.close(descriptor)  # it was deleted between the two

    def _make_room(self, kept: Path) -> None:
        copies = []
        for path in self.root.iterdir():
            with suppress(FileNotFoundError):  # another process makes room, too
                if not is_unfinished(path.name):
                    copies.append((path.stat().st_mtime_ns, path.stat().st_size, path))
        excess = sum(size for _, size, _ in copies) - self.most_bytes
        for _, size, path in sorted(copies):
            if excess <= 0:
                return
            if path != kept and _delete_unused(path):
                excess -= size


def _delete_unused(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
        return True
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
