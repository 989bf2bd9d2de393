"""Settings: validated, immutable, with errors that name the nearest known key.

Each stage defines its own settings beside its code, so that the paper's numbers stand where they are used;
a recipe is the sum of them.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sparkle.core.errors import SettingsError
from sparkle.core.secrets import without_secrets

SettingsType = TypeVar("SettingsType", bound="Settings")


class Settings(BaseModel):
    """Base of all settings: unknown keys are errors, numbers are finite, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Backend(Settings):
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


def parse_settings(model: type[SettingsType], values: Mapping[str, Any], where: str) -> SettingsType:
    """Validate `values` into `model`; raise SettingsError that lists every fault, with the nearest known key."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        faults = [_describe(model, fault) for fault in error.errors()]
        raise SettingsError(f"{where}: " + "; ".join(faults)) from None


def _describe(model: type[Settings], fault: Mapping[str, Any]) -> str:
    location = [str(part) for part in fault["loc"]]
    name = ".".join(location)
    if fault["type"] != "extra_forbidden":
        return f"{name}: {fault['msg']}, got {without_secrets(fault.get('input'), name)!r}"
    known = _known_keys(model, location[:-1])
    near = difflib.get_close_matches(location[-1], known, n=1, cutoff=0.4)
    hint = f"did you mean '{near[0]}'?" if near else f"known keys: {', '.join(sorted(known))}"
    return f"unknown key '{name}'; {hint}"


def _known_keys(model: type[Settings], path: list[str]) -> list[str]:
    for part in path:
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        if not (isinstance(annotation, type) and issubclass(annotation, Settings)):
            return list(model.model_fields)
        model = annotation
    return list(model.model_fields)
