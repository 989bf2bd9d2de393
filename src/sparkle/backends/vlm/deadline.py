"""A limit on a request as a whole.

The timeouts of an HTTP client limit the wait for the next byte, so that a server that sends one now and then holds a
caller for ever, in the headers as well as in the body. Here a timer shuts the connection down when the time is over,
which wakes whoever reads from it. It learns of the connection from the `trace` extension of httpx, which tells of
connections that are opened; so no connection may be kept from one request for another.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_current: ContextVar[_Deadline | None] = ContextVar("deadline", default=None)


class LateError(Exception):
    """The time of a request was over before its answer was whole. `connected`: somebody was there."""

    def __init__(self, connected: bool) -> None:
        super().__init__("late")
        self.connected = connected


class _Deadline:
    def __init__(self) -> None:
        self.passed = False
        self._open: socket.socket | None = None
        self._lock = threading.Lock()

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Take note of each connection that is opened; over TLS the second one replaces the first."""
        stream: Any = info.get("return_value")
        if hasattr(stream, "get_extra_info"):
            with self._lock:
                self._open = stream.get_extra_info("socket")
            if self.passed:
                self._shut()

    @property
    def connected(self) -> bool:
        return self._open is not None

    def end(self) -> None:
        self.passed = True
        self._shut()

    def _shut(self) -> None:
        with self._lock, contextlib.suppress(OSError):  # closed already
            if self._open is not None:
                self._open.shutdown(socket.SHUT_RDWR)


@contextmanager
def whole_within(seconds: float) -> Iterator[None]:
    """Raise LateError if what is sent inside, by a client that `watched` is a hook of, fails after `seconds`."""
    deadline = _Deadline()
    timer = threading.Timer(seconds, deadline.end)
    timer.daemon = True
    token = _current.set(deadline)
    timer.start()
    try:
        yield
    except Exception as error:
        if deadline.passed:
            raise LateError(deadline.connected) from error
        raise
    finally:
        timer.cancel()
        _current.reset(token)


def watched(request: Any) -> None:
    """Let the deadline of this thread know of the connections of an httpx request: a hook for requests."""
    deadline = _current.get()
    if deadline is not None:
        request.extensions["trace"] = deadline.trace
