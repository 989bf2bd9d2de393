"""Seconds on the device's own clock: a section is measured between two marks, without waiting for it to end."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch


class Stopwatch:
    """Named sections of work on one device. Read `seconds` when the work is done: reading waits for the device."""

    def __init__(self, device: torch.device | str) -> None:
        self.device = torch.device(device)
        self._sections: dict[str, list[tuple[Any, Any]]] = defaultdict(list)

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        """Measure what is started inside."""
        before = self._mark()
        yield
        self._sections[name].append((before, self._mark()))

    def watch(self, owner: Any, method: str, name: str) -> None:
        """Measure every call of a method from now on."""
        original: Callable[..., Any] = getattr(owner, method)

        def measured(*arguments: Any, **options: Any) -> Any:
            with self.section(name):
                return original(*arguments, **options)

        setattr(owner, method, measured)

    def watch_module(self, module: torch.nn.Module, name: str) -> None:
        """Measure every forward pass of a module from now on, whatever else (offloading) wraps it."""
        started: list[Any] = []
        module.register_forward_pre_hook(lambda *_: started.append(self._mark()))
        module.register_forward_hook(
            lambda *_: self._sections[name].append((started.pop(), self._mark())), always_call=True
        )

    def seconds(self) -> dict[str, list[float]]:
        """Return the seconds of every time that each section ran, and start afresh."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        found = {
            name: [self._between(before, after) for before, after in marks]
            for name, marks in self._sections.items()
        }
        self._sections.clear()
        return found

    def _mark(self) -> Any:
        if self.device.type != "cuda":
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)
        event.record(torch.cuda.current_stream(self.device))
        return event

    def _between(self, before: Any, after: Any) -> float:
        if self.device.type != "cuda":
            return float(after - before)
        return float(before.elapsed_time(after)) / 1000.0
