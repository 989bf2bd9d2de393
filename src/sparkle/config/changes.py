"""What differs between two sets of settings, as values: it decides what of a run is done again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """One setting, by its path, that is another now; None is one that is not there."""

    path: tuple[str, ...]
    old: Any
    new: Any

    @property
    def name(self) -> str:
        """The path as it is written."""
        return ".".join(self.path)

    def __str__(self) -> str:
        return f"{self.name}: {self.old} -> {self.new}"


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Return every setting that differs between two trees of plain values, by name; lists differ as a whole."""
    return list(_changes(old, new, ()))


def _changes(old: Mapping[str, Any], new: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[Change]:
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        path = (*above, key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _changes(before, after, path)
        elif before != after:
            yield Change(path, before, after)
