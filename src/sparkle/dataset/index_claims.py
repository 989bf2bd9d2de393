"""Holds an index of offsets that came with a dataset against the shards themselves: readers take its word."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from sparkle.core.errors import SetupError
from sparkle.core.layout import ARTIFACTS
from sparkle.dataset.inventory import Inventory
from sparkle.dataset.lookup import Lookup
from sparkle.dataset.offsets import indexed_files
from sparkle.dataset.opening import INDEX_FILE
from sparkle.dataset.tables import Fault
from sparkle.store import Folder

_REMEDY = "delete it, it is made again"


def check_index(root: Path, inventory: Inventory) -> Iterator[Fault]:
    """Yield a fault for an index that lays members elsewhere than shards do. One that nobody would use is none."""
    path, folder = root / INDEX_FILE, Folder.at(root)
    if not path.is_file():
        return
    try:
        lookup = Lookup.at(path)
        if not lookup.is_of(folder, indexed_files(folder)):
            return  # of other files: it is made again at the next opening
        wrong = _first_wrong(lookup, inventory)
    except (SetupError, OSError) as error:
        yield Fault(PurePosixPath(INDEX_FILE), None, str(error).removeprefix(f"{path}: "))
        return
    except ValueError:
        return  # no index of this version: neither would that be used
    if wrong is not None:
        yield Fault(PurePosixPath(INDEX_FILE), None, f"lays {wrong} elsewhere than its shard does; {_REMEDY}")


def _first_wrong(lookup: Lookup, inventory: Inventory) -> str | None:
    """Return what the index is wrong about, or leaves out, or None."""
    left = dict(inventory.packed)
    for key, shard, start, size in lookup.members():
        theme, _, rest = key.partition("/")
        kind, _, id = rest.partition("/")
        if kind not in ARTIFACTS:
            return repr(key[:120])
        extent = left.pop(ARTIFACTS[kind].format(theme=theme, id=id), None)
        if extent is None or (extent.key, extent.start, extent.size) != (shard, start, size):
            return repr(key[:120])
    return next(iter(sorted(left)), None)
