"""Files and folders that are written whole or not at all: a killed process leaves nothing half under a final name."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# The real suffix stays last, because encoders choose the container by it.
_TEMPORARY = re.compile(r"\.(?P<stem>.+)\.(?P<pid>\d+)\.tmp(?P<suffix>\.[^.]*)?")

_in_progress: set[Path] = set()


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Yield a hidden path beside `path`, which becomes `path` when the block ends and goes away when it raises.

    Content and name are on the disk before the context ends. Missing parent folders are made, and an existing
    `path` is replaced in one step. Raises FileNotFoundError when the block wrote nothing.
    """
    final = Path(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary = final.with_name(f".{final.stem}.{os.getpid()}.tmp{final.suffix}")
    _in_progress.add(temporary.absolute())
    try:
        yield temporary
        _flush(temporary)
        temporary.replace(final)
        _flush(final.parent)
    finally:
        temporary.unlink(missing_ok=True)
        _in_progress.discard(temporary.absolute())


@contextmanager
def whole_folder(path: str | Path) -> Iterator[Path]:
    """Yield a hidden, empty folder beside `path`: it becomes `path` when the block ends, and goes away when it raises.

    What a killed process left of it is removed first, so that a folder has one writer. `path` must not exist.
    """
    final = Path(path)
    partial = final.with_name(f".{final.name}.partial")
    if partial.exists():
        shutil.rmtree(partial)
    partial.mkdir(parents=True)
    try:
        yield partial
        partial.rename(final)
        _flush(final.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: str | Path, content: str) -> None:
    """Write `content` as UTF-8 with "\\n" line ends to `path`, whole or not at all."""
    write_bytes(path, content.encode())


def remove_leftovers(folder: str | Path) -> list[Path]:
    """Delete temporary files below `folder` whose process is dead; return their paths, sorted.

    For a run that is resumed after kill -9. Files of living processes are left alone; process numbers mean
    nothing to other machines, so a folder on a shared disk must have one writer.
    """
    leftovers = [path for path in sorted(Path(folder).rglob(".*")) if _is_leftover(path)]
    for path in leftovers:
        path.unlink(missing_ok=True)
    return leftovers


def _is_leftover(path: Path) -> bool:
    match = _TEMPORARY.fullmatch(path.name)
    return match is not None and path.is_file() and not _is_being_written(path, int(match["pid"]))


def _is_being_written(path: Path, pid: int) -> bool:
    if (
        pid == os.getpid()
    ):  # in a container, the process that was killed often had the number that we have now
        return path.absolute() in _in_progress
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
