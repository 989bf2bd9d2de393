"""What the checks of a run cost and saved."""

import pytest
from tests.runners.small_run import CARDS, plan

from sparkle.core.outcome import Costs, Outcome
from sparkle.core.sample import Check
from sparkle.runs import StageEvent, add_up, check_costs


def event(number: int, stage: str, seconds: float, score: float = 9.0) -> StageEvent:
    check = Check(f"{stage}.score", score, 8.0, "minimum", "", "test")
    return StageEvent.of(plan()[number], stage, Outcome((check,), costs=Costs(seconds)), CARDS)


def test_a_check_saves_what_those_would_have_cost_whom_it_rejects() -> None:
    events = [event(number, "source", 2.0, 1.0 if number < 2 else 9.0) for number in range(4)]
    events += [event(2, "track", 10.0, 1.0), event(3, "track", 10.0), event(3, "animate", 100.0)]
    totals = add_up(events, ("source", "track", "animate"))
    assert (totals.tried, totals.passed) == (
        {"source": 4, "track": 2, "animate": 1},
        {"source": 2, "track": 1, "animate": 1},
    )
    source, track = check_costs(totals)
    assert (source.check, source.seconds, source.rejected) == ("source.score", 2.0, 0.5)
    assert source.saved_s == pytest.approx(2 * (10.0 + 0.5 * 100.0)), (
        "half of those that are tracked are animated"
    )
    assert (track.rejected, track.saved_s) == (0.5, 100.0)


def test_without_rejections_nothing_is_saved() -> None:
    assert check_costs(add_up([event(0, "source", 2.0)], ("source", "track"))) == []
