"""What several commands print: JSON on stdout, everything else on stderr."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from sparkle.cli.screen import answer, description_column, print_json, remarks, told
from sparkle.runners.progress_lines import PROGRESS, progress_line

if TYPE_CHECKING:
    from sparkle.runners.build import RunSummary
    from sparkle.runs import StageEvent

__all__ = [
    "answer",
    "event_line",
    "print_json",
    "remarks",
    "run_tables",
    "slim_table",
    "stage_progress",
    "tell_damage",
    "told",
]


@contextmanager
def stage_progress(samples: int, stages: int | None = None) -> Iterator[Callable[[StageEvent], None]]:
    """Show a bar over samples and their last `stages` (all of them), and one line for every sample that ends early."""
    with stage_and_frame_progress(samples, stages) as (report, _):
        yield report


@contextmanager
def stage_and_frame_progress(
    samples: int,
    stages: int | None = None,
) -> Iterator[tuple[Callable[[StageEvent], None], Callable[[str, int, float], None]]]:
    """Show what `stage_progress` shows, and a second bar over frames once the first is told: (what, done, of all).

    With SPARKLE_PROGRESS=lines in the environment each step is a line of its own, for a program that shows it itself.
    """
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from sparkle.recipes import STAGES

    as_lines = os.environ.get(PROGRESS) == "lines"
    columns = (
        description_column(44),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=remarks, transient=True) as progress:
        task = progress.add_task("starting", total=samples * (stages or len(STAGES)), unit="stages")
        frames = progress.add_task("whole clip", total=None, unit="frames", visible=False)

        def report(event: StageEvent) -> None:
            number = STAGES.index(event.stage) + 1
            done = 1 if event.status == "passed" else 1 + len(STAGES) - number
            progress.update(task, advance=done, description=f"{event.stage} {event.id}")
            if as_lines:
                remarks.print(progress_line(event.stage, number, len(STAGES)), soft_wrap=True)
            line = event_line(event)
            if line:
                progress.console.print(line, soft_wrap=True)

        def count(step: str, done: int, of_all: float) -> None:
            if as_lines:
                remarks.print(progress_line(step, done, max(done, round(of_all))), soft_wrap=True)
            progress.update(
                frames, description=step, completed=done, total=max(done, round(of_all)), visible=True
            )

        yield report, count


def event_line(event: StageEvent) -> Text | None:
    """Return the line that tells how a sample ended, or None while it goes on."""
    from sparkle.recipes import STAGES

    if event.status == "failed":
        return told(("failed", "red"), f"    {event.id}  {event.stage}: {event.error or ''}")
    if event.status == "rejected":
        check = next(check for check in event.checks if not check.passed)
        return told(("rejected", "yellow"), f"  {event.id}  {check}: {check.reason}")
    if event.stage == STAGES[-1]:
        return told(("accepted", "green"), f"  {event.id}")
    return None


def run_tables(summary: RunSummary) -> Iterator[Table]:
    """Yield the tables at the end of a run: the funnel of checks, the seconds per stage, what the checks saved."""
    checks = slim_table("check", "in", "pass", "fail", "needs", "median", "scorer")
    for row in summary.checks:
        sign = "≥" if row.passes == "minimum" else "≤"
        counts = (str(row.came_in), str(row.passed), str(row.failed))
        median = f"{row.quantiles['0.5']:.3g}"
        checks.add_row(row.check, *counts, f"{sign} {row.threshold:.3g}", median, row.scorer)
    yield checks
    seconds = slim_table("stage", *summary.seconds)
    seconds.add_row("seconds", *(f"{value:.1f}" for value in summary.seconds.values()))
    if summary.accepted:
        each = (f"{value / summary.accepted:.1f}" for value in summary.seconds.values())
        seconds.add_row("per pair", *each)
    yield seconds
    if summary.costs:
        costs = slim_table("check", "rejects", "s a call", "saved s")
        for cost in summary.costs:
            costs.add_row(cost.check, f"{cost.rejected:.0%}", f"{cost.seconds:.3g}", f"{cost.saved_s:.3g}")
        yield costs
    if summary.usage:
        yield _usage_table(summary)


def _usage_table(summary: RunSummary) -> Table:
    """Return what the models did, and what that comes to for one accepted pair."""
    table = slim_table("model", "work", "calls", "cached", "tokens in", "out", "seconds", "per pair")
    for use in summary.usage:
        each = f"{use.seconds / summary.accepted:.1f}" if summary.accepted else "-"
        counts = (use.calls, use.cached, use.prompt_tokens, use.completion_tokens)
        table.add_row(use.model, use.name, *map(str, counts), f"{use.seconds:.1f}", each)
    return table


def tell_damage(lines: Iterable[str]) -> None:
    """Say which lines of a ledger were not as they should be: what a command counts lacks what they said."""
    for line in lines:
        remarks.print(told(("ledger  ", "yellow"), f"  {line}"), soft_wrap=True)


def slim_table(*columns: str) -> Table:
    """Return a table that fits a terminal of 80 columns: text to the left, numbers to the right, no frame."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for name in columns:
        left = name in {"check", "stage", "in all", "scorer", "model", "work"}
        table.add_column(name, justify="left" if left else "right", no_wrap=True)
    return table
