"""Files and folders that are written whole or not at all: a killed process leaves nothing half under a final name."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sparkle.core.errors import OutputError
from sparkle.store.keys import PARTIAL_SUFFIX, TEMPORARY
from sparkle.store.processes import is_running_since

# What a disk says that cannot take what is written, whoever writes it.
_DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO})

# What a file system says that locks no folders.
_NO_LOCKS = frozenset({errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS})

_in_progress: set[Path] = set()


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Yield a hidden path beside `path`, which becomes `path` when the block ends and goes away when it raises.

    Content and name are on the disk before the context ends. Missing parent folders are made, and an existing
    `path` is replaced in one step. Raises OutputError where the disk or the folder cannot take it or `path` is no
    file, and FileNotFoundError when the block wrote nothing.
    """
    final = Path(path)
    refuse_special(final)
    with _beside(final, final.stem) as temporary:
        yield temporary
        flush(temporary)
        temporary.replace(final)
        flush(final.parent)


def refuse_special(path: Path) -> None:
    """Raise OutputError for a pipe, a socket or a device, or a link to one: a file put there would take its place."""
    with suppress(FileNotFoundError, NotADirectoryError):
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise OutputError(f"{path}: is a pipe, a socket or a device; name a file")


def create_bytes(path: str | Path, content: bytes) -> None:
    """Write `content` to `path`, whole, where there is nothing of that name. Raises FileExistsError where there is."""
    final = Path(path)
    # Two threads may try: each has a file of its own, and the system gives the name to one.
    with _beside(final, f"{final.stem}-{threading.get_ident()}") as temporary:
        temporary.write_bytes(content)
        flush(temporary)
        taken = False
        try:
            os.link(temporary, final)
        except FileExistsError:
            taken = True
        flush(final.parent)
    if taken:
        raise FileExistsError(errno.EEXIST, "is there already", str(final))


@contextmanager
def _beside(final: Path, stem: str) -> Iterator[Path]:
    temporary = final.with_name(f".{stem}.{os.getpid()}.tmp{final.suffix}")
    _in_progress.add(temporary.absolute())
    try:
        with written_to(final, temporary):
            make_parents(final)
            temporary.unlink(missing_ok=True)  # a link of that name would be followed
            yield temporary
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        _in_progress.discard(temporary.absolute())


def make_parents(path: Path) -> None:
    """Make the folders above `path` that are missing, so that they outlast a power cut as what is put there does."""
    missing = [folder for folder in path.parents if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        flush(folder.parent)


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

    What a killed process left of it is removed first. `path` must not exist. Raises OutputError while another process
    writes the same folder.
    """
    final = Path(path)
    partial = final.with_name(f".{final.name}{PARTIAL_SUFFIX}")
    with written_to(final, partial):
        if partial.is_symlink():
            partial.unlink()
        elif partial.exists():
            with _held(partial, final):
                shutil.rmtree(partial)
        partial.mkdir(parents=True)
    with _held(partial, final):
        try:
            with written_to(final, partial):
                yield partial
                partial.rename(final)
                flush(final.parent)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def _held(partial: Path, final: Path) -> Iterator[None]:
    """Hold a folder by a lock of the system, which ends with its process, so that nobody else takes it for a leftover.

    Some file systems of other machines lock no folders: there a folder must have one writer.
    """
    busy = OutputError(f"{final}: another process is writing it; wait for it or name another output")
    try:
        descriptor = os.open(partial, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise busy from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise busy from None
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
        # Whoever held it meanwhile may have removed it, or have made it anew.
        if not partial.exists() or not os.path.samestat(os.fstat(descriptor), partial.lstat()):
            raise busy
        yield
    finally:
        os.close(descriptor)


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: str | Path, content: str) -> None:
    """Write `content` as UTF-8 with "\\n" line ends to `path`, whole or not at all."""
    write_bytes(path, content.encode())


@contextmanager
def writing_pieces(path: Path) -> Iterator[Callable[[str], object]]:
    """Yield what takes piece after piece of UTF-8 text for a path that is to become a whole file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        yield file.write
        with written_to(path):
            file.flush()


def remove_leftovers(folders: Iterable[Path], patience_s: float = 0.0) -> list[Path]:
    """Delete temporary files right in `folders` whose process is dead; return their paths, sorted.

    For a run that is resumed after kill -9. Files of living processes are left alone, unless the process is younger
    than the file and so only got the number of the one that wrote it. Process numbers mean nothing to other machines,
    so a folder on a shared disk must have one writer. Where nobody may write any more, `patience_s` waits so long for
    the workers of a killed process, which end a moment after it.
    """
    places, removed = list(folders), list[Path]()
    until = time.monotonic() + patience_s
    while True:
        found = [path for folder in places for path in _hidden(folder) if _is_temporary(path)]
        dead = [path for path in found if _is_leftover(path)]
        for path in dead:
            path.unlink(missing_ok=True)
        removed += dead
        if len(dead) == len(found) or time.monotonic() >= until:
            return sorted(removed)
        time.sleep(0.05)


def remove_partials(path: Path) -> None:
    """Delete temporary files of the file `path`, whoever began them. The caller knows that nobody writes it now."""
    for found in _hidden(path.parent):
        if _is_temporary(found) and _final_name(found.name) == path.name:
            found.unlink(missing_ok=True)


def _final_name(name: str) -> str:
    """Return what a temporary file is to be called in the end: writers that write whole files nest."""
    while match := TEMPORARY.fullmatch(name):
        name = match["stem"] + (match["suffix"] or "")
    return name


def _hidden(folder: Path) -> list[Path]:
    """Return what is called so in a folder; a million other names are passed over within a second."""
    try:
        with os.scandir(folder) as entries:
            return [folder / entry.name for entry in entries if entry.name[0] == "."]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _is_temporary(path: Path) -> bool:
    return TEMPORARY.fullmatch(path.name) is not None and (path.is_symlink() or path.is_file())


def _is_leftover(path: Path) -> bool:
    match = TEMPORARY.fullmatch(path.name)
    return match is not None and not _is_being_written(path, int(match["pid"]))


def _is_being_written(path: Path, pid: int) -> bool:
    if (
        pid == os.getpid()
    ):  # in a container, the process that was killed often had the number that we have now
        return path.absolute() in _in_progress
    try:
        return is_running_since(pid, path.lstat().st_mtime)
    except FileNotFoundError:  # finished meanwhile
        return False


def flush(path: Path) -> None:
    """Wait until a file's content, or a folder's names, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
