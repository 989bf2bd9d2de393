"""Who holds a lock, as the lock says it."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import TypeAdapter

from sparkle.core.parsing import checked, parse_object
from sparkle.store.processes import Process


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that holds a lock. `token` tells two locks of one process apart."""

    process: Process
    token: str

    @classmethod
    def this(cls) -> Holder:
        """Return the process that calls."""
        return cls(Process.this(), secrets.token_hex(8))

    def __str__(self) -> str:
        started = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self.process.started))
        return f"process {self.process.pid} on {self.process.host}, started {started} UTC"

    def line(self) -> bytes:
        """Return the holder as a line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"


_HOLDER = TypeAdapter(Holder)


def read_holder(content: bytes) -> Holder | None:
    """Return the holder that a lock names, or None where it names none."""
    try:
        return holder_of(parse_object(content))
    except ValueError:
        return None


def holder_of(value: dict[str, Any]) -> Holder:
    """Return the holder of a parsed lock. Raises ValueError for what is none."""
    return checked(_HOLDER, value)
