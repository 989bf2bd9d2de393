"""The Kiwi editor and the settings of its edits from what a user types: a checkpoint, and `--set key=value`."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from sparkle.core.errors import SettingsError
from sparkle.core.settings import Settings, parse_settings
from sparkle.kiwi.editor import QWEN, WAN, KiwiEditor
from sparkle.kiwi.settings import EditSettings
from sparkle.recipes import parse_override


class EditorOptions(Settings):
    """The options of KiwiEditor, with its defaults; all but the model itself."""

    revision: str = Field(default="main", min_length=1)
    qwen: str = Field(default=QWEN, min_length=1)
    qwen_revision: str = Field(default="main", min_length=1)
    wan: str = Field(default=WAN, min_length=1)
    wan_revision: str = Field(default="main", min_length=1)
    reference_first: bool | None = None
    device: str = Field(default="cuda", min_length=1)
    dtype: str = "bfloat16"
    offload: str = "none"
    fp8: bool = False
    compile: bool = False
    attention: str = "sdpa"
    precision: str = "full"


def open_kiwi(
    model: str | None, overrides: Sequence[str], *, reference: bool = False
) -> tuple[KiwiEditor, EditSettings]:
    """Return an editor that is ready to work, and the settings of its edits; see `make_kiwi`.

    Raises SetupError when a package, the device or weights are missing, or when the checkpoint takes no reference
    image and one is meant to be given, before anything is loaded.
    """
    editor, settings = make_kiwi(model, overrides)
    editor.check(reference=reference)
    return editor, settings


def make_kiwi(model: str | None, overrides: Sequence[str]) -> tuple[KiwiEditor, EditSettings]:
    """Return an editor and the settings of its edits, from `key=value` as a user gives them to `--set`.

    Keys are the options of KiwiEditor (`offload=model`) and the fields of EditSettings (`steps=20`). `model` None is
    Kiwi-Sparkle. Raises SettingsError that names an unknown key and the nearest known one.
    """
    options: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for override in overrides:
        path, value = parse_override(override, "steps=20")
        name = ".".join(path)
        if name in EditorOptions.model_fields:
            options[name] = value
        elif name in EditSettings.model_fields:
            values[name] = value
        else:
            names = [*EditorOptions.model_fields, *EditSettings.model_fields]
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"known keys: {', '.join(names)}"
            raise SettingsError(f"'{override}': unknown key '{name}' of the Kiwi editor; {hint}")
    chosen = parse_settings(EditorOptions, options, "--set").model_dump()
    editor = KiwiEditor(**chosen) if model is None else KiwiEditor(model, **chosen)
    return editor, parse_settings(EditSettings, values, "--set")
