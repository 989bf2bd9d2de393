"""A clip wherever its bytes lie: a file here or at an address, or a member of a tar."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sparkle.core.errors import MediaError
from sparkle.store import Extent
from sparkle.video.clip import Clip, read_clip
from sparkle.video.probe import VideoInfo, probe


@dataclass(frozen=True, slots=True)
class StoredClip:
    """A clip's bytes."""

    extent: Extent

    def __str__(self) -> str:
        return str(self.extent)

    def read(self, frames: int | None = None) -> Clip:
        """Decode the clip, or at most its first `frames` frames. Raises MediaError for what cannot be read."""
        with self.on_disk() as path:
            return read_clip(path, frames=frames)

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
