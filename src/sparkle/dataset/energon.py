"""The files by which Megatron-Energon reads tars at random: `.nv-meta/` and a `.tar.idx` beside each tar."""

from __future__ import annotations

import json
import sqlite3
import struct
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from sparkle.dataset.database_writing import database_written
from sparkle.dataset.offsets import ENERGON_KEYS, ENERGON_TABLES
from sparkle.store import Folder, index_tar, make_folder, write_bytes, write_text

_DATASET = """\
__module__: megatron.energon
__class__: CrudeWebdataset
subflavors: {}
"""
_BLOCK = 512
_END = 2  # blocks of zeros


def write_energon(root: Path, counts: Mapping[str, int]) -> None:
    """Write the index of the tars of a folder. `counts`: their names, and how many samples each holds."""
    meta = root / ".nv-meta"
    make_folder(meta)
    write_text(
        meta / ".info.json",
        json.dumps({"energon_version": None, "shard_counts": dict(counts)}, indent=2) + "\n",
    )
    names = "".join(f"  - {name}\n" for name in counts)
    write_text(meta / "split.yaml", f"split_parts:\n  train:\n{names}  val: []\n  test: []\nexclude: []\n")
    write_text(meta / "dataset.yaml", _DATASET)
    path = meta / "index.sqlite"
    with database_written(path), closing(sqlite3.connect(path)) as database:
        database.executescript(ENERGON_TABLES)
        for number, name in enumerate(counts):
            begins = _add_tar(database, root, name, number)
            write_bytes(root / f"{name}.idx", struct.pack(f"{len(begins)}Q", *begins))
        database.executescript(ENERGON_KEYS)
        database.commit()


def _add_tar(database: sqlite3.Connection, root: Path, name: str, number: int) -> list[int]:
    """Add a tar's samples: members with one name up to the first dot. Return where each begins, and the end."""
    begins: list[int] = []
    keys: list[str] = []
    parts = []
    end = 0
    for member, extent in index_tar(Folder.at(root), name).items():
        key, _, part = member.partition(".")
        if not keys or key != keys[-1]:
            keys.append(key)
            begins.append(end)
        size = extent.size or 0
        parts.append((number, len(keys) - 1, part, extent.start, size))
        end = extent.start + -(-size // _BLOCK) * _BLOCK
    begins.append(end)
    rows = [
        (number, key, place, begins[place], begins[place + 1] - begins[place])
        for place, key in enumerate(keys)
    ]
    database.executemany("INSERT INTO samples VALUES (?, ?, ?, ?, ?)", rows)
    database.executemany("INSERT INTO sample_parts VALUES (?, ?, ?, ?, ?)", parts)
    return begins
