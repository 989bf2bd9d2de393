"""`sparkle build`: videos in, dataset out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sparkle.cli.event_log import event_log, notice_facts, stage_facts
from sparkle.cli.options import BackgroundsOption, JsonOption, RecipeOption, SeedOption, SetOption
from sparkle.cli.running import runner_of, told_notice
from sparkle.cli.show import answer, print_json, remarks, run_tables, stage_progress, told
from sparkle.cli.telemetry import metrics, traces
from sparkle.core.errors import SetupError
from sparkle.core.layout import TAXONOMY_THEMES
from sparkle.recipes import STAGES, load_recipe
from sparkle.runners.build import build, plan_build
from sparkle.runners.sheets import write_sheets
from sparkle.runners.stream import Notice
from sparkle.runs import StageEvent
from sparkle.store import Folder


def command(
    videos: Annotated[
        list[str],
        typer.Argument(
            metavar="VIDEOS...",
            help="Files, folders, globs, CSV/JSONL manifests; also addresses: s3://bucket/clips/",
        ),
    ],
    out: Annotated[
        str,
        typer.Option(
            "--out",
            "-o",
            metavar="RUN",
            help="The run folder, which becomes the dataset; also s3:// or gs://, without contact sheets.",
        ),
    ],
    recipe: RecipeOption = "cpu",
    themes: Annotated[str, typer.Option(help="Themes to choose from, with commas.")] = ",".join(
        TAXONOMY_THEMES
    ),
    instructions: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="CSV or JSONL with a column instruction, and optional video, theme, keyword."
        ),
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option(
            metavar="WORDS",
            help="Who or what every clip keeps, in words that the recipe's grounder understands, as at `sparkle edit`; "
            "boxes of single clips stand in a manifest's column boxes.",
        ),
    ] = None,
    backgrounds: BackgroundsOption = None,
    pairs_per_source: Annotated[int, typer.Option(min=1, help="How many pairs to make of each source.")] = 1,
    limit: Annotated[int | None, typer.Option(min=1, help="Try at most so many pairs.")] = None,
    seed: SeedOption = None,
    settings: SetOption = [],  # noqa: B006 - typer copies it
    redo_from: Annotated[
        str | None, typer.Option(metavar="STAGE", help=f"Redo from this stage on: {', '.join(STAGES)}.")
    ] = None,
    runner: Annotated[
        str,
        typer.Option(metavar="NAME", help="What performs the work: local (this machine) or ray (a cluster)."),
    ] = "local",
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Processes of --runner local for stages without a GPU or a server; by default one a core, as far as "
            "memory goes.",
        ),
    ] = None,
    ray_address: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="The Ray cluster to join, `auto` or host:port; without it, Ray starts here.",
        ),
    ] = None,
    log: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Also tell every event as a line of JSON, in a file or, with -, on stderr."
        ),
    ] = None,
    metrics_at: Annotated[
        str | None,
        typer.Option(
            "--metrics",
            metavar="ADDRESS",
            help="Serve counts for Prometheus while it runs, at PORT of this machine or at HOST:PORT.",
        ),
    ] = None,
    with_traces: Annotated[
        bool,
        typer.Option(
            "--traces",
            help="Send a span for every result by OpenTelemetry, to where OTEL_EXPORTER_OTLP_ENDPOINT says.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a dataset of background replacements from your own videos.

    Started again after any interruption, the same command continues. Rejections are normal and listed with reasons.

    Examples:

        sparkle build clips/ --out runs/first

        sparkle build a.mp4 "b c.mov" --out runs/second --themes location,time --pairs-per-source 2

        sparkle build interviews/ --out runs/guests --subject "left person"

        sparkle build clips/ --out runs/photographed --backgrounds places/

        sparkle build clips/ --out s3://bucket/runs/first

        sparkle build s3://bucket/clips/ --out s3://bucket/runs/second

        sparkle build manifest.csv --out runs/third --set synthesize.generator=copy_paste --json

        sparkle build manifest.csv --out /shared/run --runner ray --ray-address auto
    """
    if redo_from is not None and redo_from not in STAGES:
        raise SetupError(f"--redo-from {redo_from}: no such stage; stages: {', '.join(STAGES)}")
    chosen = load_recipe(recipe, settings, {"seed": seed, "isolate.subject": subject})
    wanted = [theme.strip() for theme in themes.split(",") if theme.strip()]
    run = Folder.at(out)
    plan = plan_build(
        videos,
        themes=wanted,
        instructions=instructions,
        pairs_per_source=pairs_per_source,
        limit=limit,
        seed=chosen.seed,
        out=run,
        backgrounds=backgrounds,
    )
    with (
        stage_progress(len(plan)) as show,
        event_log(log) as write,
        metrics(metrics_at, len(plan)) as count,
        traces(str(run) if with_traces else None) as trace,
    ):

        def tell(event: str, facts: dict[str, Any]) -> None:
            for each in (write, count, trace):
                each(event, facts)

        def report(event: StageEvent) -> None:
            show(event)
            tell("stage", stage_facts(event))

        def notify(notice: Notice) -> None:
            told_notice(notice)
            tell(notice.kind, notice_facts(notice))

        performs = runner_of(runner, workers, ray_address, notify)
        summary = build(plan, run, chosen, redo_from=redo_from, report=report, runner=performs)
    sheet = None if run.path is None else write_sheets(run.path)
    if as_json:
        print_json(summary.to_json())
    else:
        for table in run_tables(summary):
            answer.print(table)
        counts = f"{summary.accepted} accepted, {sum(summary.rejected.values())} rejected, {len(summary.failed)} failed"
        answer.print(f"{summary.samples} samples of {summary.sources} sources: {counts}", highlight=False)
        answer.print(f"dataset        {run}", highlight=False, soft_wrap=True)
        if sheet is not None:
            answer.print(f"contact sheet  {sheet}", highlight=False, soft_wrap=True)
    for line in summary.damage:
        remarks.print(told(("ledger  ", "yellow"), f"  {line}"), soft_wrap=True)
    if summary.failed:
        remarks.print(f"{len(summary.failed)} samples failed; the same command tries them again", style="red")
        raise typer.Exit(1)
