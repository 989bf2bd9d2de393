"""`sparkle bench ...`: benchmarks of background replacement: make one, run a model on it, judge, report, compare."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from sparkle.bench.comparison import compare
from sparkle.bench.dimensions import Benchmark, find_benchmark
from sparkle.bench.infer import infer, shard
from sparkle.bench.layout import judge_name, judges_of
from sparkle.bench.make import make_benchmark
from sparkle.bench.report import check_report_path, comparison_json, make_report, report_json, write_report
from sparkle.bench.results import Results, load_results
from sparkle.bench.statistics import BootstrapSettings
from sparkle.bench.tasks import read_tasks, which_benchmark
from sparkle.cli import bench_import, bench_score
from sparkle.cli.bench_score import MoreSavesArgument, SavesOption, all_saves
from sparkle.cli.bench_show import sample_progress
from sparkle.cli.bench_tables import comparison_tables, report_tables
from sparkle.cli.options import JsonOption, SetOption
from sparkle.cli.show import answer, print_json, remarks
from sparkle.core.errors import SampleError
from sparkle.runners.editors import open_editor

app = typer.Typer(
    help="Sparkle-Bench and OpenVE-Bench: run a model, judge it, compare.", no_args_is_help=True
)

BenchArgument = Annotated[Path, typer.Argument(metavar="BENCH", help="The folder of the benchmark.")]
KindOption = Annotated[
    str | None,
    typer.Option(
        "--bench", metavar="sparkle|openve|vefx", help="Whose protocol; by default seen from BENCH."
    ),
]
CompleteOption = Annotated[
    bool, typer.Option("--require-complete", help="Refuse where a sample has no score, and say which.")
]
CapOption = Annotated[
    bool | None,
    typer.Option(
        "--cap/--no-cap",
        help="Limit all dimensions by the first, or not; by default as each benchmark's published script does.",
        show_default=False,
    ),
]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")]
ResamplesOption = Annotated[int, typer.Option(min=100, help="Resamples of the bootstrap.")]


@app.callback()
def _group() -> None:
    """Sparkle-Bench and OpenVE-Bench: run a model, judge it, compare."""


@app.command("make")
def make_command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a `sparkle build`.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="BENCH", help="The benchmark's folder.")],
    per_scene: Annotated[int, typer.Option(min=1, help="Most samples of one scene.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the choice within a scene.")] = 7,
    as_json: JsonOption = False,
) -> None:
    """Make a benchmark of a run's own rejects: what passed everything but the last check, balanced over scenes.

    Examples:

        sparkle bench make runs/first --out mybench

        sparkle bench make runs/first --out mybench --per-scene 3 --json
    """
    made = make_benchmark(run, out, per_scene, seed)
    if as_json:
        print_json({**made.to_json(), "out": str(out)})
        return
    answer.print(f"{made.rejects} rejects of the last check, {made.used} used", highlight=False)
    if made.without_scene:
        answer.print(f"{made.without_scene} have no scene, and so no place in a benchmark", highlight=False)
    for scene, count in made.scenes.items():
        answer.print(f"{count:4}  {scene}", highlight=False, markup=False)
    if made.empty_scenes:
        answer.print(f"{len(made.empty_scenes)} scenes of these themes have none (--json lists them)")
    answer.print(f"benchmark  {out}", highlight=False, soft_wrap=True)


@app.command("infer")
def infer_command(
    bench: BenchArgument,
    editor: Annotated[
        str,
        typer.Option(
            metavar="EDITOR",
            help="cpu, recipe:X, kiwi, kiwi:MODEL, or command:'PROGRAM {source} {instruction} {output}'.",
        ),
    ],
    save: Annotated[Path, typer.Option("--save", metavar="SAVE", help="Where the edited clips go.")],
    part: Annotated[
        str | None, typer.Option("--shard", metavar="I/N", help="Only part I of N, counted from 1.")
    ] = None,
    kind: KindOption = None,
    timeout: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="Longest time of one run of a command.")
    ] = 3600.0,
    settings: SetOption = [],  # noqa: B006 - typer copies it
    as_json: JsonOption = False,
) -> None:
    """Edit every clip of a benchmark with one model; clips that are there and sound are kept.

    Exit code 1 when a clip is missing at the end; its id and the reason are listed.

    Examples:

        sparkle bench infer Sparkle-Bench --editor cpu --save results/cpu

        sparkle bench infer Sparkle-Bench --editor recipe:paper --save results/paper --shard 1/4

        sparkle bench infer Sparkle-Bench --editor kiwi:model.safetensors --save results/kiwi --set offload=model

        sparkle bench infer Sparkle-Bench --save results/mine \\
            --editor "command:python edit.py --in {source} --text {instruction} --out {output}"
    """
    samples = read_tasks(bench, _benchmark(bench, kind))
    if part is not None:
        samples = shard(samples, part)
    chosen = open_editor(editor, settings, timeout)
    with sample_progress("editing", len(samples)) as ended:
        outcomes = infer(samples, save, chosen, lambda outcome: ended(outcome.id, outcome.reason or None))
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    counts = {
        status: sum(outcome.status == status for outcome in outcomes) for status in ("made", "kept", "failed")
    }
    if as_json:
        failures = [{"id": outcome.id, "reason": outcome.reason} for outcome in failed]
        print_json({"save": str(save), "samples": len(samples), **counts, "failures": failures})
    else:
        told = ", ".join(f"{count} {status}" for status, count in counts.items())
        answer.print(f"{len(samples)} samples: {told}", highlight=False)
        answer.print(f"clips  {save}", highlight=False, soft_wrap=True)
    if failed:
        remarks.print(f"{len(failed)} clips are missing; the same command tries them again", style="red")
        raise typer.Exit(1)


app.command("import")(bench_import.command)
app.command("score")(bench_score.command)


@app.command("report")
def report_command(
    bench: BenchArgument,
    saves: SavesOption,
    more_saves: MoreSavesArgument = [],  # noqa: B006 - typer copies it
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FILE", help="report.html, .md, .json or .tex; else to the terminal."
        ),
    ] = None,
    judges: Annotated[
        list[str], typer.Option("--judge", metavar="NAME", help="Only these judges; by default all.")
    ] = [],  # noqa: B006 - typer copies it
    kind: KindOption = None,
    require_complete: CompleteOption = False,
    cap: CapOption = None,
    resamples: ResamplesOption = 10_000,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Make tables, intervals, comparisons and pictures of scores; one file, nothing else needed.

    Examples:

        sparkle bench report Sparkle-Bench --save results/cpu --out report.html

        sparkle bench report Sparkle-Bench --save results/a results/b --out table.tex --require-complete
    """
    if out is not None:
        check_report_path(out)
    results = _all_results(bench, kind, all_saves(saves, more_saves), judges, cap)
    if require_complete:
        _refuse_incomplete(results)
    report = make_report(results, BootstrapSettings(resamples=resamples, seed=seed))
    if out is not None:
        write_report(report, out)
    if as_json:
        print_json(report_json(report))
    else:
        for table in report_tables(report):
            answer.print(table)
        if out is not None:
            answer.print(f"report  {out}", highlight=False, soft_wrap=True)


