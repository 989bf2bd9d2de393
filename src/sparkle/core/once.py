"""A value that is made once for several who ask at the same time or one after the other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Latest(Generic[Key, Value]):
    """Keeps the value of the latest key alone. A memory of this process: it is pickled, copied and sent without it."""

    _known: dict[Key, Future[Value]] = field(default_factory=dict, repr=False, compare=False)
    _choosing: Lock = field(default_factory=Lock, repr=False, compare=False)

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """Return the value of `key`, made by the first who asks; others wait for it, or for its error."""
        with self._choosing:
            found = self._known.get(key)
            first = found is None
            if found is None:
                self._known.clear()
                found = self._known[key] = Future()
        if first:
            try:
                found.set_result(make())
            except BaseException as error:
                found.set_exception(error)
                raise
        return found.result()

    def forget(self) -> None:
        """Make the next one's value anew, whatever its key is."""
        with self._choosing:
            self._known.clear()

    def __reduce__(self) -> tuple[Any, ...]:
        return Latest, ()
