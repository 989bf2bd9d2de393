"""Precedence: a file, the files that it extends below it, `--set` above it, a command's own options on top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from sparkle.config.overrides import Override
from sparkle.core.errors import SettingsError

BACKEND_FIELDS = ("key", "options", "shared")


@dataclass(frozen=True, slots=True)
class Layers:
    """The values that stand after all layers were laid over each other, and who said what.

    `documents` are (name, values) of the files, the one that was asked for first, and `overrides` come in order of
    precedence, the strongest last.
    """

    values: dict[str, Any]
    documents: tuple[tuple[str, Mapping[str, Any]], ...]
    overrides: tuple[Override, ...] = ()

    def with_overrides(self, overrides: Sequence[Override]) -> Layers:
        """Return the layers with settings on top, the last one strongest.

        A number in a path is a place in a list; a section that is not there is made, and a backend that is a
        bare key may get options. Raises SettingsError for a path through what is neither section nor list.
        """
        values = deepcopy(self.values)
        for override in overrides:
            _put(values, override)
        return Layers(values, self.documents, (*self.overrides, *overrides))

    def with_defaults(self, defaults: Mapping[str, Any]) -> Layers:
        """Return the layers with settings below all documents, by their dotted paths."""
        values = deepcopy(self.values)
        for name, value in defaults.items():
            path = tuple(name.split("."))
            if not _stands_in(values, path):
                _put(values, Override(path, value, "the command's default"))
        return Layers(values, self.documents, self.overrides)

    def origin(self, path: Sequence[str]) -> str:
        """Return who said the setting at `path`, or what lies in it or around it: an override or a file."""
        for override in reversed(self.overrides):
            shorter = min(len(path), len(override.path))
            if tuple(path[:shorter]) == override.path[:shorter]:
                return override.where
        saying = [name for name, values in self.documents if _stands_in(values, path)]
        return saying[0] if saying else self.documents[0][0]


def _stands_in(values: Any, path: Sequence[str]) -> bool:
    for part in path:
        if isinstance(values, Mapping) and part in values:
            values = values[part]
        elif isinstance(values, list) and part.isdecimal() and int(part) < len(values):
            values = values[int(part)]
        else:
            return False
    return True


def _put(values: dict[str, Any], override: Override) -> None:
    section: Any = values
    *above, last = override.path
    for depth, part in enumerate(above):
        place = _place(section, part, override, depth)
        inner = section.get(place) if isinstance(section, dict) else section[place]
        if inner is None:
            inner = {}
        elif isinstance(inner, str) and override.path[depth + 1] in BACKEND_FIELDS:  # a bare key gets options
            inner = {"key": inner}
        section[place] = inner
        section = inner
    section[_place(section, last, override, len(above))] = override.value


def _place(section: Any, part: str, override: Override, depth: int) -> Any:
    if isinstance(section, dict):
        return part
    told = f"{override.where}: {override.name}"
    if not isinstance(section, list):
        raise SettingsError(f"{told}: '{override.path[depth - 1]}' is a value, not a section")
    if not part.isdecimal() or int(part) >= len(section):
        raise SettingsError(f"{told}: '{part}' is no place in a list of {len(section)}")
    return int(part)
