"""Checks that several stages make."""

from __future__ import annotations

from sparkle.core.edit_score import EditScore
from sparkle.core.sample import Check


def score_check(name: str, score: EditScore, minimum: float) -> Check:
    """Return the check of an EditScore's overall value against the least that passes."""
    reason = f"{score.SC_reasoning} {score.PQ_reasoning}".strip()
    return Check(name, score.overall, minimum, "minimum", reason, score.scorer)
