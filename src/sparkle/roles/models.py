"""What fills a role: what every backend has, and what one that loads weights or asks a server is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

from sparkle.core.model_card import ModelCard


class Backend(Protocol):
    """What every backend has: `card`, its name, revision and licence, recorded with every sample."""

    card: ModelCard


class ModelFiles(Protocol):
    """What a model needs on disk, wherever it comes from: `Weights` of the Hub, or files that are had in another way.

    `packages` are what it runs on, each with the extra that brings it.
    """

    packages: ClassVar[Mapping[str, str]]

    @property
    def model(self) -> str:
        """Its published name, or a folder on this machine."""
        ...

    @property
    def revision(self) -> str:
        """The published revision that is wanted."""
        ...

    @property
    def is_local(self) -> bool:
        """Whether `model` is a folder on this machine."""
        ...

    @property
    def store(self) -> Path:
        """The cache's folder, whose disk must have room."""
        ...

    def is_here(self) -> bool:
        """Whether everything is on this machine."""
        ...

    def absence(self) -> str:
        """Return the message for files that are not here, with what to do."""
        ...

    def fetch(self) -> Path:
        """Download what is missing, with progress on stderr, and return the folder. Raises SetupError if it cannot."""
        ...

    def facts(self) -> Mapping[str, Any]:
        """Return what is known of a published model: `licence`, `download_gb`, `note`; empty for others."""
        ...

    def card(self) -> ModelCard:
        """Return the card that is recorded with every sample."""
        ...


@dataclass(frozen=True, slots=True)
class EndpointReport:
    """A line for every endpoint, and those lines that keep a backend from being asked, with what to do."""

    lines: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


class ModelBackend(Backend, Protocol):
    """What doctor, `models fetch`, readiness and the runner ask of a backend that loads weights or asks a server.

    A backend that says less needs less: `backends.model_backend.as_model` fills in what it does not say.
    """

    @property
    def weights(self) -> Sequence[ModelFiles]:
        """What must be on disk, each with its size and licence; empty for none."""
        ...

    @property
    def packages(self) -> Mapping[str, str]:
        """Packages beside those of the weights, by module, each with the extra that brings it."""
        ...

    @property
    def gpu_memory_gb(self) -> float:
        """What it takes of a GPU's memory once it is loaded; 0 for none."""
        ...

    @property
    def endpoints(self) -> Sequence[str]:
        """The URLs of the servers that it asks; empty for none."""
        ...

    @property
    def held(self) -> object:
        """What is loaded: backends that hold the same thing count once."""
        ...

    def endpoint_report(self) -> EndpointReport:
        """Look at the servers that it asks, if any, for moments only."""
        ...

    def release(self) -> None:
        """Give the memory back; the next use loads again."""
        ...