@app.command("compare")
def compare_command(
    bench: BenchArgument,
    a: Annotated[Path, typer.Option("--a", metavar="SAVE", help="The one model's clips and scores.")],
    b: Annotated[Path, typer.Option("--b", metavar="SAVE", help="The other model's.")],
    judge: Annotated[
        str | None, typer.Option(metavar="NAME", help="The judge, where several have judged.")
    ] = None,
    kind: KindOption = None,
    require_complete: CompleteOption = False,
    cap: CapOption = None,
    resamples: ResamplesOption = 10_000,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Tell whether model B is better than model A, on the samples that both have: difference, interval, test, effect.

    Examples:

        sparkle bench compare Sparkle-Bench --a results/kiwi-edit --b results/mine

        sparkle bench compare Sparkle-Bench --a results/a --b results/b --judge metrics --json
    """
    benchmark = _benchmark(bench, kind)
    samples = read_tasks(bench, benchmark)
    name = None if judge is None else judge_name(judge)
    results_a, results_b = (load_results(samples, benchmark, save, name, cap=cap) for save in (a, b))
    if require_complete:
        _refuse_incomplete([results_a, results_b])
    comparison = compare(results_a, results_b, BootstrapSettings(resamples=resamples, seed=seed))
    if as_json:
        print_json(comparison_json(comparison))
    else:
        for table in comparison_tables(comparison):
            answer.print(table)


def _benchmark(bench: Path, kind: str | None) -> Benchmark:
    return which_benchmark(bench) if kind is None else find_benchmark(kind)


def _all_results(
    bench: Path, kind: str | None, saves: Iterable[Path], judges: list[str], cap: bool | None
) -> list[Results]:
    """Return the results of every save by every wanted judge."""
    benchmark = _benchmark(bench, kind)
    samples = read_tasks(bench, benchmark)
    found = []
    for save in saves:
        names: list[str | None] = [*map(judge_name, judges)] or [*judges_of(save, benchmark)] or [None]
        found += [load_results(samples, benchmark, save, name, cap=cap) for name in names]
    return found


def _refuse_incomplete(results: list[Results]) -> None:
    missing = {f"{result.save} by {result.judge}": result.failures for result in results if result.failures}
    if missing:
        lines = [
            f"{failure.id}: {failure.kind}, {failure.reason}"
            for failures in missing.values()
            for failure in failures.values()
        ]
        where = ", ".join(f"{name} lacks {len(failures)}" for name, failures in missing.items())
        raise SampleError(f"--require-complete: {where} scores", lines)
