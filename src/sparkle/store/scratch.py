"""Files for a while: a folder of one's own in the system's temporary place."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def scratch_folder(beside: Path | None = None) -> Iterator[Path]:
    """Yield an empty folder that goes away with the block; within the folder `beside`, if that is given."""
    with tempfile.TemporaryDirectory(prefix="sparkle-", dir=beside) as folder:
        yield Path(folder)


def scratch_place() -> Path:
    """Return the system's folder for temporary files."""
    return Path(tempfile.gettempdir())


def scratch_file() -> IO[bytes]:
    """Return an open file without a name, which is gone when it is closed."""
    return tempfile.TemporaryFile()
