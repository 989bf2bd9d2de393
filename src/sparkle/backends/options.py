"""Options of a backend: a settings class, its own or made of what its constructor says, checked before it is made."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, get_type_hints

from pydantic import ConfigDict, Field, PydanticUserError, create_model

from sparkle.config import Settings, parse_settings


class _ConstructorOptions(Settings):
    """Base of the options that are made of a constructor: of any type, since it may be a user's own."""

    model_config = ConfigDict(arbitrary_types_allowed=True)


class _OpenOptions(_ConstructorOptions):
    """Of a constructor with **keywords: what they are, only it knows."""

    model_config = ConfigDict(extra="allow")


def parse_options(
    key: str,
    kind: Callable[..., Any],
    options: Mapping[str, Any],
    origin: Callable[[Sequence[str]], str] | None = None,
    prefix: Sequence[str] = (),
) -> Settings:
    """Return a backend's options as its settings class has them.

    `origin` returns who said the setting at a path that begins with `prefix`. Raises SettingsError that lists every
    fault: options that the backend does not take, with the nearest that it does, of another type, or out of range.
    """

    def where(path: Sequence[str]) -> str:
        return f"backend '{key}'" if origin is None else f"{origin(path)}: backend '{key}'"

    return parse_settings(options_class(kind), options, where, prefix)


@cache
def options_class(kind: Callable[..., Any]) -> type[Settings]:
    """Return the settings class of a backend: its attribute `Options`, or one made of its constructor's parameters.

    What a constructor does not annotate, or annotates with names that only a type checker sees, is of any type.
    """
    own = getattr(kind, "Options", None)
    if isinstance(own, type) and issubclass(own, Settings):
        return own
    parameters = inspect.signature(kind).parameters.values()
    is_open = any(each.kind is each.VAR_KEYWORD for each in parameters)
    base = _OpenOptions if is_open else _ConstructorOptions
    hints = _hints(kind)
    named = [each for each in parameters if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)]
    try:
        return _made(base, kind, {each.name: hints.get(each.name, Any) for each in named}, named)
    except PydanticUserError:  # an annotation with a configuration of its own
        return _made(base, kind, dict.fromkeys((each.name for each in named), Any), named)


def _made(
    base: type[Settings],
    kind: Callable[..., Any],
    hints: Mapping[str, Any],
    parameters: Sequence[inspect.Parameter],
) -> type[Settings]:
    # By an alias: a parameter may be called as a method of a settings class is.
    fields: dict[str, Any] = {
        f"option_{number}": (
            hints[each.name],
            Field(default=... if each.default is each.empty else each.default, alias=each.name),
        )
        for number, each in enumerate(parameters)
    }
    return create_model(f"{getattr(kind, '__name__', 'Backend')}Options", __base__=base, **fields)


def _hints(kind: Callable[..., Any]) -> Mapping[str, Any]:
    try:
        return get_type_hints(inspect.getattr_static(kind, "__init__") if isinstance(kind, type) else kind)
    except (NameError, TypeError):
        return {}
