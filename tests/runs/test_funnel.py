import pytest

from sparkle.core.sample import Check
from sparkle.core.usage import Usage
from sparkle.runs import StageEvent, add_up

STAGES = ("source", "first_frame")


def event(stage: str, score: float, **values: object) -> StageEvent:
    check = Check(f"{stage}.score", score, 5.0, "minimum", "", "heuristic")
    status = "passed" if check.passed else "rejected"
    return StageEvent("Sparkle_time_000000", stage, status, checks=(check,), seconds=2.0, **values)  # type: ignore[arg-type]


def test_each_check_counts_who_met_it_and_spreads_the_scores() -> None:
    events = [event("source", 2.0), event("source", 6.0), event("first_frame", 9.0), event("source", 10.0)]
    totals = add_up([*events, event("first_frame", 4.0)], STAGES)
    rows = totals.checks
    assert [(row.check, row.came_in, row.passed, row.failed) for row in rows] == [
        ("source.score", 3, 2, 1),
        ("first_frame.score", 2, 1, 1),
    ]
    assert rows[0].mean == pytest.approx(6.0)
    assert rows[0].quantiles["0"] == 2.0
    assert rows[0].quantiles["0.5"] == 6.0
    assert rows[0].quantiles["1"] == 10.0
    assert totals.rejected == {"source.score": 1, "first_frame.score": 1}
    assert totals.seconds == {"source": 6.0, "first_frame": 4.0}


def test_usage_is_summed_and_a_failure_counts_with_what_it_used() -> None:
    used = Usage("work", "model", seconds=1.5)
    failed = StageEvent("Sparkle_time_000001", "source", "failed", error="no", seconds=1.0, usage=(used,))
    totals = add_up([event("source", 6.0, usage=(used,)), failed], STAGES)
    assert totals.usage == [Usage("work", "model", calls=2, seconds=3.0)]
    assert totals.seconds["source"] == 3.0


def test_a_run_without_checks_has_an_empty_funnel() -> None:
    totals = add_up([], STAGES)
    assert (totals.checks, totals.rejected, totals.usage) == ([], {}, [])
