"""Files and folders that are written whole or not at all: a killed process leaves nothing half under a final name."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sparkle.core.errors import OutputError

# What a disk says that cannot take what is written, whoever writes it.
_DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO})
_CLOCK_DOUBT_S = 2.0  # the kernel tells the time of its start in whole seconds

# The real suffix stays last, because encoders choose the container by it.
_TEMPORARY = re.compile(r"\.(?P<stem>.+)\.(?P<pid>\d+)\.tmp(?P<suffix>\.[^.]*)?")

_in_progress: set[Path] = set()


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Yield a hidden path beside `path`, which becomes `path` when the block ends and goes away when it raises.

    Content and name are on the disk before the context ends. Missing parent folders are made, and an existing
    `path` is replaced in one step. Raises OutputError where the disk or the folder cannot take it, and
    FileNotFoundError when the block wrote nothing.
    """
    final = Path(path)
    temporary = final.with_name(f".{final.stem}.{os.getpid()}.tmp{final.suffix}")
    _in_progress.add(temporary.absolute())
    try:
        with written_to(final, temporary):
            final.parent.mkdir(parents=True, exist_ok=True)
            temporary.unlink(missing_ok=True)  # a link of that name would be followed
            yield temporary
            _flush(temporary)
            temporary.replace(final)
            _flush(final.parent)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        _in_progress.discard(temporary.absolute())


@contextmanager
def written_to(final: Path, *written: Path) -> Iterator[None]:
    """Turn what the system says of writing `final`, or one of the paths that lead to it, into an OutputError."""
    ours = {str(path) for path in (final, final.parent, *final.parents, *written)}
    try:
        yield
    except OSError as error:
        about_it = error.filename is not None and os.fsdecode(error.filename) in ours
        missing = isinstance(error, FileNotFoundError)
        if error.errno in _DISK_ERRORS or (about_it and not missing):
            raise OutputError(f"{final}: cannot be written ({error.strerror})") from error
        raise


@contextmanager
def whole_folder(path: str | Path) -> Iterator[Path]:
    """Yield a hidden, empty folder beside `path`: it becomes `path` when the block ends, and goes away when it raises.

    What a killed process left of it is removed first, so that a folder has one writer. `path` must not exist.
    """
    final = Path(path)
    partial = final.with_name(f".{final.name}.partial")
    if partial.is_symlink():
        partial.unlink()
    elif partial.exists():
        shutil.rmtree(partial)
    try:
        with written_to(final, partial):
            partial.mkdir(parents=True)
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

    For a run that is resumed after kill -9. Files of living processes are left alone, unless the process is younger
    than the file and so only got the number of the one that wrote it. Process numbers mean nothing to other machines,
    so a folder on a shared disk must have one writer.
    """
    leftovers = [path for path in sorted(Path(folder).rglob(".*")) if _is_leftover(path)]
    for path in leftovers:
        path.unlink(missing_ok=True)
    return leftovers


def _is_leftover(path: Path) -> bool:
    match = _TEMPORARY.fullmatch(path.name)
    if match is None or not (path.is_symlink() or path.is_file()):
        return False
    return not _is_being_written(path, int(match["pid"]))


def _is_being_written(path: Path, pid: int) -> bool:
    if (
        pid == os.getpid()
    ):  # in a container, the process that was killed often had the number that we have now
        return path.absolute() in _in_progress
    started = _process_start(pid)
    return started is not None and started <= path.lstat().st_mtime + _CLOCK_DOUBT_S


def _process_start(pid: int) -> float | None:
    """Return when a process was started, in seconds since 1970, or None if there is none of that number."""
    try:
        # The name of the program, in brackets, may hold anything; what follows it are numbers.
        numbers = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        boot = next(
            line.split()[1]
            for line in Path("/proc/stat").read_bytes().splitlines()
            if line.startswith(b"btime")
        )
    except OSError:
        return None
    return int(boot) + int(numbers[19]) / os.sysconf("SC_CLK_TCK")


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
