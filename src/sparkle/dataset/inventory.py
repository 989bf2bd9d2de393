"""Lists what lies in a dataset folder, without following links, and says which of it belongs to no sample."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from sparkle.dataset.tables import Fault

SKIPPED_FOLDERS = frozenset({"rejected", "failed", "sheets", "ledger", ".cache", ".git"})
BOOKKEEPING = re.compile(
    r"run\.json|plan\.jsonl|ledger(\.\d{6,}|[a-z_]*)\.jsonl|ledger\.index\.npz|funnel\.json|provenance\.jsonl|reviews\.jsonl"
    r"|README\.md|LICENSE(\.\w+)?|\.gitattributes|contact_sheet[^/]*\.(jpg|png)|[^/]*\.lock"
)
SHARD = re.compile(r"(intermediate_data/)?[a-z0-9_]+_part\d{2,}\.tar")
LEFTOVER = re.compile(r"(^|/)\.[^/]+$|\.(tmp|part|partial)$")


@dataclass(frozen=True, slots=True)
class Inventory:
    """The regular files under a root, relative to it, and the faults found while listing them."""

    files: frozenset[PurePosixPath]
    faults: tuple[Fault, ...] = field(default=())


def take_inventory(root: Path) -> Inventory:
    """List the files under `root`. A link out of it, or a broken one, is a fault and not listed."""
    home = root.resolve()
    files: list[PurePosixPath] = []
    faults: list[Fault] = []

    def cannot_read(error: OSError) -> None:
        path = PurePosixPath(Path(error.filename).relative_to(root).as_posix())
        faults.append(Fault(path, None, f"cannot be listed ({error.strerror})"))

    for folder, folders, names in os.walk(root, onerror=cannot_read):
        here = PurePosixPath(Path(folder).relative_to(root).as_posix())
        if here == PurePosixPath("."):
            folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        faults += [
            Fault(here / name, None, "is a link to a folder; datasets hold plain folders") for name in links
        ]
        for name in names:
            message = _unusable(Path(folder) / name, home)
            if message is None:
                files.append(here / name)
            else:
                faults.append(Fault(here / name, None, message))
    return Inventory(frozenset(files), tuple(sorted(faults, key=lambda fault: fault.path)))


def find_orphans(files: Collection[PurePosixPath], expected: Collection[PurePosixPath]) -> Iterator[Fault]:
    """Yield a fault for each file that is neither expected nor bookkeeping of a run nor a shard."""
    for path in sorted(set(files) - set(expected)):
        text = path.as_posix()
        if BOOKKEEPING.fullmatch(text) or SHARD.fullmatch(text):
            continue
        if LEFTOVER.search(text):
            yield Fault(path, None, "is a leftover of an interrupted write; delete it")
        else:
            yield Fault(path, None, "belongs to no row of the tables; delete it or add its row")


def _unusable(path: Path, home: Path) -> str | None:
    if path.is_symlink():
        target = Path(os.path.realpath(path))  # Path.resolve raises where links go in a circle
        if not target.is_relative_to(home):
            return "is a link out of the dataset"
        if not target.is_file():
            return "is a broken link"
    return None if path.is_file() else "is no regular file"
