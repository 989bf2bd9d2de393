"""Lists what lies in a dataset folder, loose and in shards, without following links, and says which of it belongs to no
sample."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from sparkle.core.errors import SetupError
from sparkle.core.layout import ARTIFACTS
from sparkle.dataset.shards import PAIR_KINDS, members_of, shard_name
from sparkle.dataset.tables import Fault
from sparkle.store import Extent, Folder, open_plain

SKIPPED_FOLDERS = frozenset(
    {"rejected", "failed", "corrections", "sheets", "ledger", ".cache", ".git", ".nv-meta"}
)
BOOKKEEPING = re.compile(
    r"run\.json|plan\.jsonl|ledger(\.\d{6,}|[a-z_]*)\.jsonl|ledger\.index\.npz|funnel\.json|provenance\.jsonl|reviews\.jsonl"
    r"|(SHA256|B3)SUMS|croissant\.json|scenes\.png|README\.md|LICENSE(\.\w+)?|\.gitattributes|contact_sheet[^/]*\.(jpg|png)|[^/]*\.lock"
)
_LONGEST_HEADER = 10_000  # bytes of a table's first line
LEFTOVER = re.compile(r"(^|/)\.[^/]+$|\.(tmp|part|partial)$")


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is under a root, by its path relative to it, and the faults found while listing.

    `loose`: regular files. `packed`: where each member of a shard lies, by the path that it would have as a file.
    """

    loose: frozenset[str]
    packed: dict[str, Extent] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    def __contains__(self, path: str) -> bool:
        return path in self.loose or path in self.packed


def take_inventory(root: Path) -> Inventory:
    """List the files under `root`. A link out of it, a broken link and a broken shard are faults."""
    files: set[str] = set()
    faults = list(_walk(root, "", root.resolve(), files))
    packed: dict[str, Extent] = {}
    for key in sorted(filter(shard_name, files)):
        faults += _open_shard(root, key, packed)
    return Inventory(frozenset(files), packed, tuple(sorted(faults, key=lambda fault: fault.path)))


def find_orphans(inventory: Inventory, expected: Collection[str]) -> Iterator[Fault]:
    """Yield a fault for each file that is neither expected nor bookkeeping of a run nor a shard."""
    for path in sorted((inventory.loose | inventory.packed.keys()) - set(expected)):
        if path not in inventory.loose:
            shard = PurePosixPath(inventory.packed[path].key)
            yield Fault(
                shard, None, f"member {inventory.packed[path].member} belongs to no row of the tables"
            )
        elif BOOKKEEPING.fullmatch(path) or shard_name(path) is not None:
            continue
        elif LEFTOVER.search(path):
            yield Fault(PurePosixPath(path), None, "is a leftover of an interrupted write; delete it")
        else:
            yield Fault(
                PurePosixPath(path), None, "belongs to no row of the tables; delete it or add its row"
            )


def themes_without_clips(root: Path) -> list[str]:
    """Return the themes whose tables name samples of which neither a shard nor a folder of clips is here, sorted.

    They may be missing on purpose, or for a misspelt pattern of a download.
    """
    shards = (shard_name(path.name) for path in root.glob("*.tar"))
    there = {shard.theme for shard in shards if shard is not None and shard.kind in PAIR_KINDS}
    suffix = "_train.csv"
    named = {
        table.name.removesuffix(suffix) for table in (root / "prompts").glob(f"*{suffix}") if _has_rows(table)
    }
    loose = {theme for theme in named if any((root / theme / kind).is_dir() for kind in PAIR_KINDS)}
    return sorted(named - there - loose)


def _has_rows(table: Path) -> bool:
    if not table.is_file():
        return False
    with open_plain(table) as file:
        return bool(file.readline(_LONGEST_HEADER) and file.read(1))


def _walk(folder: Path, prefix: str, home: Path, files: set[str]) -> Iterator[Fault]:
    """Add what is below a folder to `files`, and yield the faults."""
    try:
        with os.scandir(folder) as listing:
            entries = list(listing)
    except OSError as error:
        yield Fault(PurePosixPath(prefix or "."), None, f"cannot be listed ({error.strerror})")
        return
    for entry in entries:
        path = prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            if prefix or entry.name not in SKIPPED_FOLDERS:
                yield from _walk(Path(entry.path), f"{path}/", home, files)
        elif (message := _unusable(entry, home)) is None:
            files.add(path)
        else:
            yield Fault(PurePosixPath(path), None, message)


def _open_shard(root: Path, key: str, packed: dict[str, Extent]) -> Iterator[Fault]:
    shard = shard_name(key)
    if shard is None:
        raise AssertionError(key)
    try:
        for member in members_of(Folder.at(root), key):
            path = ARTIFACTS[shard.kind].format(theme=shard.theme, id=member.id)
            if path in packed:
                where = packed[path].key
                yield Fault(PurePosixPath(key), member.id, f"{member.extent.member} stands in {where}, too")
            packed[path] = member.extent
    except (SetupError, OSError) as error:
        yield Fault(PurePosixPath(key), None, str(error).removeprefix(f"{root / key}: "))


def _unusable(entry: os.DirEntry[str], home: Path) -> str | None:
    if entry.is_symlink():
        target = Path(os.path.realpath(entry.path))  # Path.resolve raises where links go in a circle
        if target.is_dir():
            return "is a link to a folder; datasets hold plain folders"
        if not target.is_relative_to(home):
            return "is a link out of the dataset"
        return None if target.is_file() else "is a broken link"
    return None if entry.is_file() else "is no regular file"
