"""Where a clip's bytes lie: a file or a range of a tar shard, here or at any address that fsspec knows."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

import fsspec  # type: ignore[import-untyped]

from sparkle.core.errors import MediaError
from sparkle.kiwi.training.fingerprint import file_fingerprint
from sparkle.store import check_plain
from sparkle.video import Clip, VideoInfo, probe, read_clip

ATTEMPTS = 3
PAUSE_S = 1.0  # before the second attempt; twice as long before the third

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class ClipPlace:
    """A clip's bytes: a whole file, or `size` bytes from `start` on of a shard."""

    url: str
    start: int = 0
    size: int | None = None

    def read(self, frames: int) -> Clip:
        """Decode at most the first `frames` frames. Raises MediaError for what cannot be read."""
        with self._on_disk() as path:
            return read_clip(path, frames=frames)

    def info(self) -> VideoInfo:
        """Return size and length, from the header. Raises MediaError."""
        with self._on_disk() as path:
            return probe(path)

    def fingerprint(self) -> str:
        """Return a key of the content. Raises MediaError for a file that is not there."""
        return self._with_file(lambda file, size: file_fingerprint(file, self.start, size))

    @contextmanager
    def _on_disk(self) -> Iterator[Path]:
        """Yield a local file with the clip's bytes: its own, or a temporary one."""
        system, path = fsspec.core.url_to_fs(self.url)
        if self.size is None and "file" in system.protocol:
            yield Path(path)
            return
        content = self._with_file(self._content)
        with tempfile.NamedTemporaryFile(suffix=".mp4") as temporary:
            temporary.write(content)
            temporary.flush()
            yield Path(temporary.name)

    def _content(self, file: BinaryIO, size: int) -> bytes:
        file.seek(self.start)
        content = file.read(size)
        if len(content) < size:
            raise OSError(f"ends after {len(content)} of {size} bytes")
        return content

    def _with_file(self, use: Callable[[BinaryIO, int], Found]) -> Found:
        """Return what `use` makes of the open file and of the clip's size.

        What a network cannot give is asked for again: a clip that is left out for one bad moment would make another
        run of this one.
        """
        system, path = fsspec.core.url_to_fs(self.url)
        pauses = () if "file" in system.protocol else [PAUSE_S * 2**number for number in range(ATTEMPTS - 1)]
        for pause in (*pauses, None):
            try:
                if "file" in system.protocol:
                    check_plain(path)
                size = self.size if self.size is not None else int(system.size(path))
                with system.open(path, "rb") as file:
                    return use(file, size)
            except file_system_errors() as error:
                # A file that is not there is asked for again, too: fsspec says so of any answer but 200.
                if pause is None:
                    reason = f"{type(error).__name__}: {error}"
                    raise MediaError(f"{self.url}: cannot be read ({reason})") from error
                time.sleep(pause)
            except (
                TypeError,
                ValueError,
            ) as error:  # fsspec, of a server that tells no size and reads no ranges
                raise MediaError(
                    f"{self.url}: cannot be read in parts ({error}); its server must answer range requests"
                ) from error
        raise AssertionError("the last attempt returns or raises")


def file_system_errors() -> tuple[type[Exception], ...]:
    """Return what file systems raise: OSError, and what of HTTP's and S3's libraries is none."""
    errors: list[type[Exception]] = [OSError]
    if (aiohttp := sys.modules.get("aiohttp")) is not None:
        errors.append(aiohttp.ClientError)
    if (botocore := sys.modules.get("botocore.exceptions")) is not None:
        errors.append(botocore.BotoCoreError)
    return tuple(errors)
