"""What a user says beside a file: `--set section.key=value`, and options of a command that are settings, too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sparkle.config.documents import read_document
from sparkle.core.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Override:
    """A setting by its path, a name or a place in a list each; `where` says who set it, for messages."""

    path: tuple[str, ...]
    value: Any
    where: str

    @property
    def name(self) -> str:
        """The path as it is written."""
        return ".".join(self.path)


def parse_override(text: str, example: str = "video.frames=33") -> Override:
    """Return the override that `section.key=value` says; the value is YAML, an empty one is None.

    Raises SettingsError, which shows `example`, for a text without a path or without an equals sign.
    """
    name, equals, value = text.partition("=")
    path = tuple(name.strip().split("."))
    if not equals or not all(path):
        raise SettingsError(f"--set '{text}': a setting reads section.key=value, e.g. {example}")
    return Override(path, read_document(value, f"--set '{text}'"), "--set")


def own_options(values: Mapping[str, Any]) -> list[Override]:
    """Return the overrides of a command's own options, by the path of the setting; None is one that was not given."""
    return [
        Override(tuple(name.split(".")), value, f"--{name.rpartition('.')[2].replace('_', '-')}")
        for name, value in values.items()
        if value is not None
    ]
