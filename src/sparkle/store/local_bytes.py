"""Files on this machine."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sparkle.store.bytes_at import READ_AHEAD, Entry, Stat
from sparkle.store.filesystems import parent_of
from sparkle.store.keys import is_unfinished
from sparkle.store.plain_files import check_plain, open_plain, read_plain
from sparkle.store.whole import create_bytes, flush, make_parents, whole_file, write_bytes, written_to


@dataclass(frozen=True, slots=True)
class LocalBytes:
    """Files below `root`."""

    root: Path

    def name(self, key: str) -> str:
        """Return the file's path."""
        return str(self.root / key)

    def stat(self, key: str) -> Stat | None:
        """Return size and times."""
        path = self.root / key
        try:
            found = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        if path.is_dir():
            return None
        check_plain(path)
        return Stat(found.st_size, f"{found.st_ino}-{found.st_mtime_ns}-{found.st_ctime_ns}")

    def open(self, key: str, ahead: int = READ_AHEAD) -> BinaryIO:
        """Open a regular file."""
        return open_plain(self.root / key)

    def read(self, key: str, limit: int) -> bytes:
        """Read a regular file."""
        return read_plain(self.root / key, limit)

    def read_range(self, key: str, start: int, size: int) -> bytes:
        """Return `size` bytes from `start` on."""
        with open_plain(self.root / key) as file:
            file.seek(start)
            content = file.read(size)
        if len(content) < size:
            raise OSError(
                errno.ENODATA, f"ends after {start + len(content)} of {start + size} bytes", self.name(key)
            )
        return content

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        """Yield the file itself."""
        check_plain(self.root / key)
        yield self.root / key

    def write(self, key: str, content: bytes) -> None:
        """Write beside the place, flush, rename."""
        write_bytes(self.root / key, content)

    @contextmanager
    def writing(self, key: str) -> Iterator[Path]:
        """Yield a hidden path beside the place; flush and rename it at the end."""
        with whole_file(self.root / key) as temporary:
            yield temporary

    def create(self, key: str, content: bytes) -> None:
        """Write beside the place, flush, and link, which fails where the name is taken."""
        create_bytes(self.root / key, content)

    def remove(self, key: str) -> None:
        """Delete the file; its folder stays."""
        path = self.root / key
        with written_to(path):
            path.unlink(missing_ok=True)

    def move(self, key: str, to: str) -> None:
        """Rename, in one step."""
        path, final = self.root / key, self.root / to
        with written_to(final):
            make_parents(final)
            path.replace(final)
            flush(final.parent)

    def files(self, prefix: str) -> Iterator[Entry]:
        """Yield files in order of their keys; folders that cannot hold one are not looked into."""
        folder = parent_of(f"{prefix}x")
        yield from self._below(folder, prefix)

    def is_there(self) -> bool:
        """Tell whether the root is a folder."""
        return self.root.is_dir()

    def children(self, key: str) -> list[str]:
        """Return the names in the folder; none where there is no folder."""
        return sorted(
            f"{entry.name}/" if entry.is_dir() else entry.name for entry in _entries(self.root / key)
        )

    def _below(self, folder: str, prefix: str) -> Iterator[Entry]:
        found = []
        for entry in _entries(self.root / folder):
            key = f"{folder}/{entry.name}" if folder else entry.name
            # "a-b" stands before "a/b", as in any listing of an object store.
            found.append((f"{key}/" if entry.is_dir(follow_symlinks=False) else key, entry))
        for key, entry in sorted(found, key=lambda each: each[0]):
            if key.endswith("/"):
                if key.startswith(prefix) or prefix.startswith(key):
                    yield from self._below(key[:-1], prefix)
            elif key.startswith(prefix) and entry.is_file():
                yield Entry(key, entry.stat().st_size)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not is_unfinished(entry.name)]
    except (FileNotFoundError, NotADirectoryError):
        return []
