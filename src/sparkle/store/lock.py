"""One writer at a time on this machine, by a lock of the system: it ends with its process, whatever its file says."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sparkle.core.errors import SetupError
from sparkle.store.holder import Holder, read_holder
from sparkle.store.outputs import make_folder
from sparkle.store.own_files import open_own
from sparkle.store.plain_files import read_plain
from sparkle.store.whole import written_to

_LONGEST = 4096  # bytes of what a holder writes


class HeldLock:
    """A lock of this machine; the system takes it from nobody who holds it."""

    def check(self) -> None:
        """Do nothing: see RemoteLock.check."""


@contextmanager
def only_writer(lock: Path, what: str) -> Iterator[HeldLock]:
    """Hold `lock`, a file that is made where there is none; `what` is called so in the error: "this run".

    While it is held the file names its holder, and afterwards it is empty. What others wrote there is left alone.
    Processes that the holder forked hold it, too, until they end. Raises SetupError that names the holder while
    another process has it, OutputError for a link or where no file can be made.
    """
    make_folder(lock.parent)
    descriptor = open_own(lock, os.O_RDWR | os.O_CREAT)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SetupError(_busy(lock, what, read_holder(_content(descriptor)))) from None
        is_ours = _is_ours(_content(descriptor))
        if is_ours:
            with written_to(lock):
                _replace(descriptor, Holder.this().line())
        try:
            yield HeldLock()
        finally:
            if is_ours:
                # Where the disk has become read-only, it names one that will be gone, as after a kill; what the block
                # raised is not hidden by that.
                with suppress(OSError):
                    _replace(descriptor, b"")
    finally:
        os.close(descriptor)


def named_holder(lock: Path) -> Holder | None:
    """Return the process that `lock` names: one that holds it, or was killed while it did; None where it names none.

    Only reads. Raises OSError where that cannot be done.
    """
    try:
        return read_holder(read_plain(lock, _LONGEST))
    except FileNotFoundError:
        return None


def _busy(lock: Path, what: str, holder: Holder | None) -> str:
    busy = f"{lock.parent}: another process is writing {what}"
    if holder is None:
        return f"{busy}; wait for it or stop it"
    if holder.process.is_gone:
        return f"{busy}: one that {holder} started, which has ended itself; wait for it or stop it"
    return f"{busy}: {holder}; wait for it or stop it"


def _content(descriptor: int) -> bytes:
    return os.pread(descriptor, _LONGEST + 1, 0)


def _is_ours(content: bytes) -> bool:
    return not content or read_holder(content) is not None


def _replace(descriptor: int, content: bytes) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, content, 0)
