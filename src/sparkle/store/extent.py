"""Where bytes lie: a file, or a range of one, such as a member of a tar."""

from __future__ import annotations

import errno
import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from sparkle.store.bytes_at import BytesAt, Stat
from sparkle.store.keys import checked_key
from sparkle.store.places import bytes_at
from sparkle.store.plain_files import open_plain
from sparkle.store.scratch import scratch_folder
from sparkle.store.sized import Sized

_CHUNK = 2**18  # bytes; see `hashed_file`
_SAMPLED_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Extent:
    """`size` bytes from `start` on of the file `key` in the folder at `address`; with no size, up to its end.

    `member`: what the bytes are called in an archive, if they lie in one.
    """

    address: str
    key: str
    start: int = 0
    size: int | None = None
    member: str = ""

    @classmethod
    def at(cls, address: str) -> Extent:
        """Return the whole object of an address: s3://bucket/folder/clip.mp4. Raises SetupError for no such name."""
        folder, _, key = address.rpartition("/")
        return cls(folder, checked_key(key))

    def __str__(self) -> str:
        name = self._at.name(self.key)
        return f"{name}, member {self.member}" if self.member else name

    @property
    def suffix(self) -> str:
        """The suffix that tells decoders what the bytes are: ".mp4"."""
        return PurePosixPath(self.member or self.key).suffix

    def stat(self) -> Stat | None:
        """Return size and version of the file that the bytes lie in, or None where there is none."""
        return self._at.stat(self.key)

    def open(self) -> BinaryIO:
        """Open the bytes as a file. Raises OSError."""
        file = self._at.open(self.key)
        if not self.start and self.size is None:
            return file
        end = file.seek(0, io.SEEK_END)
        size = end - self.start if self.size is None else self.size
        if self.start + size > end or size < 0:
            file.close()
            raise OSError(
                errno.ENODATA, f"ends after {end} of {self.start + size} bytes", self._at.name(self.key)
            )
        return cast(BinaryIO, io.BufferedReader(_Window(file, self.start, size)))

    def read(self) -> bytes:
        """Return all bytes. Raises OSError where there are fewer."""
        if self.size is not None:
            return self._at.read_range(self.key, self.start, self.size)
        with self.open() as file:
            return file.read()

    @contextmanager
    def local(self) -> Iterator[Path]:
        """Yield a path on this machine with these bytes and no others: the file itself, or a copy for the while."""
        if not self.start and self.size is None:
            with self._at.local(self.key) as path:
                yield path
            return
        with scratch_folder() as folder:
            path = folder / f"part{self.suffix}"
            self.copy_to(path)
            yield path

    def copy_to(self, path: Path) -> None:
        """Write the bytes to a path. Raises OSError."""
        with self.open() as source, path.open("wb") as target:
            block = memoryview(bytearray(min(_CHUNK, self.size or _CHUNK)))
            while count := source.readinto(block):  # type: ignore[attr-defined]
                target.write(block[:count])

    def is_content_of(self, path: Path) -> bool:
        """Tell whether a regular file has these bytes and no others. Raises OSError."""
        with self.open() as mine, open_plain(path) as there:
            while True:
                one, other = mine.read(_CHUNK), there.read(_CHUNK)
                if one != other or not one:
                    return one == other

    def fingerprint(self, samples: int = 2) -> str:
        """Return a key of the content: of its size and of 64 KiB in so many places, the first and the last among them.

        Enough to notice another video: an mp4 lists the size of every frame at one of its ends. Raises OSError.
        """
        size = self._length()
        digest = hashlib.blake2b(str(size).encode(), digest_size=16)
        last = max(0, size - _SAMPLED_BYTES)
        for begin in (last * number // (samples - 1) for number in range(samples)):
            # By ranges: a file that is open fetches far ahead over a network.
            digest.update(
                self._at.read_range(self.key, self.start + begin, min(_SAMPLED_BYTES, size - begin))
            )
        return digest.hexdigest()

    def _length(self) -> int:
        if self.size is not None:
            return self.size
        found = self._at.stat(self.key)
        if found is None:
            raise FileNotFoundError(errno.ENOENT, "no such file", self._at.name(self.key))
        return found.size - self.start

    @property
    def _at(self) -> BytesAt:
        return bytes_at(self.address)


class _Window(Sized):
    """A part of an open file, as a file."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        super().__init__(size)
        self._file, self._start = file, start

    def readinto(self, buffer: Any) -> int:
        self._file.seek(self._start + self._at)
        room = memoryview(buffer)[: max(0, self._size - self._at)]
        count: int = self._file.readinto(room) if room else 0  # type: ignore[attr-defined]
        self._at += count
        return count

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()
