"""Configuration files: shipped by name or given by path, with overrides."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from sparkle.core.errors import SettingsError
from sparkle.core.settings import parse_settings
from sparkle.kiwi.training.settings import TrainingSettings
from sparkle.recipes import parse_override, parse_yaml
from sparkle.store import packaged_text, read_text

_PACKAGE = "sparkle.kiwi.configs"


def shipped() -> list[str]:
    """Return the names of the configurations that come with the package."""
    files = resources.files(_PACKAGE).iterdir()
    return sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml"))


def load_settings(name: str | Path, overrides: Sequence[str] = ()) -> TrainingSettings:
    """Return the settings of a shipped configuration or a YAML file, with `section.key=value` overrides applied.

    In an override a number stands for a place in a list: `data.datasets.0.folder=RUN`. Raises SettingsError for an
    unknown name, invalid YAML, an unknown key or a value out of range.
    """
    text, where = _read(name)
    values = parse_yaml(text, where)
    if not isinstance(values, dict):
        raise SettingsError(f"{where}: a configuration is a mapping, got {type(values).__name__}")
    for override in overrides:
        _apply(values, override)
    return parse_settings(TrainingSettings, values, where)


def _read(name: str | Path) -> tuple[str, str]:
    if str(name) in shipped():
        return packaged_text(_PACKAGE, f"{name}.yaml"), f"configuration '{name}'"
    path = Path(name)
    if path.suffix not in {".yaml", ".yml"}:
        raise SettingsError(
            f"no configuration '{name}'; known: {', '.join(shipped())}, or give the path of a .yaml file"
        )
    try:
        return read_text(path), str(path)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot read the configuration ({error})") from error


def _apply(values: dict[str, Any], override: str) -> None:
    path, value = parse_override(override, "optimizer.learning_rate=5e-6")
    section: Any = values
    for depth, part in enumerate(path):
        is_last = depth == len(path) - 1
        place: Any = part
        if isinstance(section, list):
            if not part.isdecimal() or int(part) >= len(section):
                raise SettingsError(f"'{override}': '{part}' is no place in a list of {len(section)}")
            place = int(part)
        elif not isinstance(section, dict):
            raise SettingsError(f"'{override}': '{path[depth - 1]}' is a value, not a section")
        if is_last:
            section[place] = value
        else:
            if isinstance(section, dict) and section.get(place) is None:
                section[place] = {}
            section = section[place]
