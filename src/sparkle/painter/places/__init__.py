"""What the painter can paint: one record a place in the files here; its steps paint it, or a function does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from types import MappingProxyType
from typing import Any

from sparkle.config import read_document
from sparkle.painter import steps
from sparkle.painter.engine.canvas import Canvas
from sparkle.painter.place import Place
from sparkle.painter.scene import play, steps_of
from sparkle.store import packaged_text

FILES = ("country", "wilds", "towns", "elsewhere")
STEPS = steps.__all__  # named in the records, so that they have to be there


def _read() -> Mapping[str, Place]:
    """Read the records; an unknown key or step, a name that stands twice, a missing function end the import."""
    places: dict[str, Place] = {}
    for file in FILES:
        for name, entry in read_document(packaged_text(__package__, f"{file}.yaml"), f"{file}.yaml").items():
            if name in places:
                raise ValueError(f"two places are called {name}; rename one")
            places[name] = _place(name, entry)
    return MappingProxyType(places)


def _place(name: str, entry: dict[str, Any]) -> Place:
    draw, record = _draw(name, entry), entry.pop("record")
    if entry:
        raise ValueError(f"{name}: a place has a record and steps, not {', '.join(entry)}")
    lists: dict[str, Any] = {key: tuple(record.pop(key)) for key in ("fixed", "faint") if key in record}
    lives = frozenset(record.pop("lives", ()))
    return Place(name, draw, "|".join(record.pop("words")), lives=lives, **lists, **record)


def _draw(name: str, entry: dict[str, Any]) -> Callable[[Canvas], None]:
    if "steps" in entry:
        try:
            return partial(play, steps=steps_of(entry.pop("steps")))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    family, function = entry.pop("draw").split(".")
    drawn: Callable[[Canvas], None] = getattr(import_module(f"{__name__}.{family}"), function)
    return drawn


PLACES = _read()
