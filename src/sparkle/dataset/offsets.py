"""The index of a dataset: one SQLite file that says where every member of a shard and every line of a table lies.

It is built once from the shards' headers and the tables. `samples` and `sample_parts` have the columns of Energon's
`.nv-meta/index.sqlite`; a key is "{theme}/{kind}/{id}", a part its suffix. The tables `sparkle_*` are ours: which files
the index was made from, and which samples the tables name.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath

from sparkle.core.errors import SetupError
from sparkle.core.layout import (
    METADATA_FILES,
    SAMPLE_ID,
    intermediate_metadata_path,
    metadata_path,
    prompts_path,
)
from sparkle.dataset.index import CSV_COLUMNS, PROVENANCE_FILE
from sparkle.dataset.shards import INTERMEDIATE, PAIR_KINDS, find_shards, members_of, shard_name, suffix_of
from sparkle.dataset.tables import is_id_of, read_csv, read_jsonl, usable
from sparkle.store import Folder, Stat

VERSION = 1
METADATA, PROVENANCE = "metadata", "provenance"
_BLOCK = 512  # of a tar

ENERGON_TABLES = """
CREATE TABLE samples (tar_file_id INTEGER NOT NULL, sample_key TEXT NOT NULL UNIQUE, sample_index INTEGER NOT NULL,
    byte_offset INTEGER, byte_size INTEGER);
CREATE TABLE sample_parts (tar_file_id INTEGER, sample_index INTEGER, part_name TEXT, content_byte_offset INTEGER,
    content_byte_size INTEGER);
"""
ENERGON_KEYS = """
CREATE INDEX idx_samples_by_tar_and_idx ON samples(tar_file_id, sample_index);
CREATE INDEX idx_sample_parts_seq ON sample_parts(tar_file_id, sample_index, content_byte_offset);
CREATE INDEX idx_sample_parts_full ON sample_parts(tar_file_id, sample_index, part_name, content_byte_offset,
    content_byte_size);
"""
SCHEMA = (
    ENERGON_TABLES
    + """
CREATE TABLE sparkle_files (tar_file_id INTEGER, name TEXT NOT NULL UNIQUE, size INTEGER NOT NULL,
    version TEXT NOT NULL, fingerprint TEXT NOT NULL);
CREATE TABLE sparkle_samples (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, theme TEXT NOT NULL, prompt TEXT);
CREATE TABLE sparkle_lines (id TEXT NOT NULL, kind TEXT NOT NULL, start INTEGER NOT NULL, size INTEGER NOT NULL,
    PRIMARY KEY (id, kind)) WITHOUT ROWID;
"""
)


def lines_file(theme: str, kind: str) -> PurePosixPath:
    """Return the JSON-lines file that holds a theme's lines of a kind: METADATA, PROVENANCE, or a published one."""
    if kind == PROVENANCE:
        return PurePosixPath(PROVENANCE_FILE)
    return metadata_path(theme) if kind == METADATA else intermediate_metadata_path(theme, kind)


def indexed_files(folder: Folder) -> dict[str, Stat]:
    """Return size and version of every shard and table of a dataset. Raises OSError for what cannot be read."""
    tables = [f"prompts/{name}" for name in folder.children("prompts") if name.endswith((".csv", ".jsonl"))]
    themes = [name for name in folder.children(INTERMEDIATE) if name.endswith("/")]
    tables += [str(lines_file(theme[:-1], kind)) for theme in themes for kind in METADATA_FILES]
    found = {key: folder.stat(key) for key in (*find_shards(folder), *tables, PROVENANCE_FILE)}
    return {key: stat for key, stat in found.items() if stat is not None}


def build_offsets(folder: Folder, files: dict[str, Stat], path: Path) -> None:
    """Write the index of a dataset to a path. `files` are its `indexed_files`.

    Raises SetupError for a shard or a table that cannot be used, OSError for what cannot be read.
    """
    with closing(sqlite3.connect(path)) as database:
        database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + SCHEMA)
        database.execute(f"PRAGMA user_version = {VERSION}")
        _add_files(database, folder, files)
        for number, key in enumerate(filter(shard_name, files)):
            _add_shard(database, folder, key, number)
        themes = _themes(database, folder, files)
        for theme in themes:
            _add_samples(database, folder, theme, files)
        for theme in themes:
            for kind in (METADATA, *METADATA_FILES):
                _add_lines(database, folder, lines_file(theme, kind), theme, kind, files)
        _add_lines(database, folder, PurePosixPath(PROVENANCE_FILE), None, PROVENANCE, files)
        database.executescript(ENERGON_KEYS)
        database.commit()


def note_versions(path: Path, files: dict[str, Stat]) -> None:
    """Write into an index from elsewhere which versions its files have here, where they were compared by content."""
    with closing(sqlite3.connect(path)) as database:
        rows = ((stat.version, key) for key, stat in files.items())
        database.executemany("UPDATE sparkle_files SET version = ? WHERE name = ?", rows)
        database.commit()


