"""Where a LoRA lies: a file on this machine, or a file in a Hub repository."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sparkle.backends.weights import Weights
from sparkle.core.errors import SettingsError


@dataclass(frozen=True, slots=True)
class LoraFile:
    """One LoRA: its repository (or folder), and the file in it."""

    weights: Weights
    name: str

    def path(self) -> Path:
        """Return the file. Raises SetupError, with the remedy, if it is not here."""
        return self.weights.folder() / self.name


def lora_file(where: str, revision: str) -> LoraFile:
    """Read `where`: "folder/my.safetensors", or "owner/repository/path/in/it.safetensors" on the Hub at `revision`.

    Raises SettingsError for anything else.
    """
    path = Path(where).expanduser()
    if path.suffix != ".safetensors":
        raise SettingsError(f"lora: '{where}' is no .safetensors file")
    if path.is_file():
        return LoraFile(Weights(str(path.parent)), path.name)
    owner, _, rest = where.partition("/")
    repository, _, name = rest.partition("/")
    if path.is_absolute() or where.startswith((".", "~")) or not name:
        raise SettingsError(f"lora: there is no file '{where}'")
    return LoraFile(Weights(f"{owner}/{repository}", revision, (name,)), name)
