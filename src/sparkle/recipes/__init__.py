"""Recipes: which backend fills each role, thresholds, sizes. A YAML file is validated into one complete `Recipe`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field

from sparkle.core.errors import SettingsError
from sparkle.core.settings import Settings, VideoSettings, parse_settings
from sparkle.stages.animate import AnimateSettings
from sparkle.stages.first_frame import FirstFrameSettings
from sparkle.stages.isolate import IsolateSettings
from sparkle.stages.source import SourceSettings
from sparkle.stages.synthesize import SynthesizeSettings
from sparkle.stages.track import TrackSettings
from sparkle.store import packaged_text, read_text

# In order of work: tracking comes before animation because it is far cheaper and rejects.
STAGES = ("source", "first_frame", "isolate", "track", "animate", "synthesize")


class Recipe(Settings):
    """A whole run: sizes, and for every stage its backends and thresholds.

    `wave` is how many samples go through a stage before the next one starts; a big model loads once per wave.
    `concurrency` of them are in a stage at once: while one is on the GPU, others decode, encode and ask.
    """

    name: str
    summary: str
    seed: int = 7
    wave: int = Field(default=8, ge=1)
    concurrency: int = Field(default=1, ge=1, le=64)
    video: VideoSettings = VideoSettings()
    source: SourceSettings
    first_frame: FirstFrameSettings
    isolate: IsolateSettings
    track: TrackSettings
    animate: AnimateSettings
    synthesize: SynthesizeSettings


def list_recipes() -> list[Recipe]:
    """Return the recipes that come with the package, by name."""
    return [load_recipe(name) for name in _shipped_names()]


def load_recipe(name: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """Return a shipped recipe by name, or one from a YAML file, with `section.key=value` overrides applied.

    A file may start from another recipe, `extends: paper`, or a file beside it, `extends: other.yaml`, and say only
    what differs. Options that several backends have in common stand once, in the section `shared`:
    `shared: {klein: {model: ...}}`, and `editor: {key: ..., shared: klein}`. Raises SettingsError for an unknown
    name, invalid YAML, an unknown key or a value out of range.
    """
    values, where = _read_values(name, ())
    for override in overrides:
        _apply_override(values, override)
    _hand_out_shared_options(values, where)
    return parse_settings(Recipe, values, where)


def recipe_difference(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Return one line per changed setting, `section.key: old -> new`; empty when the recipes agree."""
    lines = []
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            lines += recipe_difference(before, after, f"{prefix}{key}.")
        elif before != after:
            lines.append(f"{prefix}{key}: {before} -> {after}")
    return lines


def _shipped_names() -> list[str]:
    files = resources.files(__package__).iterdir()
    return sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml"))


def _recipe_text(name: str | Path) -> tuple[str, str]:
    path = Path(name)
    if str(name) in _shipped_names():
        return packaged_text(__package__, f"{name}.yaml"), f"recipe '{name}'"
    if path.suffix not in {".yaml", ".yml"}:
        raise SettingsError(
            f"no recipe '{name}'; known: {', '.join(_shipped_names())}, or give the path of a .yaml file"
        )
    try:
        return read_text(path), str(path)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot read the recipe ({error})") from error


def _read_values(name: str | Path, extending: tuple[str, ...]) -> tuple[dict[str, Any], str]:
    """Return a recipe's values on top of those that it extends, and how to call it in messages."""
    text, where = _recipe_text(name)
    if where in extending:
        raise SettingsError(f"{' extends '.join([*extending, where])}: a circle")
    values = parse_yaml(text, where)
    if not isinstance(values, dict):
        raise SettingsError(f"{where}: a recipe is a mapping of sections, got {type(values).__name__}")
    base = values.pop("extends", None)
    if base is None:
        return values, where
    if not isinstance(base, str):
        raise SettingsError(f"{where}: extends: the name of a recipe or of a .yaml file, got {base!r}")
    beside = Path(name).parent / base
    extended, _ = _read_values(beside if beside.is_file() else base, (*extending, where))
    return _merged(extended, values), where


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


def _hand_out_shared_options(values: dict[str, Any], where: str) -> None:
    """Give every backend that names a set of shared options these options, below its own."""
    shared = values.pop("shared", {})
    if not isinstance(shared, Mapping) or not all(
        isinstance(options, Mapping) for options in shared.values()
    ):
        raise SettingsError(f"{where}: shared: a mapping of names to options")
    for stage in STAGES:
        section = values.get(stage)
        if not isinstance(section, dict):
            continue
        for role, backend in section.items():
            if not isinstance(backend, dict) or "shared" not in backend:
                continue
            name = backend["shared"]
            if name not in shared:
                raise SettingsError(
                    f"{where}: {stage}.{role}: no shared options '{name}'; there are: {', '.join(shared) or 'none'}"
                )
            own = backend.get("options") or {}
            rest = {key: value for key, value in backend.items() if key != "shared"}
            section[role] = {**rest, "options": {**shared[name], **own}}


def parse_override(override: str, example: str) -> tuple[list[str], Any]:
    """Return where an override `section.key=value` points, name by name, and its YAML value.

    Raises SettingsError, which shows `example`.
    """
    name, equals, text = override.partition("=")
    path = name.strip().split(".")
    if not equals or not all(path):
        raise SettingsError(f"'{override}': an override reads section.key=value, e.g. {example}")
    return path, parse_yaml(text, f"'{override}'")


def parse_yaml(text: str, where: str) -> Any:
    """Return the value of a YAML text. Raises SettingsError, in one line, for what is none or is nested too deeply."""
    try:
        return yaml.safe_load(text)
    except RecursionError:
        raise SettingsError(f"{where}: not YAML (it is nested too deeply)") from None
    except (yaml.YAMLError, ValueError) as error:  # a date without such a day is a ValueError
        raise SettingsError(f"{where}: not YAML ({' '.join(str(error).split())})") from error


def _apply_override(values: dict[str, Any], override: str) -> None:
    path, value = parse_override(override, "synthesize.guidance=foreground")
    section = values
    for part in path[:-1]:
        inner = section.setdefault(part, {})
        if isinstance(inner, str):  # a bare backend key, about to get options
            inner = section[part] = {"key": inner}
        if not isinstance(inner, dict):
            raise SettingsError(f"'{override}': '{part}' is a value, not a section")
        section = inner
    section[path[-1]] = value
