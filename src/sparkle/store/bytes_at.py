"""What a place for bytes can do; local and remote ones do it each in its own way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

READ_AHEAD = 2**20  # bytes


@dataclass(frozen=True, slots=True)
class Stat:
    """Size in bytes, and what differs when the content does: an ETag, a generation, or times."""

    size: int
    version: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a listing: its key, and its size in bytes."""

    key: str
    size: int


class BytesAt(Protocol):
    """Files by key below one address. Reading raises OSError, writing OutputError; keys are checked before."""

    def name(self, key: str) -> str:
        """Return what a message calls the file."""

    def stat(self, key: str) -> Stat | None:
        """Return size and version, or None where there is no file of that name."""

    def open(self, key: str, ahead: int = READ_AHEAD) -> BinaryIO:
        """Open for reading at any place; over a network a small read fetches `ahead` bytes."""

    def read(self, key: str, limit: int) -> bytes:
        """Return the content, as it was at one moment. Raises OSError for more than `limit` bytes."""

    def read_range(self, key: str, start: int, size: int) -> bytes:
        """Return `size` bytes from `start` on. Raises OSError where there are fewer."""

    def local(self, key: str) -> AbstractContextManager[Path]:
        """Yield a path on this machine with the whole content, of the same suffix."""

    def write(self, key: str, content: bytes) -> None:
        """Write a file whole, in place of what is there."""

    def writing(self, key: str) -> AbstractContextManager[Path]:
        """Yield a path on this machine; what is there at the end of the block is the file."""

    def create(self, key: str, content: bytes) -> None:
        """Write a file whole where there is none. Raises FileExistsError, with nothing changed, where there is one."""

    def remove(self, key: str) -> None:
        """Delete a file; none of that name is as good."""

    def move(self, key: str, to: str) -> None:
        """Give a file another name, in place of what is there. Raises FileNotFoundError without it."""

    def files(self, prefix: str) -> Iterator[Entry]:
        """Yield the files whose keys begin with `prefix`, in order of their keys, unfinished ones left out."""

    def is_there(self) -> bool:
        """Tell whether the address is a folder; on object storage, whether anything lies below it."""

    def children(self, key: str) -> list[str]:
        """Return the names right below a folder, sorted, those of folders with a "/" behind."""
