"""A measured quantity turned into a score in [0, 10], with the sentence that quotes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sparkle.measure.ramp import ramp

HIGHEST, GOOD = 10.0, 8.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One measurement: its score in [0, 10], and what was measured in words."""

    score: float
    text: str


def rate(value: float, worst: float, good: float, ideal: float, text: str) -> Finding:
    """Return the finding of a value: 0 at its `worst`, GOOD at `good`, HIGHEST at `ideal`, linear between them."""
    return Finding(GOOD * ramp(value, worst, good) + (HIGHEST - GOOD) * ramp(value, good, ideal), text)


def worst_of(findings: Sequence[Finding]) -> Finding:
    """Return the lowest score, as EditScore does with its lists, and everything that was measured, worst first."""
    ordered = sorted(findings, key=lambda finding: finding.score)
    text = "; ".join(f"{finding.text} ({finding.score:.1f})" for finding in ordered)
    return Finding(ordered[0].score, text[:1].upper() + text[1:] + ".")
