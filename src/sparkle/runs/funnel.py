"""What a run came to: the funnel of checks, seconds and usage, added up over the ledger without holding it."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from sparkle.core.sample import Check
from sparkle.core.usage import Usage, sum_usage
from sparkle.runs.events import StageEvent

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


@dataclass(slots=True)
class Funnel:
    """One row per check, in the order in which samples meet them: 8 bytes are kept of each check that was made."""

    _first: dict[str, Check] = field(default_factory=dict)
    _scores: dict[str, array[float]] = field(default_factory=dict)
    _passed: Counter[str] = field(default_factory=Counter)

    def add(self, check: Check) -> None:
        """Count one check."""
        self._first.setdefault(check.name, check)
        self._scores.setdefault(check.name, array("d")).append(check.score)
        self._passed[check.name] += check.passed

    def rows(self) -> list[FunnelRow]:
        """Return the statistics."""
        return [self._row(check) for check in self._first.values()]

    def _row(self, first: Check) -> FunnelRow:
        scores = np.frombuffer(self._scores[first.name], dtype=np.float64)
        passed = self._passed[first.name]
        values = np.quantile(scores, QUANTILES)
        return FunnelRow(
            check=first.name,
            scorer=first.scorer,
            came_in=len(scores),
            passed=passed,
            failed=len(scores) - passed,
            threshold=first.threshold,
            passes=first.passes,
            mean=float(scores.mean()),
            quantiles={f"{q:g}": float(value) for q, value in zip(QUANTILES, values, strict=True)},
        )


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the events that count. `rejected` counts samples by the check that rejected them; `passed` and `tried`
    count samples by stage, failures not among them."""

    rejected: dict[str, int]
    seconds: dict[str, float]
    passed: dict[str, int]
    tried: dict[str, int]
    checks: list[FunnelRow]
    usage: list[Usage]


def add_up(events: Iterable[StageEvent], stages: Iterable[str]) -> Totals:
    """Return the sums over events of any number of samples."""
    funnel = Funnel()
    rejected: Counter[str] = Counter()
    order = list(stages)
    seconds = dict.fromkeys(order, 0.0)
    passed, tried = dict.fromkeys(order, 0), dict.fromkeys(order, 0)
    usage: tuple[Usage, ...] = ()
    for event in events:
        seconds[event.stage] += event.seconds
        passed[event.stage] += event.status == "passed"
        tried[event.stage] += event.status != "failed"
        if event.usage:
            usage = sum_usage((*usage, *event.usage))
        for check in event.checks if event.status != "failed" else ():
            funnel.add(check)
        if event.status == "rejected":
            rejected[next(check.name for check in event.checks if not check.passed)] += 1
    return Totals(dict(rejected), seconds, passed, tried, funnel.rows(), list(usage))
