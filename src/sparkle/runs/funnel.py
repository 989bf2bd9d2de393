"""The funnel: for every check how many samples came in, passed and failed, and how their scores are spread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from sparkle.core.sample import Check, Sample

QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """Statistics of one check over a run. `quantiles` maps "0.5" to the median score, and so on."""

    check: str
    scorer: str
    came_in: int
    passed: int
    failed: int
    threshold: float
    passes: str
    mean: float
    quantiles: dict[str, float]


def funnel(samples: Iterable[Sample]) -> list[FunnelRow]:
    """Return one row per check, in the order in which samples meet them."""
    checks: dict[str, list[Check]] = {}
    for sample in samples:
        for check in sample.checks:
            checks.setdefault(check.name, []).append(check)
    return [_row(name, found) for name, found in checks.items()]


def _row(name: str, checks: list[Check]) -> FunnelRow:
    scores = np.array([check.score for check in checks], dtype=np.float64)
    passed = sum(check.passed for check in checks)
    values = np.quantile(scores, QUANTILES)
    return FunnelRow(
        check=name,
        scorer=checks[0].scorer,
        came_in=len(checks),
        passed=passed,
        failed=len(checks) - passed,
        threshold=checks[0].threshold,
        passes=checks[0].passes,
        mean=float(scores.mean()),
        quantiles={f"{q:g}": float(value) for q, value in zip(QUANTILES, values, strict=True)},
    )
