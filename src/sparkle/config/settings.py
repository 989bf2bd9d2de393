"""Settings: validated, immutable, with errors that name who said a setting, the nearest known key and the type.

Each stage and each backend defines its own settings beside its code, so that the paper's numbers stand where they are
used; a recipe is the sum of them.
"""

from __future__ import annotations

import difflib
import json
import re
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sparkle.core.errors import SettingsError
from sparkle.core.secrets import without_secrets

SettingsType = TypeVar("SettingsType", bound="Settings")

# A number that YAML 1.1 takes for text, since it wants a point and a sign: 5e-6, 1.5e3.
_EXPONENT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")


class Settings(BaseModel):
    """Base of all settings: unknown keys are errors, numbers are finite, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class BackendChoice(Settings):
    """Which backend fills a role: a key, and the options of its constructor. A bare string is a key."""

    key: str
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _from_key(cls, value: Any) -> Any:
        return {"key": value} if isinstance(value, str) else value


class VideoSettings(Settings):
    """Size and rate of every video that a run writes; the published clips have 81 frames at 16 fps.

    `width` x `height` is the area and orientation-free shape: a portrait source gets the two swapped, and any
    source keeps its aspect ratio inside them (even sides, never enlarged). A clip is cut to one frame more than a
    multiple of `frame_step`: video models take 4k+1 frames, and the published clips have 69, 73 or 81.
    """

    width: int = Field(default=1280, ge=64, le=4096, multiple_of=2)
    height: int = Field(default=720, ge=64, le=4096, multiple_of=2)
    fps: float = Field(default=16.0, gt=0, le=120)
    frames: int = Field(default=81, ge=2, le=2000)
    minimum_frames: int = Field(default=17, ge=2)
    frame_step: int = Field(default=1, ge=1, le=64)
    crf: int = Field(default=17, ge=0, le=51, description="x264 quality; lower is better and larger")
    untagged: Literal["bt601", "by_size"] = Field(
        default="bt601",
        description="how sources are read that do not name their colours: bt601 as the models' loaders do, "
        "by_size as players do, BT.709 above 576 lines",
    )
    time_limit_s: float = Field(
        default=120.0, gt=0, description="longest time that reading one file may take"
    )


def parse_settings(
    model: type[SettingsType],
    values: Mapping[str, Any],
    where: str | Callable[[Sequence[str]], str],
    prefix: Sequence[str] = (),
) -> SettingsType:
    """Validate plain `values` into `model`, each of the type that is declared: text is no number and no truth value.

    `where` names the file, or returns for the path of a setting who said it; `prefix` is the path of `values` in it.
    Raises SettingsError that lists every fault, each with its path and with the nearest known key or the type that is
    expected.
    """
    try:
        # As JSON: a list is a tuple there and a text a path, but "no" is no truth value and 4.5 no number of steps.
        return model.model_validate_json(json.dumps(_with_numbers(model, values), default=str), strict=True)
    except (RecursionError, SettingsError) as error:  # a fault of several together has no place in them
        why = str(error) if isinstance(error, SettingsError) else "nested too deeply"
        whole = where if isinstance(where, str) else where(prefix)
        raise SettingsError(": ".join(filter(None, (whole, ".".join(prefix), why)))) from None
    except ValidationError as error:
        found = error.errors(include_url=False)
    told: dict[str, list[str]] = {}
    for fault in found:
        place = where if isinstance(where, str) else where([*prefix, *map(str, fault["loc"])])
        told.setdefault(place, []).append(_describe(model, fault, prefix))
    raise SettingsError("; ".join(f"{place}: {'; '.join(faults)}" for place, faults in told.items()))


def near_hint(name: str, known: Iterable[str], what: str = "known keys") -> str:
    """Return the end of a message about an unknown name: the nearest known one, or all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
    return f"did you mean '{near[0]}'?" if near else f"{what}: {', '.join(names) or 'none'}"


def _describe(model: type[Settings], fault: Mapping[str, Any], prefix: Sequence[str]) -> str:
    location = [str(part) for part in fault["loc"]]
    name = ".".join([*prefix, *location])
    if fault["type"] == "extra_forbidden":
        return f"unknown key '{name}'; {near_hint(location[-1], _known_keys(model, location[:-1]))}"
    if fault["type"] == "missing":
        return f"{name}: it is missing"
    message = str(fault["msg"]).removeprefix("Value error, ")
    if not location:  # of several settings together
        return ": ".join(filter(None, (name, message)))
    shown = repr(without_secrets(fault.get("input"), name))
    return f"{name}: {message}, got {shown if len(shown) <= 80 else shown[:77] + '...'}"


def _known_keys(model: type[Settings], path: Sequence[str]) -> list[str]:
    for part in path:
        if part in model.model_fields:
            inner = [
                kind for kind in _classes(model.model_fields[part].annotation) if issubclass(kind, Settings)
            ]
            if not inner:
                break
            model = inner[0]
    return [field.alias or name for name, field in model.model_fields.items()]


def _classes(annotation: Any) -> Iterator[type[Any]]:
    """Yield the classes that an annotation is made of: of a union its parts, of a list what it holds."""
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, types.UnionType, list, tuple, dict):
        for part in get_args(annotation):
            yield from _classes(part)
    elif isinstance(annotation, type):
        yield annotation


def _with_numbers(model: type[Settings], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with `learning_rate: 5e-6` as the number that it is, as deep as settings reach."""
    kinds = {
        field.alias or name: set(_classes(field.annotation)) for name, field in model.model_fields.items()
    }
    return {name: _with_number(kinds.get(name, set()), value) for name, value in values.items()}


def _with_number(kinds: set[type[Any]], value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_with_number(kinds, part) for part in value]
    if isinstance(value, Mapping):
        inner = next((kind for kind in kinds if issubclass(kind, Settings)), None)
        return value if inner is None else _with_numbers(inner, value)
    is_number = float in kinds and str not in kinds and isinstance(value, str) and _EXPONENT.fullmatch(value)
    return float(value) if is_number else value
