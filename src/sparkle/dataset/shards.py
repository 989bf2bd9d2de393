"""Tar shards of the published layout: how they are called, and which members they may have. Nothing is unpacked.

{theme}_{kind}_partNN.tar                        members {theme}/{kind}/{id}.mp4, of source and edited videos
intermediate_data/{theme}_{kind}_partNN.tar      members {theme}/{kind}/{id}{.png|.mp4|.npz}
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from sparkle.core.errors import SetupError
from sparkle.core.layout import ARTIFACTS, SAMPLE_ID
from sparkle.store import Extent, Folder, index_tar

INTERMEDIATE = "intermediate_data"
PAIR_KINDS = ("source_video", "edited_video")
LARGEST_MEMBER_BYTES = 2**30

# The longest first: source_video_mask_confidence begins as source_video_mask does, and that as source_video.
_KINDS = "|".join(sorted(ARTIFACTS, key=len, reverse=True))
_SHARD = re.compile(rf"(?P<theme>[a-z0-9_]+?)_(?P<kind>{_KINDS})_part(?P<part>[0-9]{{2,}})\.tar")


@dataclass(frozen=True, slots=True)
class ShardName:
    """What a shard's name says: whose artifacts it holds, and which part of them."""

    theme: str
    kind: str
    part: int

    @property
    def key(self) -> str:
        """Where the shard lies below the dataset's root."""
        above = "" if self.kind in PAIR_KINDS else f"{INTERMEDIATE}/"
        return f"{above}{self.theme}_{self.kind}_part{self.part:02d}.tar"

    def member(self, id: str) -> str:
        """Return what the artifact of a sample is called in the shard."""
        return f"{self.theme}/{self.kind}/{id}{suffix_of(self.kind)}"


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a shard: the sample's id, and where its bytes lie."""

    id: str
    extent: Extent


def suffix_of(kind: str) -> str:
    """Return the suffix of an artifact's files: ".mp4"."""
    return PurePosixPath(ARTIFACTS[kind]).suffix


def shard_name(key: str) -> ShardName | None:
    """Return what a file's key says, or None for what is not called, or does not lie, as a shard."""
    name = shard_called(key.rpartition("/")[2])
    if name is None or key.rpartition("/")[0] != name.key.rpartition("/")[0]:
        return None
    return name


def shard_called(name: str) -> ShardName | None:
    """Return what the name of a file says, wherever it lies, or None for what is not called as a shard."""
    match = _SHARD.fullmatch(name)
    return None if match is None else ShardName(match["theme"], match["kind"], int(match["part"]))


def find_shards(folder: Folder) -> list[str]:
    """Return the keys of a dataset's shards, sorted. Raises OSError for a folder that cannot be listed."""
    names = [*folder.children(), *(f"{INTERMEDIATE}/{name}" for name in folder.children(INTERMEDIATE))]
    return sorted(name for name in names if shard_name(name) is not None)


def members_of(folder: Folder, key: str) -> Iterator[Member]:
    """Yield what a shard holds, in its order, from its headers alone.

    Raises SetupError for a broken archive and for any member that does not belong there, OSError for what cannot be
    read.
    """
    shard = shard_called(key.rpartition("/")[2])
    if shard is None:
        raise SetupError(f"{folder.name(key)}: is not called as a shard is, THEME_KIND_partNN.tar")
    for name, extent in index_tar(folder, key).items():
        id = name.rpartition("/")[2].partition(".")[0]
        found = SAMPLE_ID.fullmatch(id)
        if found is None or found["theme"] != shard.theme or name != shard.member(id):
            raise SetupError(
                f"{folder.name(key)}: member {name[:120]!r} is not {shard.member(f'Sparkle_{shard.theme}_NNNNNN')}"
            )
        if extent.size is None or extent.size > LARGEST_MEMBER_BYTES:
            raise SetupError(
                f"{folder.name(key)}: member {name} says it has {extent.size} bytes, more than a file of a sample has"
            )
        yield Member(id, extent)
