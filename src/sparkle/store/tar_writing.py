"""Plain tars of given members: the same members give the same bytes, whoever writes them and when."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable
from pathlib import Path

from sparkle.core.errors import SetupError
from sparkle.store.extent import Extent
from sparkle.store.hashed_file import HashedFile, hashed_file

_BLOCK = tarfile.BLOCKSIZE


def write_tar(path: Path, members: Iterable[tuple[str, Extent]]) -> str:
    """Write a tar of (name, bytes) to a path that is to become a whole file; return its BLAKE3.

    Headers are POSIX ustar: mode 0644, no owner, no time. Raises OSError for what cannot be read or written, SetupError
    for a name that such a header does not take.
    """
    with hashed_file(path) as file:
        for name, extent in members:
            _add(file, name, extent)
        file.put(bytes(2 * _BLOCK))
        file.put(bytes(-file.size % tarfile.RECORDSIZE))
        return file.finish()


def _add(file: HashedFile, name: str, extent: Extent) -> None:
    with extent.open() as source:
        size = source.seek(0, 2)
        source.seek(0)
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o644
        try:
            file.put(info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict"))
        except (ValueError, UnicodeError) as error:
            raise SetupError(f"{name[:200]!r}: is no name for a member of a tar ({error})") from error
        left = size
        while left:
            room = file.room()
            count = source.readinto(room[:left])  # type: ignore[attr-defined]
            if not count:
                raise OSError(f"{extent}: became shorter while it was read")
            file.took(count)
            left -= count
    file.put(bytes(-size % _BLOCK))
