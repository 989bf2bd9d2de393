"""Unpacks shards into the loose files of the published layout. Only what belongs there comes out.

Members have the names that their shard's name says and nothing else, so that none leads out; links, devices, sparse
files and sizes that are not there are refused before the first byte is written.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from sparkle.core.byte_sizes import byte_size
from sparkle.core.errors import SetupError
from sparkle.core.layout import artifact_path
from sparkle.dataset.shards import Member, ShardName, members_of, shard_called
from sparkle.store import Extent, Folder, fill_extent, free_bytes, refuse_links, remove_leftovers


def unpack(
    shards: Sequence[str], out: Path, report: Callable[[str, int], None] = lambda shard, files: None
) -> int:
    """Write the members of shards below `out`; return how many files were written. What is there already is kept.

    `shards`: paths or addresses. All are looked through before anything is written. Raises SetupError for a shard
    that is no shard or is broken, for a member that does not belong there, for a file that is there with another
    content, and where the disk has no room; OSError for what cannot be read, OutputError for what cannot be written.
    """
    found = [_open(shard) for shard in shards]
    wanted = sum(member.extent.size or 0 for _, _, members in found for member in members)
    if (room := free_bytes(out)) < wanted:
        raise SetupError(
            f"{out}: its disk has room for {byte_size(room)}, the files take {byte_size(wanted)}"
        )
    written = 0
    for where, shard, members in found:
        paths = [out / artifact_path(shard.kind, shard.theme, member.id) for member in members]
        folders = {path.parent for path in paths}
        refuse_links(out, folders)
        remove_leftovers(folders)  # of one that was killed
        for member, path in zip(members, paths, strict=True):
            written += _write(member.extent, path)
        report(where, len(members))
    os.sync()  # once, and not for each file: a file has its name only with its content
    return written


def _open(shard: str) -> tuple[str, ShardName, list[Member]]:
    parent, _, name = shard.rpartition("/")
    called = shard_called(name)
    if called is None:
        raise SetupError(f"{shard}: is not called as a shard is, THEME_KIND_partNN.tar")
    folder = Folder.at(parent or ("/" if shard.startswith("/") else "."))
    try:
        return shard, called, list(members_of(folder, name))
    except OSError as error:
        raise SetupError(f"{shard}: cannot be read ({error.strerror or error})") from error


def _write(extent: Extent, path: Path) -> bool:
    """Write a member unless it is there; return whether it was not."""
    if path.is_symlink():
        raise SetupError(f"{path}: is a link, which is not followed; delete it")
    if path.exists():
        if extent.is_content_of(path):
            return False
        raise SetupError(
            f"{path}: is there, and is another file than {extent}; delete it, or name another folder"
        )
    fill_extent(extent, path)
    return True
