"""What `sparkle bench score` is told becomes a judge and a plan, or a sentence that says what does not go together."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.bench.tiny_bench import make_bench, make_results
from tests.vision_language_server import VisionLanguageServer

from sparkle.bench.dimensions import OPENVE, SPARKLE
from sparkle.bench.judges import ModelJudge
from sparkle.bench.layout import score_path
from sparkle.bench.measured_judge import MeasuredJudge
from sparkle.bench.scores import read_records
from sparkle.bench.session import JudgeChoice, Limits, choose_judge, scoring_session
from sparkle.bench.tasks import BenchSample
from sparkle.core.errors import SampleError, SetupError
from sparkle.core.prices import Prices

METRICS = JudgeChoice("metrics")


@pytest.fixture
def bench(tmp_path: Path) -> list[BenchSample]:
    return make_bench(tmp_path / "bench")


@pytest.fixture
def save(tmp_path: Path, bench: list[BenchSample]) -> Path:
    return make_results(tmp_path / "save", bench)


@pytest.fixture
def at_server() -> Iterator[JudgeChoice]:
    """A model behind a real server that answers every question."""
    pytest.importorskip("openai")
    with VisionLanguageServer(model="test/judge") as server:
        yield JudgeChoice("test/judge", endpoint=server.url, cache=False)


def ignore(id: str, problem: str | None) -> None:
    """Report to nobody."""


@pytest.mark.parametrize(
    ("limits", "prices"),
    [(Limits(), None), (Limits(1.5, 0.0), Prices(1.5, 0.0)), (Limits(1.5, 2.0, 20.0), Prices(1.5, 2.0))],
)
def test_prices_are_two_or_none(limits: Limits, prices: Prices | None) -> None:
    assert limits.prices() == prices


@pytest.mark.parametrize(
    "limits", [Limits(1.0), Limits(None, 1.0), Limits(None, None, 5.0), Limits(1.0, None, 5.0)]
)
def test_half_a_price_or_a_limit_without_prices_is_refused(limits: Limits) -> None:
    with pytest.raises(SetupError, match="cost needs both --price-in and --price-out"):
        limits.prices()


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ({"judge": "metrics", "runs": 2}, "--judge metrics measures"),
        ({"judge": "metrics", "rubric": "mine.txt"}, "--judge metrics measures"),
        ({"judge": "a/model", "subjects": Path("masks")}, "--subjects is for --judge metrics"),
        ({"judge": "a/model", "media": "smoke"}, "--media smoke: one of inline, image_url, frames"),
        ({"judge": "metrics", "subjects": Path("nowhere")}, "--subjects nowhere: is no folder"),
    ],
)
def test_what_does_not_go_together_is_refused(choice: dict[str, Any], says: str) -> None:
    with pytest.raises(SetupError, match=says):
        choose_judge(SPARKLE, JudgeChoice(**choice))


def test_metrics_measure_sparkles_dimensions_alone() -> None:
    assert isinstance(choose_judge(SPARKLE, METRICS), MeasuredJudge)
    with pytest.raises(SetupError, match="measures the dimensions of"):
        choose_judge(OPENVE, METRICS)


def test_a_model_is_asked_as_it_was_chosen() -> None:
    pytest.importorskip("openai")
    choice = JudgeChoice("a/model", runs=3, endpoint="http://127.0.0.1:1/v1", media="frames", attempts=2)
    judge = choose_judge(SPARKLE, choice)
    assert isinstance(judge, ModelJudge)
    settings = judge.client.settings
    assert (settings.model, settings.base_url, settings.attempts) == ("a/model", "http://127.0.0.1:1/v1", 2)
    assert (settings.concurrency, settings.video, judge.runs) == (4, "frames", 3)
    assert judge.judge.rubric_sha256


def test_a_model_is_asked_four_at_a_time_and_measuring_is_done_one_by_one() -> None:
    assert (JudgeChoice().at_once, METRICS.at_once) == (4, 1)
    assert JudgeChoice("metrics", concurrency=3).at_once == 3


def test_a_missing_clip_refuses_all_saves_before_any_is_judged(
    tmp_path: Path, bench: list[BenchSample], save: Path
) -> None:
    other = make_results(tmp_path / "other", bench)
    (other / bench[1].result).unlink()
    with (
        pytest.raises(SampleError, match="1 clips are missing, so nothing was judged") as told,
        scoring_session(tmp_path / "bench", [save, other], METRICS, require_complete=True),
    ):
        pytest.fail("it began")
    assert bench[1].id in told.value.details[0]
    assert not list(save.glob("*_score.jsonl"))


def test_all_folders_are_judged_into_files_of_the_name_and_what_is_there_is_kept(
    tmp_path: Path, bench: list[BenchSample], save: Path, at_server: JudgeChoice
) -> None:
    other = make_results(tmp_path / "other", bench)
    (other / bench[0].result).unlink()
    reported: list[str] = []
    with scoring_session(tmp_path / "bench", [save, other], at_server, name="mine") as session:
        assert session.todo == 2 * len(bench) - 1
        assert (session.estimate.calls, session.budget, session.concurrency) == (session.todo, None, 4)
        first, second = session.score(lambda id, problem: reported.append(id))
        assert session.judge.spent().calls == session.todo
    assert len(reported) == session.todo
    assert first.scoring.complete
    assert [failure.id for failure in second.scoring.failures] == [bench[0].id]
    assert first.table.macro is not None
    assert first.table.macro.scored == len(bench)
    path = score_path(save, SPARKLE, bench[0].theme, "mine")
    assert bench[0].id in read_records(path, SPARKLE)
    with scoring_session(tmp_path / "bench", [save], at_server, name="mine") as again:
        assert (again.todo, again.works[0].kept) == (0, len(bench))
        (kept,) = again.score(ignore)
    assert kept.table == first.table


def test_a_folder_without_any_score_has_an_empty_table(tmp_path: Path, bench: list[BenchSample]) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with scoring_session(tmp_path / "bench", [empty], METRICS) as session:
        (done,) = session.score(ignore)
    assert (done.table.themes, done.table.macro) == ((), None)
    assert len(done.scoring.failures) == len(bench)


def test_a_second_session_on_a_folder_is_refused_while_the_first_lasts(
    tmp_path: Path, bench: list[BenchSample], save: Path
) -> None:
    with scoring_session(tmp_path / "bench", [save], METRICS):
        with (
            pytest.raises(SetupError, match="the scores of metrics"),
            scoring_session(tmp_path / "bench", [save], METRICS),
        ):
            pytest.fail("two writers")
        with scoring_session(tmp_path / "bench", [save], METRICS, name="another"):
            pass
    with scoring_session(tmp_path / "bench", [save], METRICS):
        pass


def test_scores_made_in_another_way_are_refused_by_name(
    tmp_path: Path, bench: list[BenchSample], save: Path, at_server: JudgeChoice
) -> None:
    with scoring_session(tmp_path / "bench", [save], at_server) as session:
        session.score(ignore)
    with (
        pytest.raises(SetupError, match=r"made in another way \(runs: 1 there, 2 now"),
        scoring_session(tmp_path / "bench", [save], replace(at_server, runs=2)),
    ):
        pytest.fail("mixed")


def test_the_budget_counts_every_run_of_a_sample(
    tmp_path: Path, bench: list[BenchSample], save: Path
) -> None:
    pytest.importorskip("openai")
    choice = JudgeChoice("a/model", runs=3, endpoint="http://127.0.0.1:1/v1")
    limits = Limits(1.0, 2.0, 9.0)
    with scoring_session(tmp_path / "bench", [save], choice, kind="sparkle", limits=limits) as session:
        assert session.budget is not None
        assert (session.budget.most, session.budget.calls_per_sample) == (9.0, 3)
        assert session.estimate.calls == 3 * len(bench)
        assert session.estimate.input > 0
