"""One judge over the clips of one or several SAVE folders: what there is to do, what it takes, what came out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from sparkle.bench.aggregate import Aggregate, aggregate
from sparkle.bench.cost import Budget, Tokens
from sparkle.bench.dimensions import VEFX, Benchmark, find_benchmark
from sparkle.bench.judges import Media, SampleJudge, model_judge
from sparkle.bench.layout import judge_name, judges_of
from sparkle.bench.measured_judge import MODEL as METRICS
from sparkle.bench.measured_judge import MeasuredJudge
from sparkle.bench.results import load_results
from sparkle.bench.rubric import own_rubric, read_rubric
from sparkle.bench.score import Scoring, Work, only_writer, plan_work, score
from sparkle.bench.tasks import BenchSample, read_tasks, which_benchmark
from sparkle.bench.vefx_judge import open_vefx
from sparkle.core.errors import SampleError, SetupError
from sparkle.core.prices import Prices

DEFAULT_JUDGE = "gemini-2.5-pro"
MODEL_CONCURRENCY = 4  # a model is waited for; measuring keeps a machine busy by itself


@dataclass(frozen=True, slots=True)
class JudgeChoice:
    """Who is to judge, as `sparkle bench score` is told: a model by its server's name, or "metrics".

    `media` is one of the names of `judges.Media`; `subjects` is for metrics alone, what is about a server for models.
    """

    judge: str = DEFAULT_JUDGE
    rubric: str | None = None
    runs: int = 1
    endpoint: str | None = None
    api_key_env: str | None = None
    media: str | None = None
    attempts: int = 5
    cache: bool = True
    subjects: Path | None = None
    device: str = "cuda"
    concurrency: int | None = None

    @property
    def at_once(self) -> int:
        """How many samples are judged at a time."""
        return self.concurrency or (1 if self.judge == METRICS else MODEL_CONCURRENCY)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the user says of money: prices per million tokens, and a cost beyond which no sample is started."""

    price_in: float | None = None
    price_out: float | None = None
    max_cost: float | None = None

    def prices(self) -> Prices | None:
        """Return the prices, or None for none. Raises SetupError for one of two, and for a limit without them."""
        if self.price_in is not None and self.price_out is not None:
            return Prices(self.price_in, self.price_out)
        if self.price_in is not None or self.price_out is not None or self.max_cost is not None:
            raise SetupError("cost needs both --price-in and --price-out, per million tokens")
        return None


@dataclass(frozen=True, slots=True)
class SaveScores:
    """What became of one SAVE folder; `table` is of all its scores, those from before included."""

    work: Work
    scoring: Scoring
    table: Aggregate


@dataclass(frozen=True, slots=True)
class Session:
    """What there is to judge, and what it is expected to take; `score` does it."""

    benchmark: Benchmark
    samples: Sequence[BenchSample]
    judge: SampleJudge
    works: tuple[Work, ...]
    estimate: Tokens
    prices: Prices | None
    budget: Budget | None
    concurrency: int

    @property
    def todo(self) -> int:
        """How many clips are to be judged."""
        return sum(len(work.todo) for work in self.works)

    def score(self, report: Callable[[str, str | None], None]) -> list[SaveScores]:
        """Judge folder after folder; `report` and errors are those of `bench.score.score`."""
        scorings = [
            score(work, self.judge, concurrency=self.concurrency, budget=self.budget, report=report)
            for work in self.works
        ]
        return [
            SaveScores(work, scoring, _table(work, self.samples))
            for work, scoring in zip(self.works, scorings, strict=True)
        ]


@contextmanager
def scoring_session(
    bench: Path,
    saves: Sequence[Path],
    choice: JudgeChoice,
    *,
    kind: str | None = None,
    name: str | None = None,
    limits: Limits = Limits(),
    require_complete: bool = False,
) -> Iterator[Session]:
    """Plan the judging of `saves`, held as their only writer until the end of the context.

    `kind` is the benchmark's key, seen from its files by default; `name` stands in score files in place of the judge.
    Raises SetupError for choices that cannot be, and for a SAVE with scores made in another way or held by another
    process; SampleError with `require_complete` where a clip is missing: nothing was asked then.
    """
    benchmark = which_benchmark(bench) if kind is None else find_benchmark(kind)
    samples = read_tasks(bench, benchmark)
    prices = limits.prices()
    judge = choose_judge(benchmark, choice)
    label = judge_name(name or choice.judge)
    with ExitStack() as held:
        for save in saves:
            held.enter_context(only_writer(save, label))
        works = tuple(plan_work(samples, benchmark, save, label, judge.judge) for save in saves)
        if require_complete:
            _refuse_missing(works)
        yield Session(
            benchmark=benchmark,
            samples=samples,
            judge=judge,
            works=works,
            estimate=judge.estimate([pair for work in works for pair in work.todo]),
            prices=prices,
            budget=None
            if prices is None or limits.max_cost is None
            else Budget(limits.max_cost, prices, choice.runs),
            concurrency=choice.at_once,
        )


def choose_judge(benchmark: Benchmark, choice: JudgeChoice) -> SampleJudge:
    """Return the judge. Raises SetupError for what does not go together; nothing is asked of any server."""
    if benchmark is VEFX:
        return _vefx(choice)
    if choice.judge == METRICS:
        if choice.rubric is not None or choice.runs != 1:
            raise SetupError("--judge metrics measures: it has no rubric, and every run gives the same")
        return MeasuredJudge(benchmark, choice.subjects)
    if choice.subjects is not None:
        raise SetupError("--subjects is for --judge metrics; a model sees the clips themselves")
    asked = own_rubric(benchmark) if choice.rubric is None else read_rubric(choice.rubric, benchmark)
    return model_judge(
        choice.judge,
        benchmark,
        asked,
        runs=choice.runs,
        endpoint=choice.endpoint,
        api_key_env=choice.api_key_env,
        media=_media(choice.media),
        concurrency=choice.at_once,
        attempts=choice.attempts,
        cache=choice.cache,
    )


def _vefx(choice: JudgeChoice) -> SampleJudge:
    if choice.rubric is None or choice.judge in (METRICS, DEFAULT_JUDGE):
        raise SetupError(
            "--bench vefx needs --judge, the reward model's folder or repository (xiangbog/VEFX-Reward-4B), and "
            "--rubric, its authors' prompt_template.py, which is part of what it was trained on"
        )
    if (
        choice.runs != 1
        or choice.subjects is not None
        or choice.endpoint is not None
        or choice.media is not None
    ):
        raise SetupError(
            "--bench vefx runs a model on this machine, which always answers the same and sees whole clips: "
            "leave out --runs, --subjects, --endpoint and --media"
        )
    return open_vefx(choice.judge, choice.device, read_rubric(choice.rubric, VEFX))


def _media(name: str | None) -> Media | None:
    if name is not None and name not in get_args(Media):
        raise SetupError(f"--media {name}: one of {', '.join(get_args(Media))}")
    return cast(Media | None, name)


def _refuse_missing(works: Sequence[Work]) -> None:
    missing = [failure for work in works for failure in work.missing]
    if missing:
        lines = [f"{failure.id}: {failure.reason}" for failure in missing]
        raise SampleError(
            f"--require-complete: {len(missing)} clips are missing, so nothing was judged", lines
        )


def _table(work: Work, samples: Sequence[BenchSample]) -> Aggregate:
    if work.name not in judges_of(work.save, work.benchmark):
        return Aggregate((), None)
    return aggregate(load_results(samples, work.benchmark, work.save, work.name))
