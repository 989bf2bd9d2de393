"""Tar shards of the published dataset, read in place: nothing is extracted, so that no member can land anywhere.

{theme}_{source_video|edited_video}_partNN.tar holds members {theme}/{kind}/{id}.mp4. Anything else in it is refused.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from sparkle.core.errors import SetupError
from sparkle.core.layout import SAMPLE_ID

KINDS = ("source_video", "edited_video")
LARGEST_CLIP_BYTES = 2**30

_SHARD = re.compile(r"(?P<theme>[a-z0-9_]+)_(?P<kind>source_video|edited_video)_part[0-9]+\.tar")


@dataclass(frozen=True, slots=True)
class Member:
    """A clip in a shard: its bytes lie at [`start`, `start` + `size`)."""

    kind: str
    id: str
    start: int
    size: int


def is_shard(name: str) -> bool:
    """Tell whether a file is called as a shard of pairs is."""
    return _SHARD.fullmatch(name) is not None


def read_members(file: BinaryIO, name: str) -> Iterator[Member]:
    """Yield the clips of a shard called `name`. Raises SetupError for a broken archive and for any other member."""
    match = _SHARD.fullmatch(name.rpartition("/")[2])
    if match is None:
        raise SetupError(f"{name}: is not called as a shard is, THEME_KIND_partNN.tar")
    seen: set[str] = set()
    try:
        with tarfile.open(fileobj=file, mode="r:") as archive:
            for member in archive:
                if member.isdir():
                    continue
                yield _clip(member, match["theme"], match["kind"], name, seen)
    except tarfile.TarError as error:
        raise SetupError(f"{name}: is no whole tar archive ({error}); fetch it again") from error


def _clip(member: Any, theme: str, kind: str, name: str, seen: set[str]) -> Member:
    prefix, suffix = f"{theme}/{kind}/", ".mp4"
    id = member.name.removeprefix(prefix).removesuffix(suffix)
    match = SAMPLE_ID.fullmatch(id)
    if member.name != f"{prefix}{id}{suffix}" or match is None or match["theme"] != theme:
        raise SetupError(
            f"{name}: member {member.name[:120]!r} is not {prefix}Sparkle_{theme}_NNNNNN{suffix}"
        )
    if not member.isreg() or member.issparse():
        raise SetupError(f"{name}: member {member.name} is no plain file; links and devices are refused")
    if not 0 <= member.size <= LARGEST_CLIP_BYTES:
        raise SetupError(f"{name}: member {member.name} says it has {member.size} bytes, which no clip has")
    if id in seen:
        raise SetupError(f"{name}: member {member.name} is there twice")
    seen.add(id)
    return Member(kind, id, member.offset_data, member.size)
