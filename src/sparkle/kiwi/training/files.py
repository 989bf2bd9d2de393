"""Configuration files: shipped by name or given by path, with overrides."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sparkle.config import (
    Layers,
    parse_override,
    parse_settings,
    read_document,
)
from sparkle.core.errors import SettingsError
from sparkle.kiwi.training.settings import TrainingSettings
from sparkle.store import packaged_names, packaged_text, read_text

_PACKAGE = "sparkle.kiwi.configs"


def shipped() -> list[str]:
    """Return the names of the configurations that come with the package."""
    return packaged_names(_PACKAGE, ".yaml")


def load_settings(name: str | Path, overrides: Sequence[str] = ()) -> TrainingSettings:
    """Return the settings of a shipped configuration or a YAML file, with `section.key=value` overrides applied.

    In an override a number stands for a place in a list: `data.datasets.0.folder=RUN`. Raises SettingsError for an
    unknown name, invalid YAML, an unknown key, or a value of another type or out of range.
    """
    values, where = _read(name)
    if not isinstance(values, dict):
        raise SettingsError(f"{where}: a configuration is a mapping, got {type(values).__name__}")
    given = [parse_override(text, "optimizer.learning_rate=5e-6") for text in overrides]
    layers = Layers(values, ((where, values),)).with_overrides(given)
    return parse_settings(TrainingSettings, layers.values, layers.origin)


def _read(name: str | Path) -> tuple[Any, str]:
    if str(name) in shipped():
        where = f"configuration '{name}'"
        return read_document(packaged_text(_PACKAGE, f"{name}.yaml"), where), where
    path = Path(name)
    if path.suffix not in {".yaml", ".yml"}:
        raise SettingsError(
            f"no configuration '{name}'; known: {', '.join(shipped())}, or give the path of a .yaml file"
        )
    try:
        return read_document(read_text(path), str(path)), str(path)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot read the configuration ({error})") from error
