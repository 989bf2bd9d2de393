"""`sparkle bench score`: have the clips of one or several models judged."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, cast, get_args

import typer

from sparkle.bench.aggregate import Aggregate, aggregate
from sparkle.bench.cost import Budget, Prices
from sparkle.bench.dimensions import Benchmark, find_benchmark
from sparkle.bench.judges import Media, SampleJudge, model_judge
from sparkle.bench.layout import judge_name, judges_of
from sparkle.bench.measured_judge import MeasuredJudge
from sparkle.bench.results import load_results
from sparkle.bench.rubric import own_rubric, read_rubric
from sparkle.bench.score import Work, only_writer, plan_work, score
from sparkle.bench.tasks import BenchSample, read_tasks, which_benchmark
from sparkle.cli.bench_show import (
    cost_json,
    cost_text,
    sample_progress,
    scoring_json,
    tell_scoring,
    tell_work,
)
from sparkle.cli.options import JsonOption
from sparkle.cli.show import answer, print_json, remarks
from sparkle.core.errors import SampleError, SetupError

METRICS = "metrics"

SavesOption = Annotated[
    list[Path],
    typer.Option(
        "--save", metavar="SAVE...", help="A model's clips and scores; several in a row, or repeated."
    ),
]
# An option takes one value, so what follows the first one of `--save A B C` arrives as arguments.
MoreSavesArgument = Annotated[
    list[Path], typer.Argument(metavar="SAVE", help="More folders, as in --save A B C.", show_default=False)
]


def all_saves(saves: Sequence[Path], more: Sequence[Path]) -> list[Path]:
    """Return the folders of `--save A B --save C`, each once."""
    return list({os.path.realpath(save): save for save in (*saves, *more)}.values())


def command(
    bench: Annotated[Path, typer.Argument(metavar="BENCH", help="The folder of the benchmark.")],
    saves: SavesOption,
    more_saves: MoreSavesArgument = [],  # noqa: B006 - typer copies it
    judge: Annotated[
        str,
        typer.Option(
            metavar="MODEL|metrics", help="A model by the name that its server knows, or measured quantities."
        ),
    ] = "gemini-2.5-pro",
    rubric: Annotated[
        str | None,
        typer.Option(
            metavar="FILE[::NAME]",
            help="What to ask: a text, or a Python script with it, which is not executed.",
        ),
    ] = None,
    runs: Annotated[int, typer.Option(min=1, help="How often each sample is judged, with other seeds.")] = 1,
    kind: Annotated[
        str | None,
        typer.Option(
            "--bench", metavar="sparkle|openve", help="Which benchmark BENCH is; seen from its files."
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="In the names of score files, in place of the judge; for a second rubric."
        ),
    ] = None,
    concurrency: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Samples judged at a time: by default 4, and 1 by metrics."),
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option(metavar="URL", help="An OpenAI-compatible server, up to and with /v1.")
    ] = None,
    api_key_env: Annotated[
        str | None, typer.Option(metavar="VARIABLE", help="The environment variable that holds the key.")
    ] = None,
    media: Annotated[
        str | None,
        typer.Option(
            metavar="inline|image_url|frames",
            help="How clips are sent: whole, whole as pictures are, or as frames.",
        ),
    ] = None,
    attempts: Annotated[int, typer.Option(min=1, help="Replies asked for until one can be used.")] = 5,
    price_in: Annotated[float | None, typer.Option(min=0, help="Price of a million input tokens.")] = None,
    price_out: Annotated[float | None, typer.Option(min=0, help="Price of a million output tokens.")] = None,
    max_cost: Annotated[
        float | None,
        typer.Option(min=0, metavar="X", help="Start no sample beyond this cost; needs both prices."),
    ] = None,
    estimate_only: Annotated[
        bool, typer.Option("--estimate-only", help="Say what it would take, ask nothing.")
    ] = False,
    cache: Annotated[
        bool, typer.Option("--cache/--no-cache", help="Reuse replies to the same question.")
    ] = True,
    subjects: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="For metrics: ID.npz, a mask file, or ID.json, boxes, of each source's subject; found if not given.",
        ),
    ] = None,
    require_complete: Annotated[
        bool,
        typer.Option("--require-complete", help="Refuse where a clip is missing, before anything is paid."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Have the clips of one or several models judged, into SAVE/{theme}_{judge}_sparkle_score.jsonl.

    Samples that have a score are not judged again, unless their clip was replaced since. Exit code 1 when any has none
    at the end; each is listed with its reason. Scores compare with the published ones only if model AND rubric are the
    published ones: give the authors' evaluation script as --rubric.

    Examples:

        sparkle bench score Sparkle-Bench --save results/mine --judge metrics

        sparkle bench score Sparkle-Bench --save results/mine --judge metrics --subjects masks/

        sparkle bench score Sparkle-Bench --save results/mine --rubric eval_sparkle_bench_gemini.py --estimate-only

        sparkle bench score Sparkle-Bench --save results/mine --judge Qwen/Qwen3-VL-32B-Instruct \\
            --endpoint http://127.0.0.1:8000/v1 --runs 3

        sparkle bench score Sparkle-Bench --save results/mine --price-in 1.25 --price-out 10 --max-cost 20
    """
    benchmark = which_benchmark(bench) if kind is None else find_benchmark(kind)
    samples = read_tasks(bench, benchmark)
    prices = _prices(price_in, price_out, max_cost)
    at_once = concurrency or (1 if judge == METRICS else 4)
    judging: SampleJudge
    if judge == METRICS:
        judging = _measured(benchmark, rubric, runs, subjects)
    elif subjects is not None:
        raise SetupError("--subjects is for --judge metrics; a model sees the clips themselves")
    else:
        asked = own_rubric(benchmark) if rubric is None else read_rubric(rubric, benchmark)
        judging = model_judge(
            judge,
            benchmark,
            asked,
            runs=runs,
            endpoint=endpoint,
            api_key_env=api_key_env,
            media=_media(media),
            concurrency=at_once,
            attempts=attempts,
            cache=cache,
        )
    label = judge_name(name or judge)
    folders = all_saves(saves, more_saves)
    budget = None if prices is None or max_cost is None else Budget(max_cost, prices, runs)
    with ExitStack() as held:
        for save in folders:
            held.enter_context(only_writer(save, label))
        works = [plan_work(samples, benchmark, save, label, judging.judge) for save in folders]
        if require_complete:
            _refuse_missing(works)
        estimate = judging.estimate([pair for work in works for pair in work.todo])
        tell_work(works, estimate, prices)
        told: dict[str, Any] = {
            "benchmark": benchmark.key,
            "judge": asdict(judging.judge),
            "estimate": cost_json(estimate, prices),
            "todo": {str(work.save): len(work.todo) for work in works},
        }
        if estimate_only:
            if as_json:
                print_json(told)
            return
        with sample_progress("judging", sum(len(work.todo) for work in works)) as ended:
            scorings = [
                score(work, judging, concurrency=at_once, budget=budget, report=ended) for work in works
            ]
    tables = [_table(work, samples) for work in works]
    done = list(zip(works, scorings, tables, strict=True))
    if as_json:
        parts = [scoring_json(*each) for each in done]
        print_json(told | {"saves": parts, "spent": cost_json(judging.spent(), prices)})
    else:
        for each in done:
            tell_scoring(*each)
        if judging.spent().calls or judging.spent().cached:
            answer.print(f"spent  {cost_text(judging.spent(), prices)}", highlight=False)
    if not all(scoring.complete for scoring in scorings):
        remarks.print("not every sample has a score; the same command tries the others again", style="red")
        raise typer.Exit(1)


def _prices(price_in: float | None, price_out: float | None, max_cost: float | None) -> Prices | None:
    if price_in is not None and price_out is not None:
        return Prices(price_in, price_out)
    if price_in is not None or price_out is not None or max_cost is not None:
        raise SetupError("cost needs both --price-in and --price-out, per million tokens")
    return None


def _media(name: str | None) -> Media | None:
    for media in get_args(Media):
        if name == media:
            return cast(Media, media)
    if name is not None:
        raise SetupError(f"--media {name}: one of {', '.join(get_args(Media))}")
    return None


def _measured(benchmark: Benchmark, rubric: str | None, runs: int, subjects: Path | None) -> SampleJudge:
    if rubric is not None or runs != 1:
        raise SetupError("--judge metrics measures: it has no rubric, and every run gives the same")
    return MeasuredJudge(benchmark, subjects)


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
