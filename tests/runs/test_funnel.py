import pytest

from sparkle.core.sample import Check, Inputs, Sample
from sparkle.runs.funnel import funnel


def sample(*scores: float) -> Sample:
    checks = (
        Check(f"check{index}", score, 5.0, "minimum", "", "heuristic") for index, score in enumerate(scores)
    )
    return Sample("Sparkle_time_000000", "time", 1, Inputs("a.mp4"), checks=tuple(checks))


def test_each_check_counts_who_met_it_and_spreads_the_scores() -> None:
    rows = funnel([sample(2.0), sample(6.0, 9.0), sample(10.0, 4.0)])
    assert [(row.check, row.came_in, row.passed, row.failed) for row in rows] == [
        ("check0", 3, 2, 1),
        ("check1", 2, 1, 1),
    ]
    assert rows[0].mean == pytest.approx(6.0)
    assert rows[0].quantiles["0"] == 2.0
    assert rows[0].quantiles["0.5"] == 6.0
    assert rows[0].quantiles["1"] == 10.0


def test_a_run_without_checks_has_an_empty_funnel() -> None:
    assert funnel([sample()]) == []
