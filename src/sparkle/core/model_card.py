"""What a backend is made of, as it is recorded with everything that it made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A model (or a heuristic) by name, with the revision that was used and its licence."""

    name: str
    revision: str
    licence: str
