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
    return _object(parse_json(text))


def parse_given_object(text: str | bytes) -> dict[str, Any]:
    """Return the object of a JSON text that a person gives, see `parse_given`. Raises ValueError for anything else."""
    return _object(parse_given(text))


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"one JSON object is expected, got {type(value).__name__}")  # noqa: TRY004 - one kind of error
    return value


def parse_given(text: str | bytes) -> Any:
    """Return the value of a JSON text that a person gives. Raises ValueError as `parse_json` does, and for an object
    with a key twice: one of the two values would be lost without a word."""
    try:
        return json.loads(text, object_pairs_hook=_without_repeats)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"'{twice[:80]}' stands twice in one object; keep one of them")
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
