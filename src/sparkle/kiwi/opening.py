"""The Kiwi editor and the settings of its edits from what a user types: a checkpoint, and `--set key=value`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from sparkle.backends.placement import DeviceSettings
from sparkle.config import Settings, near_hint, own_options, parse_override, parse_settings
from sparkle.core.errors import SettingsError
from sparkle.kiwi.editor import QWEN, WAN, KiwiEditor
from sparkle.kiwi.settings import EditSettings


class EditorOptions(DeviceSettings):
    """The options of KiwiEditor, with its defaults; all but the model itself."""

    revision: str = Field(default="main", min_length=1)
    qwen: str = Field(default=QWEN, min_length=1)
    qwen_revision: str = Field(default="main", min_length=1)
    wan: str = Field(default=WAN, min_length=1)
    wan_revision: str = Field(default="main", min_length=1)
    reference_first: bool | None = None
    offload: Literal["none", "model", "sequential"] = "none"
    fp8: bool = False
    compile: bool = False
    attention: Literal["sdpa", "fa3", "fa3_fp8", "fa4", "sage2"] = "sdpa"
    precision: Literal["full", "fp8"] = "full"


def open_kiwi(
    model: str | None,
    overrides: Sequence[str],
    options: Mapping[str, Any] | None = None,
    *,
    reference: bool = False,
) -> tuple[KiwiEditor, EditSettings]:
    """Return an editor that is ready to work, and the settings of its edits; see `make_kiwi`.

    Raises SetupError when a package, the device or weights are missing, or when the checkpoint takes no reference
    image and one is meant to be given, before anything is loaded.
    """
    editor, settings = make_kiwi(model, overrides, options)
    editor.check(reference=reference)
    return editor, settings


def make_kiwi(
    model: str | None, overrides: Sequence[str], options: Mapping[str, Any] | None = None
) -> tuple[KiwiEditor, EditSettings]:
    """Return an editor and the settings of its edits, from `key=value` as a user gives them to `--set`.

    Keys are the options of KiwiEditor (`offload=model`) and the fields of EditSettings (`steps=20`). `options` are
    those of the command, which stand above; None is one that was not given. `model` None is Kiwi-Sparkle. Raises
    SettingsError that names an unknown key and the nearest known one.
    """
    given = [*(parse_override(text, "steps=20") for text in overrides), *own_options(options or {})]
    known = {*EditorOptions.model_fields, *EditSettings.model_fields}
    for override in given:
        if override.name not in known:
            raise SettingsError(
                f"{override.where}: unknown key '{override.name}' of the Kiwi editor; {near_hint(override.name, known)}"
            )
    values = {override.name: override.value for override in given}
    origins = {override.name: override.where for override in given}

    def origin(path: Sequence[str]) -> str:
        return origins.get(path[0] if path else "", "--set")

    def of(settings: type[Settings]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if name in settings.model_fields}

    chosen = parse_settings(EditorOptions, of(EditorOptions), origin).model_dump()
    editor = KiwiEditor(**chosen) if model is None else KiwiEditor(model, **chosen)
    return editor, parse_settings(EditSettings, of(EditSettings), origin)
