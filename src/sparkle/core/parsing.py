"""JSON of others: whatever is wrong with it is a ValueError with one line."""

from __future__ import annotations

import json
from dataclasses import fields
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

Checked = TypeVar("Checked")


def parse_json(text: str | bytes) -> Any:
    """Return the value of a JSON text. Raises ValueError for what is none, or is nested too deeply."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def parse_object(text: str | bytes) -> dict[str, Any]:
    """Return the object of a JSON text. Raises ValueError for anything else."""
    value = parse_json(text)
    if not isinstance(value, dict):
        raise ValueError(f"one JSON object is expected, got {type(value).__name__}")  # noqa: TRY004 - one kind of error
    return value


def checked(kind: TypeAdapter[Checked], value: dict[str, Any]) -> Checked:
    """Return an object as the dataclass of `kind`. Raises ValueError, in one line, for wrong types and unknown keys."""
    try:
        found = kind.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"{place}: {first['msg']}, got {str(first['input'])[:80]!r}") from None
    unknown = value.keys() - _names(type(found))  # type: ignore[arg-type]  # mypy takes a type variable for unhashable
    if unknown:
        raise ValueError(f"unknown keys: {', '.join(sorted(unknown)[:5])}")
    return found


@lru_cache
def _names(kind: type[Any]) -> frozenset[str]:
    """Return the names of a dataclass's fields; datasets ask for those of one a million times."""
    return frozenset(each.name for each in fields(kind))
