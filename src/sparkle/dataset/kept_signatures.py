"""Signatures of clips, kept on the disk where the next command finds them: looking at a clip takes a second."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from sparkle.dataset.database_writing import database_written
from sparkle.dataset.signatures import MOMENTS, MOST_FRAMES, PARTS, Signature, signature_of
from sparkle.dataset.stored_sample import StoredSample
from sparkle.store import Folder, cache_folder, remove_file
from sparkle.video import StoredClip

_FILE = "signatures.sqlite"
_VERSION = 2  # 1 was a text file
_TABLE = (
    "CREATE TABLE IF NOT EXISTS signatures (clip TEXT PRIMARY KEY, frames BLOB, parts BLOB) WITHOUT ROWID"
)
_NUMBER = np.dtype("<u8")


class KeptSignatures:
    """Gives the signature of a sample's clip, by the content of its file. Several threads may ask."""

    def __init__(self, kind: str, path: Path, database: sqlite3.Connection) -> None:
        self._kind, self._path, self._database = kind, path, database
        self._lock = threading.Lock()

    def __call__(self, sample: StoredSample) -> Signature:
        """Return the signature. Raises MediaError for what cannot be read, OutputError as `keep` does."""
        clip = StoredClip(sample.extent(self._kind))
        key = clip.fingerprint()
        found = self.find(key)
        if found is None:
            found = signature_of(clip)
            self.keep(key, found)
        return found

    def find(self, key: str) -> Signature | None:
        """Return the signature of a clip by the key of its content; None where there is none that can be used."""
        with self._lock:
            row = self._database.execute(
                "SELECT frames, parts FROM signatures WHERE clip = ?", (key,)
            ).fetchone()
        return None if row is None else _signature(*row)

    def keep(self, key: str, signature: Signature) -> None:
        """Keep a signature. Raises OutputError where the disk cannot take it."""
        numbers = (each.astype(_NUMBER).tobytes() for each in (signature.frames, signature.parts))
        with self._lock, database_written(self._path):
            self._database.execute("INSERT OR REPLACE INTO signatures VALUES (?, ?, ?)", (key, *numbers))


@contextmanager
def kept_signatures(kind: str, place: Path | None = None) -> Iterator[KeptSignatures]:
    """Yield what gives signatures of one kind of clip, kept in a folder, by default ~/.cache/sparkle/signatures."""
    root = place or cache_folder("signatures")
    path = root / _FILE
    with Folder.at(root).only_writer(".lock", "signatures of clips"), closing(_opened(path)) as database:
        yield KeptSignatures(kind, path, database)


def _opened(path: Path) -> sqlite3.Connection:
    """Return a database of signatures; what is garbled or of another version is a cache, and made anew.

    Raises OutputError where the disk is full or fails, which says nothing against what is kept.
    """
    with database_written(path):
        try:
            return _database(path)
        except sqlite3.OperationalError:
            raise
        except (sqlite3.DatabaseError, ValueError):
            remove_file(path)
            return _database(path)


def _database(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    try:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version not in (0, _VERSION):
            raise ValueError(version)
        database.execute(
            "PRAGMA synchronous = OFF"
        )  # a killed process loses nothing by that, a power cut may
        database.execute("PRAGMA journal_mode = TRUNCATE")
        database.execute(_TABLE)
        if version != _VERSION:
            database.execute(f"PRAGMA user_version = {_VERSION}")
        if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise ValueError("garbled")
    except BaseException:
        database.close()
        raise
    return database


def _signature(frames: object, parts: object) -> Signature | None:
    if not isinstance(frames, bytes) or not isinstance(parts, bytes):
        return None
    size = _NUMBER.itemsize
    if not 0 < len(frames) <= MOST_FRAMES * size or len(frames) % size:
        return None
    if len(parts) != MOMENTS * 2 * len(PARTS) * size:
        return None
    return Signature(
        np.frombuffer(frames, _NUMBER).astype(np.uint64),
        np.frombuffer(parts, _NUMBER).astype(np.uint64).reshape(MOMENTS, -1),
    )
