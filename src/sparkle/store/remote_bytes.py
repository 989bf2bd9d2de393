"""Objects behind an address, through fsspec."""

from __future__ import annotations

import errno
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, TypeVar, cast

from sparkle.core.errors import OutputError
from sparkle.store.bytes_at import READ_AHEAD, Entry, Stat
from sparkle.store.filesystems import (
    PUTS_ONCE,
    WRITES_WHOLE,
    file_system,
    parent_of,
    patiently,
    shown,
    split_address,
)
from sparkle.store.keys import is_unfinished
from sparkle.store.scratch import scratch_folder
from sparkle.store.sized import Sized

# What differs between two contents of one name, in the words of the libraries, the surest first.
_VERSION_KEYS = ("ETag", "etag", "generation", "md5Hash", "blob_id", "LastModified", "mtime", "created")

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class RemoteBytes:
    """Objects below `address`."""

    address: str

    def name(self, key: str) -> str:
        """Return the object's address."""
        return shown(f"{self.address}/{key}" if key else self.address)

    def stat(self, key: str) -> Stat | None:
        """Return size and ETag, or what the library has in its place."""
        try:
            found = self._ask(key, lambda system, path: system.info(path))
        except FileNotFoundError:
            return None
        if found.get("type") == "directory":
            return None
        if not isinstance(found.get("size"), int):
            raise OSError(
                errno.EIO, "its server tells no size, so it cannot be read in parts", self.name(key)
            )
        return Stat(found["size"], next((str(found[name]) for name in _VERSION_KEYS if name in found), ""))

    def open(self, key: str, ahead: int = READ_AHEAD) -> BinaryIO:
        """Open an object; small reads fetch `ahead` bytes at once."""
        found = self.stat(key)
        if found is None:
            raise FileNotFoundError(errno.ENOENT, "no such file", self.name(key))
        return cast(BinaryIO, io.BufferedReader(_Ranged(self, key, found.size), ahead))

    def read(self, key: str, limit: int) -> bytes:
        """Get an object in one request, so that one that is being replaced comes as it was or as it is."""
        found = self.stat(key)
        if found is None:
            raise FileNotFoundError(errno.ENOENT, "no such file", self.name(key))
        if found.size > limit:
            raise OSError(errno.EFBIG, f"is larger than {limit / 2**20:g} MB", self.name(key))
        return bytes(self._ask(key, lambda system, path: system.cat_file(path)))

    def read_range(self, key: str, start: int, size: int) -> bytes:
        """Return `size` bytes from `start` on, by a range request."""
        if size <= 0:
            return b""
        content = self._ask(key, lambda system, path: _fetch(system, path, start, size, self._protocol))
        if len(content) != size:
            raise OSError(
                errno.EIO,
                f"gave {len(content)} bytes for {size} from {start} on; its server must answer range requests",
                self.name(key),
            )
        return content

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        """Yield a copy, which goes away with the block."""
        with scratch_folder() as folder:
            path = folder / PurePosixPath(key).name
            self._ask(key, lambda system, source: system.get_file(source, str(path)))
            yield path

    def write(self, key: str, content: bytes) -> None:
        """Put an object."""
        self._put_new(key, lambda system, path: system.pipe_file(path, content))

    @contextmanager
    def writing(self, key: str) -> Iterator[Path]:
        """Yield a path in a temporary folder, and put what is there at the end."""
        self._refuse_unfit(WRITES_WHOLE, "objects cannot be written there so that nobody sees half of one")
        with scratch_folder() as folder:
            path = folder / PurePosixPath(key).name
            yield path
            if self._protocol == "memory":  # its put_file shows what has come so far
                self.write(key, path.read_bytes())
            else:
                path.stat()
                self._put_new(key, lambda system, to: system.put_file(str(path), to))

    def create(self, key: str, content: bytes) -> None:
        """Put an object on the condition that there is none of its name.

        An answer may get lost on its way: an object that is there with this very content is taken for ours.
        """
        self._refuse_unfit(PUTS_ONCE, "it has no conditional put, so that two writers cannot be told apart")
        try:
            self._put_new(key, lambda system, path: system.pipe_file(path, content, mode="create"))
        except FileExistsError as taken:
            try:
                ours = self._ask(key, lambda system, path: system.cat_file(path)) == content
            except FileNotFoundError:  # somebody had it, and has let it go meanwhile
                raise taken from None
            if not ours:
                raise

    def remove(self, key: str) -> None:
        """Delete an object."""
        with suppress(FileNotFoundError):
            self._put(key, lambda system, path: system.rm_file(path))

    def move(self, key: str, to: str) -> None:
        """Copy at the server, then delete: a kill in between leaves both, each whole."""
        if self.stat(key) is None:
            raise FileNotFoundError(errno.ENOENT, "no such file", self.name(key))
        self._put(to, lambda system, path: system.cp_file(self._path(system, key), path))
        self.remove(key)

    def files(self, prefix: str) -> Iterator[Entry]:
        """Yield objects: one listing of the prefix where the store can do that, no folder by folder."""
        folder = parent_of(f"{prefix}x")
        rest = prefix[len(folder) :].lstrip("/")
        known_prefix = {"prefix": rest} if rest and self._protocol in {"s3", "s3a", "gs", "gcs"} else {}
        try:
            found = self._ask(folder, lambda system, path: system.find(path, detail=True, **known_prefix))
        except FileNotFoundError:
            return
        root = self._root()
        for path in sorted(found):
            key = path[len(root) :].lstrip("/")
            if key.startswith(prefix) and not any(map(is_unfinished, key.split("/"))):
                yield Entry(key, int(found[path].get("size") or 0))

    def is_there(self) -> bool:
        """Ask the library: object stores have no folders, web servers only lists of links."""
        try:
            return bool(self._ask("", lambda system, path: system.isdir(path)))
        except FileNotFoundError:
            return False

    def children(self, key: str) -> list[str]:
        """Return the names right below."""
        try:
            found = self._ask(key, lambda system, path: system.ls(path, detail=True))
        except FileNotFoundError:
            return []
        own = self._root() + (f"/{key}" if key else "")
        names = {
            entry["name"].rstrip("/").rpartition("/")[2] + ("/" if entry["type"] == "directory" else "")
            for entry in found
            if entry["name"].rstrip("/") != own
        }
        return sorted(name for name in names if not is_unfinished(name.rstrip("/")))

    @property
    def _protocol(self) -> str:
        return split_address(self.address)[0]

    def _root(self) -> str:
        return str(file_system(self._protocol)._strip_protocol(self.address)).rstrip("/")

    def _path(self, system: Any, key: str) -> str:
        root = str(system._strip_protocol(self.address)).rstrip("/")
        return f"{root}/{key}" if key else root

    def _ask(self, key: str, use: Callable[[Any, str], Answer]) -> Answer:
        system = file_system(self._protocol)
        may_appear = self._protocol in {"http", "https"}
        return patiently(self.name(key), lambda: use(system, self._path(system, key)), may_appear=may_appear)

    def _put_new(self, key: str, use: Callable[[Any, str], object]) -> None:
        """Put what needs nothing to be there but the bucket."""
        try:
            self._put(key, use)
        except FileNotFoundError as error:
            raise OutputError(
                f"{self.name(key)}: cannot be written, for there is no such bucket; make it, or name another"
            ) from error

    def _put(self, key: str, use: Callable[[Any, str], object]) -> None:
        self._refuse_unfit(WRITES_WHOLE, "objects cannot be written there so that nobody sees half of one")
        try:
            self._ask(key, use)
        except (FileExistsError, FileNotFoundError):
            raise
        except OSError as error:
            raise OutputError(f"{self.name(key)}: cannot be written ({error.strerror})") from error

    def _refuse_unfit(self, protocols: frozenset[str], why: str) -> None:
        if self._protocol not in protocols:
            raise OutputError(
                f"{self.name('')}: {why}; name a folder of this machine, or an s3:// or gs:// one"
            )


class _Ranged(Sized):
    """An object as a file that can be read at any place."""

    def __init__(self, where: RemoteBytes, key: str, size: int) -> None:
        super().__init__(size)
        self._where, self._key = where, key

    def readinto(self, buffer: Any) -> int:
        size = min(len(buffer), max(0, self._size - self._at))
        buffer[:size] = self._where.read_range(self._key, self._at, size)
        self._at += size
        return size


def _fetch(system: Any, path: str, start: int, size: int, protocol: str) -> bytes:
    if protocol not in {"http", "https", "hf"}:
        return bytes(system.cat_file(path, start=start, end=start + size))
    try:
        # The one way of fsspec's that notices a server that answers with the whole file, and with which the Hub's
        # client does not fetch 5 MB more than it was asked for.
        with system.open(path, "rb", cache_type="none", size=start + size) as file:
            file.seek(start)
            return bytes(file.read(size))
    except (TypeError, ValueError) as error:
        raise OSError(
            errno.EIO, f"cannot be read in parts ({error}); its server must answer range requests"
        ) from error
