"""What SQLite says where it cannot write becomes an error that names the file, as it is for any other file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sparkle.core.errors import OutputError


@contextmanager
def database_written(path: Path) -> Iterator[None]:
    """Raise OutputError in place of what SQLite says of a disk that is full or fails. `path` is the file's own."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise OutputError(f"{path}: cannot be written ({error})") from error
