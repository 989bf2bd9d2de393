"""What the painter can paint: places.yaml has one record a place, and one file a family draws them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

from sparkle.config import read_document
from sparkle.painter.engine.canvas import Canvas
from sparkle.painter.place import Place
from sparkle.store import packaged_text


def _read() -> Mapping[str, Place]:
    """Read the records; a key that no Place has, a name that stands twice or a missing function ends the import."""
    content = read_document(packaged_text(__package__, "places.yaml"), "places.yaml")
    places: dict[str, Place] = {}
    for family, records in content.items():
        module = import_module(f"{__name__}.{family}")
        for name, record in records.items():
            if name in places:
                raise ValueError(f"two places are called {name}; rename one")
            places[name] = _place(name, record, getattr(module, record.pop("draw")))
    return MappingProxyType(places)


def _place(name: str, record: dict[str, Any], draw: Callable[[Canvas], None]) -> Place:
    lists: dict[str, Any] = {key: tuple(record.pop(key)) for key in ("fixed", "faint") if key in record}
    lives = frozenset(record.pop("lives", ()))
    return Place(name, draw, "|".join(record.pop("words")), lives=lives, **lists, **record)


PLACES = _read()
