"""Model weights: a folder, or a Hub repository at a revision; where they lie, what they weigh, their licence.

Nothing here downloads on its own: a run finds its weights in the cache or stops with the command that fetches them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from sparkle.backends.snapshot import is_whole
from sparkle.config import read_document
from sparkle.core.errors import SetupError
from sparkle.core.extras import require
from sparkle.roles import ModelCard, ModelFiles
from sparkle.store import packaged_text

# What models of the Hub run on, each with the extra that brings it. Some backends name `packages` beside them.
MODEL_PACKAGES = MappingProxyType(
    dict.fromkeys(
        ("torch", "diffusers", "transformers", "accelerate", "safetensors", "huggingface_hub", "ftfy"),
        "models",
    )
)


@dataclass(frozen=True, slots=True)
class Weights:
    """What one model needs on disk.

    `model` is a Hub repository ("black-forest-labs/FLUX.2-klein-4B") or a local folder. `files` are the glob
    patterns that are needed of the repository; empty means all. `remedy` is what a message says where it is not here.
    """

    packages: ClassVar[Mapping[str, str]] = MODEL_PACKAGES

    model: str
    revision: str = "main"
    files: tuple[str, ...] = ()
    remedy: str = "fetch the recipe's models with: sparkle models fetch --recipe RECIPE"

    @property
    def is_local(self) -> bool:
        """Whether `model` is a folder on this machine."""
        return Path(self.model).expanduser().is_dir()

    @property
    def store(self) -> Path:
        """The Hub's cache."""
        return Path(require("huggingface_hub.constants", "models", "downloading models").HF_HUB_CACHE)

    def folder(self) -> Path:
        """Return the folder that holds the files. Raises SetupError, with the remedy, if they are not here."""
        if self.is_local:
            return Path(self.model).expanduser()
        found = self.cached_folder()
        if found is None:
            raise SetupError(self.absence())
        return found

    def is_here(self) -> bool:
        """Whether the files are on this machine."""
        return self.is_local or self.cached_folder() is not None

    def absence(self) -> str:
        """Return the message for weights that are not here, with what to do."""
        if "by_hand" in self.facts():
            return f"{self.model}: {self.facts()['by_hand']}"
        return f"{self.model} at '{self.revision}' is neither a folder nor in the cache; {self.remedy}"

    def cached_folder(self) -> Path | None:
        """Return the Hub cache's folder of this revision, or None when it is not, or not wholly, there."""
        if "by_hand" in self.facts():
            return None
        hub = require("huggingface_hub", "models", f"looking for {self.model}")
        try:
            folder = hub.snapshot_download(
                self.model,
                revision=self.revision,
                allow_patterns=list(self.files) or None,
                local_files_only=True,
            )
        except (hub.errors.LocalEntryNotFoundError, hub.errors.HFValidationError):
            return None
        return Path(folder) if is_whole(Path(folder), self.files) else None

    def fetch(self) -> Path:
        """Download what is missing, with progress on stderr, and return the folder. Raises SetupError if it cannot."""
        if self.is_local:
            return Path(self.model).expanduser()
        if "by_hand" in self.facts():
            raise SetupError(self.absence())
        hub = require("huggingface_hub", "models", f"downloading {self.model}")
        try:
            folder = hub.snapshot_download(
                self.model, revision=self.revision, allow_patterns=list(self.files) or None
            )
        except (hub.errors.HfHubHTTPError, OSError, hub.errors.HFValidationError) as error:
            raise SetupError(f"cannot download {self.model} at '{self.revision}': {error}") from error
        return Path(folder)

    def facts(self) -> Mapping[str, Any]:
        """Return what is known of a published model: `licence`, `download_gb`, `note`, `by_hand`; empty for others."""
        models = known_models()
        with_files = " ".join((self.model, *self.files))
        return models[with_files] if with_files in models else models.get(self.model, {})

    def card(self) -> ModelCard:
        """Return the card that is recorded with every sample; the revision is the commit where the cache knows it."""
        licence = str(self.facts().get("licence", "unknown: see the model's own card"))
        return ModelCard(self.model, self._commit(), licence)

    def _commit(self) -> str:
        if self.is_local:
            return "local folder"
        try:
            folder = self.cached_folder()
        except SetupError:
            folder = None
        return self.revision if folder is None else folder.name


def joined_card(weights: Sequence[ModelFiles]) -> ModelCard:
    """Return one card for weights that make one model together: the base, and the LoRAs that are merged into it."""
    cards = list(dict.fromkeys(each.card() for each in weights))
    return ModelCard(
        " + ".join(card.name for card in cards),
        " + ".join(card.revision for card in cards),
        " + ".join(dict.fromkeys(card.licence for card in cards)),
    )


@cache
def known_models() -> dict[str, dict[str, Any]]:
    """Return the published models that the recipes use: licence, download size, remarks, by repository."""
    text = packaged_text(__package__, "known_models.yaml")
    models: dict[str, dict[str, Any]] = read_document(text, "known_models.yaml")
    return models
