"""Whether a backend fills the role that it is named for: by its methods and what they take, before it is called."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from sparkle.core.errors import SettingsError


def refuse_misfit(place: str, key: str, backend: Any, role: type[Any]) -> None:
    """Raise SettingsError, which names `place` ("animate.animator") and key, unless the backend is a `role`.

    A role is a Protocol. Its methods must be there and take what the role gives them; types are compared where both
    sides say them, and only as far as an array differs from a request.
    """
    fault = _misfit(backend, role)
    if fault:
        raise SettingsError(f"{place}: backend '{key}' is no {role.__name__}: {fault}")


def _misfit(backend: Any, role: type[Any]) -> str | None:
    for name in role.__annotations__:
        if not hasattr(backend, name):
            return f"it has no '{name}'"
    methods = [name for name, value in vars(role).items() if inspect.isfunction(value) and _is_public(name)]
    for name in methods:
        found = None if name == "__call__" and not callable(backend) else getattr(backend, name, None)
        if not callable(found):
            return "it cannot be called" if name == "__call__" else f"it has no method '{name}'"
        fault = _mismatch(found, vars(role)[name])
        if fault:
            return fault if name == "__call__" else f"its method '{name}' {fault.removeprefix('it ')}"
    return None


def _is_public(name: str) -> bool:
    return name == "__call__" or not name.startswith("_")


def _mismatch(found: Callable[..., Any], wanted: Callable[..., Any]) -> str | None:
    """Return what of a method's parameters does not fit those of the role's."""
    given = [name for name in inspect.signature(wanted).parameters if name != "self"]
    try:
        bound = inspect.signature(found).bind(*given)
    except TypeError:
        return f"it does not take ({', '.join(given)})"
    ours, theirs = _hints(found), _hints(wanted)
    for taken, name in bound.arguments.items():  # name: of the role's parameter that lands here
        if isinstance(name, str) and taken in ours and not _go_together(ours[taken], theirs[name]):
            return f"it takes {_called(ours[taken])} where the role gives {_called(theirs[name])}"
    return None


def _hints(method: Any) -> Mapping[str, Any]:
    function = method if inspect.isroutine(method) else type(method).__call__
    try:
        return get_type_hints(function)
    except (NameError, TypeError):
        return {}


def _go_together(one: Any, other: Any) -> bool:
    return any(
        Any in (first, second) or issubclass(first, second) or issubclass(second, first)
        for first in _classes(one)
        for second in _classes(other)
    )


def _classes(hint: Any) -> list[Any]:
    """Return the classes that values of an annotation are of; an array's, whatever its numbers are."""
    if get_origin(hint) in (Union, UnionType):
        return [each for part in get_args(hint) for each in _classes(part)]
    plain = get_origin(hint) or hint
    return [plain if isinstance(plain, type) else Any]


def _called(hint: Any) -> str:
    return " or ".join(getattr(each, "__name__", str(each)) for each in _classes(hint))
