"""Recipes: which backend fills each role, thresholds, sizes. A YAML file is validated into one complete `Recipe`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from sparkle.config import (
    BackendChoice,
    Layers,
    Settings,
    VideoSettings,
    own_options,
    parse_override,
    parse_settings,
    read_document,
)
from sparkle.core.errors import SettingsError
from sparkle.recipes.fillings import check_fillings
from sparkle.recipes.shared import hand_out_shared_options
from sparkle.stages.animate import AnimateSettings
from sparkle.stages.first_frame import FirstFrameSettings
from sparkle.stages.isolate import IsolateSettings
from sparkle.stages.source import SourceSettings
from sparkle.stages.synthesize import SynthesizeSettings
from sparkle.stages.track import TrackSettings
from sparkle.store import packaged_names, packaged_text, read_text

# In order of work: tracking comes before animation because it is far cheaper and rejects.
STAGES = ("source", "first_frame", "isolate", "track", "animate", "synthesize")


class CallLimits(Settings):
    """The longest call of each stage, in seconds: a worker that does not answer by then is killed, and the sample tried
    again. Models that load at a worker's first call are in it."""

    source: float = Field(default=3600, gt=0)
    first_frame: float = Field(default=3600, gt=0)
    isolate: float = Field(default=3600, gt=0)
    track: float = Field(default=3600, gt=0)
    animate: float = Field(default=7200, gt=0)
    synthesize: float = Field(default=7200, gt=0)


class Recipe(Settings):
    """A whole run: sizes, and for every stage its backends and thresholds.

    `wave` is how many samples go through a stage before the next one starts; a big model loads once per wave.
    `concurrency` of them are in a stage at once: while one is on the GPU, others decode, encode and ask. Where stages
    run in processes of their own, `call_limit_s` says how long a call may take, and `tries` how many processes may die
    over a sample before it fails.
    """

    name: str
    summary: str
    seed: int = 7
    wave: int = Field(default=8, ge=1)
    concurrency: int = Field(default=1, ge=1, le=64)
    call_limit_s: CallLimits = CallLimits()
    tries: int = Field(default=3, ge=1)
    video: VideoSettings = VideoSettings()
    source: SourceSettings
    first_frame: FirstFrameSettings
    isolate: IsolateSettings
    track: TrackSettings
    animate: AnimateSettings
    synthesize: SynthesizeSettings

    def choices(self) -> dict[tuple[str, str], BackendChoice]:
        """Return which backend fills which role, by (stage, role), in order of work."""
        return {
            (stage, role): value
            for stage in STAGES
            for role, value in getattr(self, stage)
            if isinstance(value, BackendChoice)
        }


def list_recipes() -> list[Recipe]:
    """Return the recipes that come with the package, by name."""
    return [load_recipe(name) for name in packaged_names(__package__, ".yaml")]


def load_recipe(
    name: str | Path,
    overrides: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
    defaults: Mapping[str, Any] | None = None,
) -> Recipe:
    """Return a shipped recipe by name, or one from a YAML file, with `section.key=value` overrides applied.

    `options` are settings that a command has an option of its own for, by their dotted path; None is one that was not
    given. They stand above the overrides, these above the file, the file above those that it extends, and all of these
    above `defaults`, by their path too: what a command takes where nobody says anything.

    A file may start from another recipe, `extends: paper`, or a file beside it, `extends: other.yaml`, and say only
    what differs. Options that several backends have in common stand once, in the section `shared`:
    `shared: {klein: {model: ...}}`, and `editor: {key: ..., shared: klein}`.

    Raises SettingsError, before any work, for an unknown name, invalid YAML, an unknown key, a value of another type or
    out of range, a backend that is none or cannot fill the role, and options that it does not take.
    """
    layers = _read(name, ()).with_defaults(defaults or {})
    given = [parse_override(text, "synthesize.guidance=foreground") for text in overrides]
    layers = layers.with_overrides([*given, *own_options(options or {})])
    recipe = parse_settings(Recipe, hand_out_shared_options(layers, STAGES), layers.origin)
    check_fillings(recipe.choices(), layers.origin)
    return recipe


def _text(name: str | Path) -> tuple[Any, str]:
    """Return a recipe's document, and how it is called in messages."""
    path = Path(name)
    if str(name) in packaged_names(__package__, ".yaml"):
        where = f"recipe '{name}'"
        return read_document(packaged_text(__package__, f"{name}.yaml"), where), where
    if path.suffix not in {".yaml", ".yml"}:
        known = ", ".join(packaged_names(__package__, ".yaml"))
        raise SettingsError(f"no recipe '{name}'; known: {known}, or give the path of a .yaml file")
    try:
        return read_document(read_text(path), str(path)), str(path)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot read the recipe ({error})") from error


def _read(name: str | Path, extending: tuple[str, ...]) -> Layers:
    """Return a recipe's values on top of those that it extends."""
    values, where = _text(name)
    if where in extending:
        raise SettingsError(f"{' extends '.join([*extending, where])}: a circle")
    if not isinstance(values, dict):
        raise SettingsError(f"{where}: a recipe is a mapping of sections, got {type(values).__name__}")
    base = values.pop("extends", None)
    if base is None:
        return Layers(values, ((where, values),))
    if not isinstance(base, str):
        raise SettingsError(f"{where}: extends: the name of a recipe or of a .yaml file, got {base!r}")
    beside = Path(name).parent / base
    below = _read(beside if beside.is_file() else base, (*extending, where))
    return Layers(_merged(below.values, values), ((where, values), *below.documents))


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `changes`, section by section; another backend key drops the old one's options."""
    merged = dict(base)
    for key, value in changes.items():
        before = merged.get(key)
        if isinstance(before, str) and isinstance(value, Mapping) and "options" in value:
            before = {"key": before}  # a bare backend key
        replaced = isinstance(value, Mapping) and "key" in value
        if isinstance(before, Mapping) and isinstance(value, Mapping) and not replaced:
            merged[key] = _merged(before, value)
        else:
            merged[key] = value
    return merged
