"""Checks that several stages make."""

from __future__ import annotations

from sparkle.core.sample import Check
from sparkle.roles import EditScore


def score_check(name: str, score: EditScore, minimum: float) -> Check:
    """Return the check of an EditScore's overall value against the least that passes."""
    reason = f"{score.SC_reasoning} {score.PQ_reasoning}".strip()
    return Check(name, score.overall, minimum, "minimum", reason, score.scorer)


def score_record(score: EditScore) -> dict[str, float | str]:
    """Return the published fields of a first-frame or removal score, and who made it."""
    return {
        "prompt_following": score.prompt_following,
        "consistency": score.consistency,
        "perceptual_quality": score.perceptual_quality,
        "overall": score.overall,
        "SC_reasoning": score.SC_reasoning,
        "PQ_reasoning": score.PQ_reasoning,
        "scorer": score.scorer,
    }
