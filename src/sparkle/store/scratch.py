"""Files for a while: a folder of one's own in the system's temporary place."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch_folder(beside: Path | None = None) -> Iterator[Path]:
    """Yield an empty folder that goes away with the block; within the folder `beside`, if that is given."""
    with tempfile.TemporaryDirectory(prefix="sparkle-", dir=beside) as folder:
        yield Path(folder)
