"""What a run will take, from published figures and from its own first samples."""

import json
from pathlib import Path

import pytest
from tests.conftest import Command
from tests.runners import small_run
from tests.runners.small_run import RUN, plan
from typer.testing import CliRunner

from sparkle.cli import app
from sparkle.core.errors import SetupError
from sparkle.core.outcome import Costs, Outcome
from sparkle.core.sample import Check
from sparkle.core.usage import Usage
from sparkle.recipes import STAGES, load_recipe
from sparkle.runners.build import open_run
from sparkle.runners.forecast import StageFigures, figures_of_run, predict, published_figures
from sparkle.runs import Ledger, StageEvent


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_published_funnel_comes_out_as_published() -> None:
    figures, remarks = published_figures("paper")
    found = predict(figures, {"source": 940_000}, 64, 2.0)
    assert found.calls["first_frame"] == pytest.approx((224_000,) * 3)
    assert found.accepted == pytest.approx((140_000,) * 3)
    low, likely, high = found.hours
    assert low < likely < high
    assert found.calls["synthesize"][0] == pytest.approx(140_000), "at best nothing is generated in vain"
    assert found.calls["synthesize"][2] == pytest.approx(224_000), "at worst all that falls falls in the end"
    assert found.days[1] == pytest.approx(likely / 64 / 24)
    assert found.money == pytest.approx((2 * low, 2 * likely, 2 * high))
    assert found.storage_gb is None
    assert any("not in them" in remark for remark in remarks)


def test_hours_by_hand() -> None:
    first = StageFigures("source", (1.0, 2.0, 3.0), (0.5, 0.5, 1.0), "")
    last = StageFigures("track", (3600.0,) * 3, (0.1, 0.5, 1.0), "")
    found = predict([first, last], {"source": 3600, "track": 10}, 2, bytes_per_pair=1e9)
    assert found.stage_hours == {"source": (1.0, 2.0, 3.0), "track": (1810.0, 1810.0, 3610.0)}
    assert found.accepted == pytest.approx((181.0, 905.0, 3610.0))
    assert found.storage_gb == pytest.approx(found.accepted)
    assert found.days[0] == pytest.approx(1811 / 48)


def put(numbers: range, rejected: int, waits_from: int = len(STAGES)) -> None:
    """Let samples pass all stages, 10 s each of which 4 on a GPU; `rejected` of them fall while they are tracked."""
    with Ledger(RUN) as ledger:
        for number in numbers:
            for stage in STAGES[:waits_from]:
                falls = stage == "track" and number < rejected
                check = Check("track.area", 0.0 if falls else 9.0, 8.0, "minimum", "", "test")
                use = (
                    Usage("work", "model", seconds=4.0),
                    Usage("ask", "server", seconds=5.0, prompt_tokens=7),
                )
                outcome = Outcome((check,), costs=Costs(10.0, use))
                ledger.append(StageEvent.of(plan(40)[number], stage, outcome, small_run.CARDS))
                if falls:
                    break


def test_the_rest_of_a_run_is_told_by_its_beginning() -> None:
    open_run(RUN, plan(40), load_recipe("cpu"), None)
    put(range(20), rejected=10)
    put(range(20, 25), rejected=0, waits_from=3)
    figures, coming, bytes_per_pair, remarks = figures_of_run(RUN)
    assert coming == {**dict.fromkeys(STAGES, 0), "source": 15, "track": 5}
    assert bytes_per_pair == 0.0
    by_stage = {each.stage: each for each in figures}
    assert by_stage["track"].seconds == pytest.approx((4.0,) * 3), "of models, and not of servers"
    low, likely, high = by_stage["track"].passing
    assert likely == 0.5
    assert (low, high) == pytest.approx((0.2993, 0.7007), abs=1e-3), "Wilson's interval of 10 in 20"
    assert "20 samples that have ended" in remarks[0]
    assert predict(figures, coming, 1).accepted[1] == pytest.approx(10.0)


def test_too_few_results_tell_nothing() -> None:
    open_run(RUN, plan(40), load_recipe("cpu"), None)
    put(range(4), rejected=0)
    with pytest.raises(SetupError, match=r"fewer than 5 results of stage source.*let it go on"):
        figures_of_run(RUN)


def test_the_command(sparkle: Command) -> None:
    question = ("plan", "--recipe", "paper", "--sources", 940000, "--gpus", 64)
    told = sparkle(*question, "--price-hour", 2.5)
    assert told.returncode == 0
    assert "140,000" in told.stdout
    assert sparkle(*question, "--price-per-gpu-hour", 2.5).stdout == told.stdout, "the option's former name"
    found = json.loads(sparkle("plan", "--recipe", "paper", "--sources", 10, "--json").stdout)
    assert found["gpus"] == 1
    for wrong, why in (
        (["plan"], "either"),
        (["plan", "--recipe", "paper"], "--sources"),
        (["plan", "--recipe", "pap", "--sources", 3], "paper"),
        (["plan", "nowhere"], "no run there"),
    ):
        refused = sparkle(*wrong)
        assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
        assert why in refused.stderr


@pytest.mark.parametrize(
    "wrong", [("--gpus", "1" + 400 * "0"), ("--sources", 10**30), ("--price-hour", "inf")]
)
def test_what_leaves_the_numbers_is_refused_by_name(wrong: tuple[str, object]) -> None:
    asked = {"--recipe": "paper", "--sources": 10, "--gpus": 1, wrong[0]: wrong[1]}
    told = CliRunner().invoke(app, ["plan", *(str(part) for pair in asked.items() for part in pair)])
    assert told.exit_code == 2
    assert wrong[0] in told.stderr


def test_the_largest_question_has_an_answer_in_json() -> None:
    asked = f"plan --recipe paper --sources {10**12} --gpus {10**12} --price-hour 1e12 --json"
    told = CliRunner().invoke(app, asked.split())
    assert json.loads(told.stdout, parse_constant=pytest.fail)["money"][2] > 1e18
