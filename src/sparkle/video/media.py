"""Where a clip lies: a path of this machine, or an object behind an address, of which FFmpeg fetches what it reads."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sparkle.core.errors import MediaError, SampleError, SparkleError, StoreAwayError
from sparkle.store import Extent, is_address, open_kept, open_plain

Media = Path | Extent


def media_at(place: str | Path | Extent) -> Media:
    """Return what a name stands for: the object of an address such as s3://bucket/clip.mp4, else a path."""
    if isinstance(place, str) and is_address(place):
        return Extent.at(place)
    return place if isinstance(place, Extent) else Path(place)


def open_media(media: Media) -> BinaryIO:
    """Open the bytes of a file or a whole object for reading at any place. Raises OSError."""
    return open_kept(media) if isinstance(media, Extent) else open_plain(media)


@contextmanager
def on_this_machine(place: str | Path) -> Iterator[Path]:
    """Yield a path with the whole content: the file itself, or a copy for the while, for what is read whole anyway.

    What is said of the copy names the address. Raises MediaError for an object that cannot be read.
    """
    media = media_at(place)
    if isinstance(media, Path):
        yield media
        return
    try:
        with media.local() as path:
            try:
                yield path
            except SampleError as error:
                raise type(error)(str(error).replace(str(path), str(media))) from error
    except OSError as error:
        raise unreadable(media, error) from error


def unreadable(media: Extent, error: OSError) -> MediaError:
    """Return what is told of an object that cannot be read."""
    if isinstance(error, FileNotFoundError):
        return MediaError(f"{media}: no such object; check the address")
    return MediaError(
        f"{media}: cannot be read ({error.strerror or error}); check the address, and that its store may be read"
    )


class Ranges:
    """An object as FFmpeg's library reads it, by ranges; `name` ends with its suffix, by which formats are told.

    FFmpeg takes some failures of reading for the end of the file, so `fault` keeps the first one for whoever opened it.
    """

    def __init__(self, media: Extent) -> None:
        self._media, self.name = media, f"object{media.suffix}"
        self.fault: SparkleError | None = None
        try:
            self._file = open_media(media)
            self.size = self._file.seek(0, io.SEEK_END)
            self._file.seek(0)
        except OSError as error:
            raise unreadable(media, error) from error

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes from here on. Raises MediaError, and StoreAwayError as all reading does."""
        if self.fault is not None:
            raise self.fault
        try:
            return self._file.read(size)
        except StoreAwayError as error:
            self.fault = error
            raise
        except OSError as error:
            self.fault = unreadable(self._media, error)
            raise self.fault from error

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place; nothing is fetched."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the place."""
        return self._file.tell()

    def close(self) -> None:
        """Let the object go."""
        self._file.close()
