"""Sources behind addresses: the objects below a prefix of a bucket, and names that a list may give."""

from __future__ import annotations

from pathlib import PurePosixPath

from sparkle.core.errors import SetupError
from sparkle.store import Extent, Folder, is_address, split_address
from sparkle.video import is_media_name

PROTOCOLS = ("s3", "gs", "hf", "memory")


def objects_at(address: str, leave_out: Folder | None = None) -> list[str]:
    """Return the videos that an address stands for: an object called like one, or all that lie below a prefix, sorted.

    What lies below `leave_out`, a folder of results, is passed over, and hidden names are. Raises SetupError for an
    address without videos, or that cannot be looked at.
    """
    refuse_unknown(address, address)
    if any(sign in address for sign in "*?["):
        raise SetupError(
            f"{address}: patterns are for files of this machine; name a prefix, or give a CSV of addresses"
        )
    try:
        if is_media_name(address):
            if Extent.at(address).stat() is None:
                raise SetupError(f"{address}: no such object; check the address")
            return [address]
        folder = Folder.at(address)
        results = None if leave_out is None else f"{leave_out.address}/"
        found = [
            name
            for entry in folder.files()
            if _is_clip(entry.key)
            and not (name := f"{folder.address}/{entry.key}").startswith(results or "\0")
        ]
    except OSError as error:
        raise SetupError(
            f"{address}: cannot be looked at ({error.strerror or error}); check the address and the keys in the "
            "environment"
        ) from error
    if not found:
        raise SetupError(f"{address}: no video lies below it; check the address")
    return found


def joined(folder: str, name: str, where: str) -> str:
    """Return what a list in `folder`, a path or an address, calls `name`: an address, or what lies beside the list.

    Raises SetupError, which names the list's line, for an address that no source may have.
    """
    if is_address(name):
        refuse_unknown(name, where)
        return name
    if is_address(folder):
        if name.startswith("/"):
            raise SetupError(
                f"{where}: {name}: a list in a bucket names what lies beside it, or whole addresses"
            )
        return f"{folder}/{name}"
    return str(PurePosixPath(folder) / name)


def refuse_unknown(address: str, where: str) -> None:
    """Raise SetupError for an address that names no object of a store."""
    protocol, path = split_address(address)
    if protocol not in PROTOCOLS:
        known = ", ".join(f"{name}://" for name in PROTOCOLS[:-1])
        raise SetupError(
            f"{where}: no source is read from {protocol}://; known: {known}, and paths of this machine"
        )
    if any(part in {"", ".", ".."} for part in path.rstrip("/").split("/")):
        raise SetupError(f"{where}: {address!r} names no place; give one such as s3://bucket/clips/a.mp4")


def _is_clip(key: str) -> bool:
    return is_media_name(key) and not any(part.startswith(".") for part in key.split("/"))
