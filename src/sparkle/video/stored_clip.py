"""A clip wherever its bytes lie: a file here or at an address, or a member of a tar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sparkle.core.errors import MediaError
from sparkle.store import Extent
from sparkle.video.clip import Clip, read_clip
from sparkle.video.probe import VideoInfo, probe

Decode = Callable[[Path, int | None], Clip]  # of a path and at most so many frames


def decode_with_pyav(path: Path, frames: int | None) -> Clip:
    """Decode as everything in the house does."""
    return read_clip(path, frames=frames)


@dataclass(frozen=True, slots=True)
class StoredClip:
    """A clip's bytes, and what decodes them."""

    extent: Extent
    decode: Decode = decode_with_pyav

    def __str__(self) -> str:
        return str(self.extent)

    def read(self, frames: int | None = None) -> Clip:
        """Decode the clip, or at most its first `frames` frames. Raises MediaError for what cannot be read."""
        with self.on_disk() as path:
            return self.decode(path, frames)

    def info(self) -> VideoInfo:
        """Return size and length, from the header. Raises MediaError."""
        with self.on_disk() as path:
            return probe(path)

    def fingerprint(self) -> str:
        """Return a key of the content. Raises MediaError for a file that is not there."""
        with _told(self.extent):
            return self.extent.fingerprint()

    @contextmanager
    def on_disk(self) -> Iterator[Path]:
        """Yield a path for decoders; their errors then name the clip. Raises MediaError for what cannot be read."""
        with _told(self.extent), self.extent.local() as path:
            try:
                yield path
            except MediaError as error:  # a copy's own name tells nobody anything
                raise MediaError(str(error).replace(str(path), str(self.extent))) from error


@contextmanager
def _told(extent: Extent) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MediaError(f"{extent}: cannot be read ({error.strerror or error})") from error
