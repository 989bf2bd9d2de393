"""Whether a backend fills the role that it is named for: by its methods and what they take, before it is called."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import MethodType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict

import numpy as np

from sparkle.core.errors import SettingsError


def refuse_misfit(place: str, key: str, backend: Any, role: type[Any]) -> None:
    """Raise SettingsError, which names `place` ("animate.animator") and key, unless the backend is a `role`.

    A role is a Protocol. Its methods must be there, take what the role gives them and answer as it does; types are
    compared where both sides say them, and only as far as an array differs from a request or from one of other numbers.
    `backend` may be the class alone, before one is made: its methods are looked at, and not what its constructor sets.
    """
    fault = _class_misfit(backend, role) if isinstance(backend, type) else _misfit(backend, role)
    if fault:
        raise SettingsError(f"{place}: backend '{key}' is no {role.__name__}: {fault}")


def _misfit(backend: Any, role: type[Any]) -> str | None:
    for name in [name for each in role.__mro__ for name in vars(each).get("__annotations__", {})]:
        if not hasattr(backend, name):
            return f"it has no '{name}'"
    for name, wanted in _methods(role):
        found = None if name == "__call__" and not callable(backend) else getattr(backend, name, None)
        if not callable(found):
            return _lacking(name)
        if fault := _mismatch(found, wanted):
            return _called_by(name, fault)
    return None


def _class_misfit(kind: type[Any], role: type[Any]) -> str | None:
    for name, wanted in _methods(role):
        found = next((vars(each)[name] for each in kind.__mro__ if name in vars(each)), None)
        if found is None:
            return _lacking(name)
        # A method that is no plain function is looked at when there is a backend to take it from.
        if inspect.isfunction(found) and (fault := _mismatch(_without_self(found), wanted)):
            return _called_by(name, fault)
    return None


def _without_self(function: Callable[..., Any]) -> Callable[..., Any]:
    return MethodType(function, object())


def _methods(role: type[Any]) -> list[tuple[str, Callable[..., Any]]]:
    return [
        (name, value) for name, value in vars(role).items() if inspect.isfunction(value) and _is_public(name)
    ]


def _lacking(name: str) -> str:
    return "it cannot be called" if name == "__call__" else f"it has no method '{name}'"


def _called_by(name: str, fault: str) -> str:
    return fault if name == "__call__" else f"its method '{name}' {fault.removeprefix('it ')}"


def _is_public(name: str) -> bool:
    return name == "__call__" or not name.startswith("_")


def _mismatch(found: Callable[..., Any], wanted: Callable[..., Any]) -> str | None:
    """Return what of a method's parameters or answer does not fit those of the role's."""
    given = [name for name in inspect.signature(wanted).parameters if name != "self"]
    try:
        bound = inspect.signature(found).bind(*given)
    except TypeError:
        return f"it does not take ({', '.join(given)})"
    ours, theirs = _hints(found), _hints(wanted)
    for taken, name in bound.arguments.items():  # name: of the role's parameter that lands here
        if isinstance(name, str) and taken in ours and not _go_together(ours[taken], theirs[name]):
            return f"it takes {_called(ours[taken])} where the role gives {_called(theirs[name])}"
    if "return" in ours and "return" in theirs and not _go_together(ours["return"], theirs["return"]):
        return f"it answers with {_called(ours['return'])} where the role wants {_called(theirs['return'])}"
    return None


def _hints(method: Any) -> Mapping[str, Any]:
    function = method if inspect.isroutine(method) else type(method).__call__
    try:
        return get_type_hints(function)
    except (NameError, TypeError):
        return {}


def _go_together(one: Any, other: Any) -> bool:
    return any(all(map(_alike, first, second)) for first in _kinds(one) for second in _kinds(other))


def _alike(one: Any, other: Any) -> bool:
    return Any in (one, other) or issubclass(one, other) or issubclass(other, one)


def _kinds(hint: Any) -> list[tuple[Any, Any]]:
    """Return (class, class of an array's numbers) of the values of an annotation; Any for what cannot be told."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return [each for part in get_args(hint) for each in _kinds(part)]
    if origin is np.ndarray:
        numbers = get_args(get_args(hint)[1])
        return [(np.ndarray, _class(numbers[0]) if numbers else Any)]
    return [(_class(hint), Any)]


def _class(hint: Any) -> Any:
    plain = get_origin(hint) or hint
    # What fulfils a protocol, or is a dictionary of a type, need not be derived from it.
    is_told = (
        isinstance(plain, type) and not getattr(plain, "_is_protocol", False) and not is_typeddict(plain)
    )
    return plain if is_told else Any


def _called(hint: Any) -> str:
    return " or ".join(
        getattr(kind, "__name__", str(kind)) + (f" of {numbers.__name__}" if numbers is not Any else "")
        for kind, numbers in _kinds(hint)
    )
