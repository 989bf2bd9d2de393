"""Members of a tar, read in place: their headers tell where each lies, and nothing is unpacked anywhere."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from sparkle.core.errors import SetupError
from sparkle.store.extent import Extent
from sparkle.store.folder import Folder
from sparkle.store.keys import checked_key

MOST_MEMBERS = 2_000_000
_LARGEST_HEADER = 2**20  # bytes of one extended header; a hostile one may announce gigabytes
_HEADERS_AHEAD = 4096  # bytes; what is between two headers is not fetched
_LONGEST_END = 2**20  # bytes of zeros behind the last member: writers fill a record, usually of 10 KiB


def index_tar(folder: Folder, key: str) -> dict[str, Extent]:
    """Return where each file of a plain tar lies, in the tar's order. Only headers are fetched.

    Raises SetupError for a tar that is cut, compressed or broken, or has more behind its end, and for a member that is
    no plain file, has a name that leads out, is there twice or reaches beyond the end; OSError for what cannot be read.
    """
    where = folder.name(key)
    found: dict[str, Extent] = {}
    with folder.open(key, _HEADERS_AHEAD) as opened:
        total = opened.seek(0, io.SEEK_END)
        opened.seek(0)
        for member in _members(_Headers(opened), where):
            name = _checked(member, total, where)
            if name in found:
                raise SetupError(f"{where}: member {name} is there twice")
            if len(found) == MOST_MEMBERS:
                raise SetupError(f"{where}: has more than {MOST_MEMBERS} members; split it")
            found[name] = Extent(folder.address, key, member.offset_data, member.size, name)
    return found


def _members(file: _Headers, where: str) -> Iterator[tarfile.TarInfo]:
    try:
        with tarfile.open(fileobj=cast(BinaryIO, file), mode="r:") as archive:
            while (member := archive.next()) is not None:
                cast(Any, archive).members.clear()  # it would keep them all, a second time
                if not member.isdir():
                    yield member
            _refuse_more(file, archive.offset)
    except (tarfile.TarError, ValueError, EOFError, RecursionError) as error:
        raise SetupError(f"{where}: is no whole tar archive ({error}); fetch it again") from error


def _refuse_more(file: _Headers, end: int) -> None:
    """Raise ValueError unless an archive ends as it must: zeros, and nothing behind them.

    `tarfile` takes a header that it cannot read, and a file that is cut between two members, for the end.
    """
    file.seek(end)
    rest = file.read(_LONGEST_END)
    if len(rest) < tarfile.BLOCKSIZE:
        raise ValueError(f"it is cut: no block of zeros ends it at byte {end:,}")
    if len(rest) == _LONGEST_END or rest.count(0) != len(rest):
        raise ValueError(f"from byte {end:,} on it is neither a member nor the end")


def _checked(member: tarfile.TarInfo, total: int, where: str) -> str:
    shown = repr(member.name[:120])
    if not member.isreg() or member.issparse():
        raise SetupError(f"{where}: member {shown} is no plain file; links and devices are refused")
    if member.size < 0 or member.offset_data + member.size > total:
        raise SetupError(f"{where}: member {shown} says it has {member.size} bytes, which are not there")
    try:
        return checked_key(member.name.removeprefix("./"))
    except SetupError as error:
        raise SetupError(f"{where}: member {error}") from None


class _Headers:
    """An open tar that gives no more than a header at once, whatever the header before announced."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _LARGEST_HEADER:
            raise ValueError(f"a header of {size} bytes")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()
