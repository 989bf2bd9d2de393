"""What a run's checks cost and what they saved: cheap ones that reject much belong first."""

from __future__ import annotations

from dataclasses import dataclass

from sparkle.runs.funnel import Totals


@dataclass(frozen=True, slots=True)
class CheckCost:
    """A check: `seconds` is what a call of its stage took on average, with all that is measured there; `rejected` the
    share of those that came to it, from 0 to 1; `saved_s` the seconds that those whom it rejected would have cost
    later, had they fared there as the others did."""

    check: str
    seconds: float
    rejected: float
    saved_s: float


def check_costs(totals: Totals) -> list[CheckCost]:
    """Return the checks that rejected anybody, in the order in which samples meet them."""
    stages = list(totals.seconds)
    mean = {stage: totals.seconds[stage] / max(totals.tried[stage], 1) for stage in stages}
    later: dict[str, float] = {}
    ahead = 0.0  # what a sample that passes a stage costs after it, on average
    for stage in reversed(stages):
        later[stage] = ahead
        passing = totals.passed[stage] / totals.tried[stage] if totals.tried[stage] else 1.0
        ahead = mean[stage] + passing * ahead
    found = []
    for row in totals.checks:
        stage = row.check.partition(".")[0]
        count = totals.rejected.get(row.check, 0)
        if count:
            found.append(CheckCost(row.check, mean[stage], count / row.came_in, count * later[stage]))
    return found
