"""Plain tars of given members: the same members give the same bytes, whoever writes them and when."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path

from sparkle.core.errors import SetupError
from sparkle.store.extent import Extent

_CHUNK = 2**20
_BLOCK = tarfile.BLOCKSIZE


def write_tar(path: Path, members: Iterable[tuple[str, Extent]]) -> str:
    """Write a tar of (name, bytes) to a path that is to become a whole file; return its SHA-256.

    Headers are POSIX ustar: mode 0644, no owner, no time. Raises OSError for what cannot be read or written, SetupError
    for a name that such a header does not take.
    """
    digest = hashlib.sha256()
    with path.open("wb") as file:

        def put(content: bytes | memoryview) -> None:
            file.write(content)
            digest.update(content)

        for name, extent in members:
            _add(put, name, extent)
        put(bytes(2 * _BLOCK))
        put(bytes(-file.tell() % tarfile.RECORDSIZE))
    return digest.hexdigest()


def _add(put: Callable[[bytes | memoryview], None], name: str, extent: Extent) -> None:
    buffer = memoryview(bytearray(_CHUNK))
    with extent.open() as source:
        size = source.seek(0, 2)
        source.seek(0)
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o644
        try:
            put(info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict"))
        except (ValueError, UnicodeError) as error:
            raise SetupError(f"{name[:200]!r}: is no name for a member of a tar ({error})") from error
        left = size
        while left:
            count = source.readinto(buffer[: min(left, _CHUNK)])  # type: ignore[attr-defined]
            if not count:
                raise OSError(f"{extent}: became shorter while it was read")
            put(buffer[:count])
            left -= count
    put(bytes(-size % _BLOCK))
