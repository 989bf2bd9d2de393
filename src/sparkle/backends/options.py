"""Options of a backend are of the types that its constructor says, before anything is made of them."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any, get_type_hints

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError

from sparkle.core.errors import SettingsError

# As JSON: a list is a tuple there and a text a path, but "no" is no truth value and 4.5 no number of steps.
_STRICT = ConfigDict(strict=True, allow_inf_nan=False, arbitrary_types_allowed=True)


def check_options(key: str, kind: type[Any], options: Mapping[str, Any]) -> None:
    """Raise SettingsError for options that the class does not take, or that are of another type than it says.

    Every option at fault is named. What a constructor does not annotate, or annotates with names that only a type
    checker sees, is not checked.
    """
    signature = inspect.signature(kind)
    try:
        signature.bind(**options)
    except TypeError as error:
        known = ", ".join(signature.parameters) or "none"
        raise SettingsError(f"backend '{key}': {error}; its options: {known}") from error
    hints = _hints(kind)
    named = {name for name, about in signature.parameters.items() if about.kind is not about.VAR_KEYWORD}
    faults = [
        f"{name}: {fault}, got {options[name]!r}"
        for name in options
        if name in named and name in hints and (fault := _fault(hints[name], options[name]))
    ]
    if faults:
        raise SettingsError(f"backend '{key}': {'; '.join(faults)}")


def _hints(kind: type[Any]) -> Mapping[str, Any]:
    try:
        return get_type_hints(kind.__init__)
    except (NameError, TypeError):
        return {}


def _fault(hint: Any, value: Any) -> str | None:
    try:
        adapter = TypeAdapter(hint, config=_STRICT)
    except PydanticUserError:  # a class with a configuration of its own
        return None
    try:
        adapter.validate_json(json.dumps(value, default=str))
    except ValidationError as error:
        return "; ".join(dict.fromkeys(fault["msg"] for fault in error.errors()))
    return None
