"""Who a process is: one of a number that is given out again, on a machine whose numbers mean nothing elsewhere."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_CLOCK_DOUBT_S = 2.0  # the kernel tells the time of its start in whole seconds


@dataclass(frozen=True, slots=True)
class Process:
    """A process: its host's name, its number, when it was started (seconds since 1970), and where numbers are its own.

    `numbers`: one start of one kernel, and one container in it; processes are looked for only where it is the same.
    """

    host: str
    pid: int
    started: float
    numbers: str

    @classmethod
    def this(cls) -> Process:
        """Return the process that calls."""
        return cls(socket.gethostname(), os.getpid(), process_start(os.getpid()) or 0.0, _numbers())

    @property
    def is_gone(self) -> bool | None:
        """Whether it has ended; None where nobody here can know."""
        if self.numbers != _numbers():
            return None
        started = process_start(self.pid)
        return started is None or abs(started - self.started) > _CLOCK_DOUBT_S


def process_start(pid: int) -> float | None:
    """Return when a process was started, in seconds since 1970, or None if there is none of that number.

    One that has ended and was not waited for by its parent is none.
    """
    try:
        # The name of the program, in brackets, may hold anything; what follows it are the state and numbers.
        numbers = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        boot = next(
            line.split()[1]
            for line in Path("/proc/stat").read_bytes().splitlines()
            if line.startswith(b"btime")
        )
    except OSError:
        return None
    if numbers[0] in {b"Z", b"X"}:
        return None
    return int(boot) + int(numbers[19]) / os.sysconf("SC_CLK_TCK")


def is_running_since(pid: int, moment: float) -> bool:
    """Whether the process of that number runs now and did at `moment`, in seconds since 1970."""
    started = process_start(pid)
    return started is not None and started <= moment + _CLOCK_DOUBT_S


@cache
def _numbers() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return socket.gethostname()
