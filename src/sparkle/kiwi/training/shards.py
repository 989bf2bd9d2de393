"""Tar shards of the published dataset, read in place: nothing is extracted, so that no member can land anywhere.

{theme}_{source_video|edited_video}_partNN.tar holds members {theme}/{kind}/{id}.mp4. Anything else in it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sparkle.core.errors import SetupError
from sparkle.core.layout import SAMPLE_ID
from sparkle.store import Extent, Folder, kept_index

KINDS = ("source_video", "edited_video")
LARGEST_CLIP_BYTES = 2**30

_SHARD = re.compile(r"(?P<theme>[a-z0-9_]+)_(?P<kind>source_video|edited_video)_part[0-9]+\.tar")


def is_shard(name: str) -> bool:
    """Tell whether a file is called as a shard of pairs is."""
    return _SHARD.fullmatch(name) is not None


def clips_of_shard(folder: Folder, key: str, kept: Folder) -> Iterator[tuple[str, str, Extent]]:
    """Yield (kind, id, where it lies) of the clips of a shard in a folder; its index is kept in `kept`.

    Raises SetupError for a broken archive and for any other member, OSError for what cannot be read.
    """
    match = _SHARD.fullmatch(key.rpartition("/")[2])
    if match is None:
        raise SetupError(f"{folder.name(key)}: is not called as a shard is, THEME_KIND_partNN.tar")
    theme, kind = match["theme"], match["kind"]
    prefix, suffix = f"{theme}/{kind}/", ".mp4"
    for name, extent in kept_index(folder, key, kept).items():
        id = name.removeprefix(prefix).removesuffix(suffix)
        found = SAMPLE_ID.fullmatch(id)
        if name != f"{prefix}{id}{suffix}" or found is None or found["theme"] != theme:
            raise SetupError(
                f"{folder.name(key)}: member {name[:120]!r} is not {prefix}Sparkle_{theme}_NNNNNN{suffix}"
            )
        if extent.size is None or extent.size > LARGEST_CLIP_BYTES:
            raise SetupError(
                f"{folder.name(key)}: member {name} says it has {extent.size} bytes, which no clip has"
            )
        yield kind, id, extent
