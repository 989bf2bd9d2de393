"""What a client's questions cost so far, for callers outside a run (within one, `sparkle.core.usage` collects it)."""

from __future__ import annotations

import threading

from sparkle.core.usage import Usage, sum_usage


class UsageLog:
    """Sums per question and model, those of cached replies apart. Thread-safe, and small however long it lives."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str, bool], Usage] = {}
        self._lock = threading.Lock()

    def add(self, usage: Usage) -> None:
        """Add one use to its sum."""
        key = usage.name, usage.model, bool(usage.cached)
        with self._lock:
            before = [self._sums[key]] if key in self._sums else []
            self._sums[key] = sum_usage([*before, usage])[0]

    def records(self) -> list[Usage]:
        """Return the sums, in order of first appearance."""
        with self._lock:
            return list(self._sums.values())
