"""Reads the index of a dataset.

Nobody vouches for one that came with a download: it is asked for numbers and ids alone, and what it says is held
against the files themselves where they are read.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from sparkle.core.errors import SetupError
from sparkle.core.layout import SAMPLE_ID
from sparkle.dataset.offsets import ENERGON_KEYS, SCHEMA, VERSION
from sparkle.dataset.shards import shard_name
from sparkle.store import Folder, Stat

_SHAPE = "SELECT type, name, sql FROM sqlite_master"


@dataclass(frozen=True, slots=True)
class Lookup:
    """An index at a path of this machine. It is picklable; each process has a connection of its own.

    `made`: tells one index from another that was put in its place.
    """

    path: Path
    made: str

    @classmethod
    def at(cls, path: Path) -> Lookup:
        """Return the index at a path. Raises ValueError for what is no index of this version."""
        status = path.stat()
        found = cls(path, f"{status.st_ino}-{status.st_mtime_ns}")
        try:
            version = found._ask("PRAGMA user_version")
            shape = set(found._all(_SHAPE))
        except (sqlite3.Error, SetupError) as error:
            raise ValueError(f"is no index ({error})") from None
        # A view or a trigger would run what somebody else wrote, and other columns hold other kinds of values.
        if shape != _shape():
            raise ValueError("has other tables than an index")
        if version != (VERSION,):
            raise ValueError("is of another version")
        return found

    def is_of(self, folder: Folder, files: dict[str, Stat]) -> bool:
        """Tell whether the index was made from these files: by size and version, or else by size and content."""
        try:
            known = {
                name: rest
                for name, *rest in self._all("SELECT name, size, version, fingerprint FROM sparkle_files")
            }
        except SetupError:
            return False
        return known.keys() == files.keys() and all(
            known[key][0] == stat.size
            and (known[key][1] == stat.version or known[key][2] == folder.extent(key).fingerprint())
            for key, stat in files.items()
        )

    def numbers(self, themes: Sequence[str] | None = None) -> NDArray[np.int64]:
        """Return the numbers of all samples, or of those of some themes, in order: int64 (N,)."""
        if themes is None:
            rows = self._all("SELECT number FROM sparkle_samples ORDER BY number")
        else:
            marks = ",".join("?" * len(themes))
            rows = self._all(
                f"SELECT number FROM sparkle_samples WHERE theme IN ({marks}) ORDER BY number",  # noqa: S608
                *themes,
            )
        return np.array([number for (number,) in rows], np.int64)

    def themes(self) -> list[str]:
        """Return the themes that have samples, sorted."""
        return [theme for (theme,) in self._all("SELECT DISTINCT theme FROM sparkle_samples ORDER BY theme")]

    def sample(self, number: int) -> tuple[str, str, str | None]:
        """Return (id, theme, prompt) of a sample."""
        row = self._ask("SELECT id, theme, prompt FROM sparkle_samples WHERE number = ?", number)
        if row is not None:
            id, theme, prompt = row
            match = SAMPLE_ID.fullmatch(id) if isinstance(id, str) else None
            if match is not None and match["theme"] == theme and isinstance(prompt, str | None):
                return id, theme, prompt
        raise SetupError(f"{self.path}: is garbled at sample {number}; delete it, it is made again")

    def number_of(self, id: str) -> int | None:
        """Return the number of a sample, or None for an id that there is not."""
        row = self._ask("SELECT number FROM sparkle_samples WHERE id = ?", id)
        return None if row is None else int(row[0])

    def member(self, key: str) -> tuple[str, int, int] | None:
        """Return (shard, first byte, size) of the member "{theme}/{kind}/{id}", or None where no shard has it."""
        row = self._ask(
            "SELECT name, content_byte_offset, content_byte_size FROM samples JOIN sample_parts "
            "USING (tar_file_id, sample_index) JOIN sparkle_files USING (tar_file_id) WHERE sample_key = ?",
            key,
        )
        if row is None:
            return None
        shard, start, size = row
        if shard_name(str(shard)) is None or not all(
            isinstance(part, int) and part >= 0 for part in (start, size)
        ):
            raise SetupError(f"{self.path}: is garbled at {key}; delete it, it is made again")
        return shard, start, size

    def members(self) -> Iterator[tuple[str, object, object, object]]:
        """Yield (key, shard, first byte, size) of every member as the index has it, unchecked."""
        query = (
            "SELECT sample_key, name, content_byte_offset, content_byte_size FROM samples JOIN sample_parts "
            "USING (tar_file_id, sample_index) JOIN sparkle_files USING (tar_file_id)"
        )
        with self._asking(query, ()) as cursor:
            yield from ((str(key), shard, start, size) for key, shard, start, size in cursor)

    def line(self, id: str, kind: str) -> tuple[int, int] | None:
        """Return (first byte, size) of a sample's line of a kind, or None where there is none."""
        row = self._ask("SELECT start, size FROM sparkle_lines WHERE id = ? AND kind = ?", id, kind)
        if row is None:
            return None
        if not all(isinstance(part, int) and part >= 0 for part in row):
            raise SetupError(f"{self.path}: is garbled at {id}; delete it, it is made again")
        return row[0], row[1]

    def _ask(self, query: str, *values: object) -> tuple[Any, ...] | None:
        with self._asking(query, values) as cursor:
            row: tuple[Any, ...] | None = cursor.fetchone()
        return row

    def _all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._asking(query, values) as cursor:
            return cursor.fetchall()

    @contextmanager
    def _asking(self, query: str, values: Sequence[object]) -> Iterator[sqlite3.Cursor]:
        """Yield the rows of a query. Raises SetupError for a damaged index, wherever the damage is come upon."""
        try:
            connection = _connection(str(self.path), self.made, os.getpid())
            with closing(connection.execute(query, values)) as cursor:
                yield cursor
        except sqlite3.Error as error:
            raise SetupError(f"{self.path}: is garbled ({error}); delete it, it is made again") from error


@cache
def _shape() -> set[tuple[Any, ...]]:
    """Return what an index is declared as."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(SCHEMA + ENERGON_KEYS)
        return set(database.execute(_SHAPE))


@lru_cache(maxsize=64)
def _connection(path: str, made: str, process: int) -> sqlite3.Connection:
    """Return a connection that only reads. A process never uses one that it inherited."""
    connection = sqlite3.connect(
        f"file:{quote(path)}?mode=ro&immutable=1", uri=True, check_same_thread=False, isolation_level=None
    )
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection
