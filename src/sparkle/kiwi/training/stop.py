"""SIGTERM and Ctrl-C end a run after the micro-batch in hand, with a checkpoint; a second one ends it at once.

Under `accelerate launch` and `torchrun` there is no second one: a terminal, a scheduler and the launcher each pass the
same Ctrl-C or SIGTERM on. The launcher itself kills what has not ended after TORCH_ELASTIC_SHUTDOWN_TIMEOUT seconds, 30
if that is not set.
"""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType, TracebackType
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StopRequest:
    """Listens while it is entered. Outside the main thread, where Python allows no handlers, it never hears a thing."""

    def __init__(self) -> None:
        self.received = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> StopRequest:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._hear) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.received = True
        if "TORCHELASTIC_RUN_ID" not in os.environ:
            self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