def _add_files(database: sqlite3.Connection, folder: Folder, files: dict[str, Stat]) -> None:
    numbers = {key: number for number, key in enumerate(filter(shard_name, files))}
    database.executemany(
        "INSERT INTO sparkle_files VALUES (?, ?, ?, ?, ?)",
        (
            (numbers.get(key), key, stat.size, stat.version, folder.extent(key).fingerprint())
            for key, stat in files.items()
        ),
    )


def _add_shard(database: sqlite3.Connection, folder: Folder, key: str, number: int) -> None:
    shard = shard_name(key)
    if shard is None:
        raise AssertionError(key)
    members = list(members_of(folder, key))
    suffix = suffix_of(shard.kind)
    begin = 0  # of a member's headers: where the one before ends
    samples, parts = [], []
    for index, member in enumerate(members):
        start, size = member.extent.start, member.extent.size or 0
        end = start + -(-size // _BLOCK) * _BLOCK
        samples.append((number, shard.member(member.id).removesuffix(suffix), index, begin, end - begin))
        parts.append((number, index, suffix[1:], start, size))
        begin = end
    try:
        database.executemany("INSERT INTO samples VALUES (?, ?, ?, ?, ?)", samples)
    except sqlite3.IntegrityError:
        twice = next(name for _, name, *_ in samples if _has_sample(database, name, number))
        raise SetupError(
            f"{folder.name(key)}: {twice}{suffix} stands in another shard, too; delete one of them"
        ) from None
    database.executemany("INSERT INTO sample_parts VALUES (?, ?, ?, ?, ?)", parts)


def _has_sample(database: sqlite3.Connection, name: str, number: int) -> bool:
    found = database.execute(
        "SELECT 1 FROM samples WHERE sample_key = ? AND tar_file_id <> ?", (name, number)
    ).fetchone()
    return found is not None


def _themes(database: sqlite3.Connection, folder: Folder, files: dict[str, Stat]) -> list[str]:
    """Return the themes of tables, of shards, and of loose clips, sorted."""
    suffix = "_train.csv"
    tables = (PurePosixPath(key).name.removesuffix(suffix) for key in files if key.endswith(suffix))
    shards = (shard.theme for key in files if (shard := shard_name(key)) is not None)
    loose = (
        name[:-1] for name in folder.children() if name.endswith("/") and _holds_clips(folder, name[:-1])
    )
    return sorted({*tables, *shards, *loose})


def _holds_clips(folder: Folder, theme: str) -> bool:
    is_theme = SAMPLE_ID.fullmatch(f"Sparkle_{theme}_000000") is not None
    return is_theme and any(f"{kind}/" in folder.children(theme) for kind in PAIR_KINDS)


def _add_samples(database: sqlite3.Connection, folder: Folder, theme: str, files: dict[str, Stat]) -> None:
    """Add the rows of a theme's table; without a table, those whose clips are there, in order of their ids."""
    add = "INSERT INTO sparkle_samples (id, theme, prompt) VALUES (?, ?, ?)"
    table = prompts_path(theme)
    if str(table) in files:
        rows = map(usable, read_csv(folder, table, theme, CSV_COLUMNS))
        database.executemany(add, ((row.id, theme, row.value["prompt"]) for row in rows))
        return
    ids = {*_ids_in_shards(database, theme), *_loose_ids(folder, theme)}
    ordered = sorted(ids, key=lambda id: (len(id), id))
    database.executemany(add, ((id, theme, None) for id in ordered))


def _ids_in_shards(database: sqlite3.Connection, theme: str) -> Iterator[str]:
    for kind in PAIR_KINDS:
        prefix = f"{theme}/{kind}/"
        found = database.execute(
            "SELECT sample_key FROM samples WHERE sample_key >= ? AND sample_key < ?", (prefix, f"{prefix}~")
        )
        yield from (name.removeprefix(prefix) for (name,) in found)


def _loose_ids(folder: Folder, theme: str) -> Iterator[str]:
    for kind in PAIR_KINDS:
        for name in folder.children(f"{theme}/{kind}"):
            id = name.removesuffix(suffix_of(kind))
            if id != name and is_id_of(theme, id):
                yield id


def _add_lines(
    database: sqlite3.Connection,
    folder: Folder,
    path: PurePosixPath,
    theme: str | None,
    kind: str,
    files: dict[str, Stat],
) -> None:
    if str(path) not in files:
        return
    rows = map(usable, read_jsonl(folder, path, theme))
    database.executemany(
        "INSERT INTO sparkle_lines VALUES (?, ?, ?, ?)", ((row.id, kind, row.start, row.size) for row in rows)
    )
