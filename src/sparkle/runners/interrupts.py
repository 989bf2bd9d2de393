"""Ctrl-C between two steps of the work and never within one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interrupts_between_steps() -> Iterator[Callable[[], None]]:
    """Hold the first Ctrl-C back until the function that is yielded is called, which raises KeyboardInterrupt then.

    A second Ctrl-C acts as ever. Outside of the main thread, which alone hears of it, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    before = signal.getsignal(signal.SIGINT) or signal.SIG_DFL
    came = threading.Event()

    def hear(number: int, frame: FrameType | None) -> None:
        came.set()
        signal.signal(signal.SIGINT, before)

    def check() -> None:
        if came.is_set():
            came.clear()
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, hear)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)
    check()
