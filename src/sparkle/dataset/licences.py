"""Models whose licence may forbid giving their results on."""

from __future__ import annotations

from dataclasses import dataclass

from sparkle.dataset.statistics import Statistics

# Licences under which what a model made may not, or not freely, be given on. Names as model cards have them.
_RESTRICTED = (
    "non-commercial",
    "noncommercial",
    "-nc",
    "research",
    "proprietary",
    "unknown",
    "no licence",
    "other",
)


@dataclass(frozen=True, slots=True)
class Concern:
    """A model whose licence may forbid giving its results on."""

    role: str
    model: str
    licence: str

    def __str__(self) -> str:
        return f"{self.role}: {self.model} is under {self.licence or 'no stated licence'!r}"


def concerns(statistics: Statistics) -> list[Concern]:
    """Return the models whose licence somebody must read before results are given on."""
    found = {
        Concern(role, name, licence)
        for role, name, _, licence in statistics.models
        if not licence.strip() or any(word in licence.lower() for word in _RESTRICTED)
    }
    return sorted(found, key=str)
