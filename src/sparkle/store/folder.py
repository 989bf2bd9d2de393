"""A folder, wherever it lies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sparkle.core.errors import SetupError
from sparkle.store.bytes_at import READ_AHEAD, BytesAt, Entry, Stat
from sparkle.store.extent import Extent
from sparkle.store.filesystems import IN_BUCKETS, file_system, shown, split_address
from sparkle.store.holder import Holder
from sparkle.store.keys import checked_key
from sparkle.store.lock import HeldLock, named_holder, only_writer
from sparkle.store.log import AppendLog, LogEnd, log_end, read_lines
from sparkle.store.places import bytes_at
from sparkle.store.plain_files import LARGEST_TEXT_BYTES
from sparkle.store.remote_lock import RemoteLock, named_remote_holder, only_remote_writer
from sparkle.store.segments import SegmentLog, last_end, read_segments
from sparkle.store.whole import remove_partials, writing_pieces


@dataclass(frozen=True, slots=True)
class Folder:
    """An address: a path of this machine (a relative one stays relative), or s3://, gs://, hf://, memory://, https://.

    Reading raises OSError and writing OutputError, whatever is below.
    """

    address: str

    @classmethod
    def at(cls, address: Place) -> Folder:
        """Return the folder at a path or an address; a folder is itself.

        Raises MissingExtraError and SetupError for an address that nothing here can open.
        """
        if isinstance(address, Folder):
            return address
        protocol, path = split_address(str(address))
        if protocol == "file":
            return cls(path.rstrip("/") or "/" if path else ".")
        file_system(protocol)
        if protocol in IN_BUCKETS and not path.partition("/")[0]:
            raise SetupError(f"{shown(str(address))}: names no bucket; give {protocol}://BUCKET/FOLDER")
        return cls(str(address).rstrip("/"))

    def __str__(self) -> str:
        return shown(self.address)

    def __truediv__(self, key: str) -> Folder:
        return Folder(f"{self.address.rstrip('/')}/{checked_key(key)}")

    @property
    def path(self) -> Path | None:
        """The folder's path, if it is one of this machine."""
        protocol, path = split_address(self.address)
        return Path(path) if protocol == "file" else None

    @property
    def parents(self) -> Iterator[Folder]:
        """The folders that it lies in, the nearest first, as its address names them."""
        start, mark, path = self.address.rpartition("://")
        while "/" in path.rstrip("/"):
            path = path.rpartition("/")[0]
            yield Folder(f"{start}{mark}{path}" or "/")

    def name(self, key: str) -> str:
        """Return what a message calls a file."""
        return self._at.name(key)

    def stat(self, key: str) -> Stat | None:
        """Return a file's size and version, or None where there is none."""
        return self._at.stat(checked_key(key))

    def exists(self, key: str) -> bool:
        """Tell whether there is a file of that name."""
        return self.stat(key) is not None

    def read(self, key: str, limit: int = LARGEST_TEXT_BYTES) -> bytes:
        """Return a file's content. Raises FileNotFoundError without the file, OSError for more than `limit` bytes."""
        return self._at.read(checked_key(key), limit)

    def read_text(self, key: str, limit: int = LARGEST_TEXT_BYTES) -> str:
        """Return a file's UTF-8 text, without a byte order mark and with "\\n" line ends."""
        return self.read(key, limit).decode("utf-8-sig").replace("\r\n", "\n")

    def read_range(self, key: str, start: int, size: int) -> bytes:
        """Return `size` bytes from `start` on, and fetch no others. Raises OSError where there are fewer."""
        return self._at.read_range(checked_key(key), start, size)

    def open(self, key: str, ahead: int = READ_AHEAD) -> BinaryIO:
        """Open a file for reading at any place. Over a network a small read fetches `ahead` bytes at once."""
        return self._at.open(checked_key(key), ahead)

    def local(self, key: str) -> AbstractContextManager[Path]:
        """Yield a path on this machine with the whole content: the file itself, or a copy for the while."""
        return self._at.local(checked_key(key))

    def extent(self, key: str, start: int = 0, size: int | None = None) -> Extent:
        """Return where bytes lie: those of a file, all or a range."""
        return Extent(self.address, checked_key(key), start, size)

    def write(self, key: str, content: bytes) -> None:
        """Write a file whole, in place of what is there, and wait until it is stored."""
        self._at.write(checked_key(key), content)

    def write_text(self, key: str, content: str) -> None:
        """Write UTF-8 with "\\n" line ends, whole."""
        self.write(key, content.encode())

    def writing(self, key: str) -> AbstractContextManager[Path]:
        """Yield a path on this machine, of the same suffix; what is there when the block ends becomes the file, whole.

        When the block raises, what was there before stays.
        """
        return self._at.writing(checked_key(key))

    @contextmanager
    def writing_text(self, key: str) -> Iterator[Callable[[str], object]]:
        """Yield what takes piece after piece of UTF-8 text; together they become the file, whole or not at all."""
        with self.writing(key) as path, writing_pieces(path) as write:
            yield write

    def create(self, key: str, content: bytes) -> None:
        """Write a file whole where there is none. Raises FileExistsError where there is one: of two, one succeeds."""
        self._at.create(checked_key(key), content)

    def remove(self, key: str) -> None:
        """Delete a file; none of that name is as good."""
        self._at.remove(checked_key(key))

    def remove_partials(self, key: str) -> None:
        """Delete what was left beside a file by those who were killed while they wrote it; nobody writes it now.

        On object storage there is nothing to delete: an upload that was not completed is no file.
        """
        if (path := self.path) is not None:
            remove_partials(path / checked_key(key))

    def move(self, key: str, to: str) -> None:
        """Give a file another name. In one step here; elsewhere it is copied whole, then deleted."""
        self._at.move(checked_key(key), checked_key(to))

    def files(self, prefix: str = "") -> Iterator[Entry]:
        """Yield the files whose keys begin with `prefix`, in order, without looking where none can be."""
        return self._at.files(prefix)

    def is_there(self) -> bool:
        """Tell whether there is such a folder; on object storage, whether anything lies below the address."""
        return self._at.is_there()

    def children(self, key: str = "") -> list[str]:
        """Return the names right below a folder, sorted, those of folders with a "/" behind."""
        return self._at.children(checked_key(key) if key else "")

    def log(self, key: str) -> AppendLog | SegmentLog:
        """Open a log for appending. Use as a context manager."""
        if (path := self.path) is not None:
            return AppendLog(path / checked_key(key))
        return SegmentLog(self._at, checked_key(key))

    def lines(self, key: str, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Yield (position, line) of a log's whole lines, from the one that begins at byte `start` on."""
        if (path := self.path) is not None:
            return read_lines(path / checked_key(key), start)
        return read_segments(self._at, checked_key(key), start)

    def log_end(self, key: str) -> LogEnd:
        """Return where the whole lines of a log end, and what a kill left behind them."""
        if (path := self.path) is not None:
            return log_end(path / checked_key(key))
        return LogEnd(last_end(self._at, checked_key(key)), b"")

    @contextmanager
    def only_writer(self, key: str, what: str) -> Iterator[HeldLock | RemoteLock]:
        """Hold the lock `key`. Raises SetupError that names its holder while another process has it.

        `what` is called so in that error: "this run".
        """
        if (path := self.path) is not None:
            with only_writer(path / checked_key(key), what) as held:
                yield held
        else:
            with only_remote_writer(self._at, checked_key(key), what) as lease:
                yield lease

    def writer(self, key: str) -> Holder | None:
        """Return the process that the lock `key` names, which may have been killed since; None where it is free."""
        if (path := self.path) is not None:
            return named_holder(path / checked_key(key))
        return named_remote_holder(self._at, checked_key(key))

    @property
    def _at(self) -> BytesAt:
        return bytes_at(self.address)


Place = str | Path | Folder  # whatever names a folder
