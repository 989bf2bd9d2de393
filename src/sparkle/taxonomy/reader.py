"""Reads a taxonomy file: theme -> subtheme -> list of {scene, motion}.

A keyword `subtheme: scene` becomes a folder name of the published results and is split at its first ": ", so
the names are checked here, once, for everything that would break there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from sparkle.config import read_document
from sparkle.core.errors import SettingsError
from sparkle.core.scene import Scene
from sparkle.store import packaged_text, read_text

Taxonomy = Mapping[str, Mapping[str, tuple[Scene, ...]]]

THEME_NAME = re.compile(r"[a-z][a-z0-9_]*")
FORBIDDEN_THEMES = frozenset({"intermediate_data", "prompts", "rejected", "sheets"})
FORBIDDEN_IN_NAMES = (": ", "---", "/", "\\", "\n")


def load_taxonomy(path: Path | None = None) -> Taxonomy:
    """Read and validate a taxonomy: {theme: {subtheme: scenes}}; without a path, Sparkle's own.

    Raises SettingsError that names the file and the entry for unreadable YAML, a missing or empty field, a
    duplicate theme, subtheme or scene, and for names that a keyword or a folder name cannot hold.
    """
    source = "themes.yaml" if path is None else path
    try:
        text = packaged_text(__package__, "themes.yaml") if path is None else read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"taxonomy {source} cannot be read as UTF-8 YAML: {error}") from None
    content = read_document(text, f"taxonomy {source}")
    try:
        return {theme: _read_theme(theme, part) for theme, part in _mapping(content, "the file").items()}
    except SettingsError as error:
        raise SettingsError(f"taxonomy {source}: {error}") from None


def _read_theme(theme: str, content: object) -> dict[str, tuple[Scene, ...]]:
    if not THEME_NAME.fullmatch(theme) or theme in FORBIDDEN_THEMES:
        raise SettingsError(
            f"theme '{theme}' cannot name a folder of the dataset; use lower-case letters, digits and '_', "
            f"and none of {', '.join(sorted(FORBIDDEN_THEMES))}"
        )
    subthemes = {}
    seen: set[str] = set()
    for subtheme, entries in _mapping(content, f"theme '{theme}'").items():
        where = f"{theme}/{subtheme}"
        _check_name(subtheme, where)
        if not isinstance(entries, list) or not entries:
            raise SettingsError(f"{where} must be a list of {{scene, motion}}, got {entries!r}")
        scenes = tuple(_read_scene(theme, subtheme, entry) for entry in entries)
        for scene in scenes:
            if scene.name.casefold() in seen:
                raise SettingsError(f"{where}: scene '{scene.name}' stands twice in this theme; rename one")
            seen.add(scene.name.casefold())
        subthemes[subtheme] = scenes
    return subthemes


def _read_scene(theme: str, subtheme: str, entry: object) -> Scene:
    where = f"{theme}/{subtheme}"
    fields = _mapping(entry, f"an entry of {where}")
    name = fields.get("scene", "<unnamed>")
    if set(fields) != {"scene", "motion"}:
        raise SettingsError(f"{where}: '{name}' needs the keys scene and motion, got {sorted(fields)}")
    for key, value in fields.items():
        if not isinstance(value, str) or not value.strip() or value != value.strip():
            raise SettingsError(
                f"{where}: {key} of '{name}' must be text without blanks around it: {value!r}"
            )
    _check_name(str(name), where)
    return Scene(theme=theme, subtheme=subtheme, name=str(name), motion=str(fields["motion"]))


def _check_name(name: str, where: str) -> None:
    for forbidden in FORBIDDEN_IN_NAMES:
        if forbidden in name:
            raise SettingsError(
                f"{where}: the name '{name}' contains {forbidden!r}; keywords are split at ': ' and become "
                "folder names, so reword it"
            )
    if name != name.strip() or not name or name.startswith("."):
        raise SettingsError(f"{where}: the name '{name}' is empty, starts with a dot or has blanks around it")


def _mapping(value: object, where: str) -> dict[str, object]:
    if not isinstance(value, dict) or not value:
        raise SettingsError(f"{where} must be a mapping with at least one key, got {value!r}")
    for key in value:
        if not isinstance(key, str):
            raise SettingsError(f"{where}: the key {key!r} is no text; put it in quotes")
    return value
