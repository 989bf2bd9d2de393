"""What the `sparkle bench` commands print: progress over samples, work and cost, tables of scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

from sparkle.bench.cost import Tokens
from sparkle.bench.report.table import SHORT_NAMES
from sparkle.bench.score import Work
from sparkle.bench.session import SaveScores, Session
from sparkle.cli.screen import description_column
from sparkle.cli.show import answer, remarks, slim_table, told
from sparkle.core.prices import Prices

Ended = Callable[[str, str | None], None]


@contextmanager
def sample_progress(what: str, samples: int) -> Iterator[Ended]:
    """Show a bar over samples; call what is yielded with each id at its end, and with what went wrong, if anything."""
    columns = (description_column(34), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=remarks, transient=True) as progress:
        task = progress.add_task(what, total=samples)

        def ended(id: str, problem: str | None) -> None:
            progress.update(task, advance=1, description=f"{what} {id}")
            if problem is not None:
                progress.console.print(told(("no result", "red"), f"  {id}  {problem}"), soft_wrap=True)

        yield ended


def tell_work(works: Sequence[Work], estimate: Tokens, prices: Prices | None) -> None:
    """Say on stderr what there is to do, and what it is expected to take."""
    for work in works:
        counts = f"{len(work.todo)} to judge, {work.kept} have a score, {len(work.missing)} clips are missing"
        remarks.print(f"{work.save}: {counts}", highlight=False, soft_wrap=True)
        if work.changed:
            what = (
                f"{len(work.changed)} of them have a score of another clip or edit_type, which is set aside"
            )
            remarks.print(told(("note", "yellow"), f"  {what}: {', '.join(work.changed[:5])}"))
        if work.unstated:
            remarks.print(
                told(
                    ("note", "yellow"),
                    f"  {work.unstated} scores do not say how they were made; they are kept",
                ),
            )
    if estimate.calls:
        remarks.print(f"estimate  {cost_text(estimate, prices)}", highlight=False)


def tell_scoring(save: SaveScores) -> None:
    """Print the published table of one SAVE, marked when it is over survivors, and every sample without a score."""
    work, scoring, table = save.work, save.scoring, save.table
    answer.print(f"{work.save} by {work.name}", highlight=False, soft_wrap=True)
    rows = [*table.themes, *([table.macro] if table.macro else [])]
    if rows:
        printed = slim_table("theme", "scored", "Overall", *(SHORT_NAMES[key] for key in work.benchmark.keys))
        printed.columns[0].justify = "left"
        for row in rows:
            printed.add_row(
                row.name,
                f"{row.scored}/{row.samples}",
                *(f"{mean:.2f}" for mean in (row.overall, *row.means)),
            )
        answer.print(printed)
    if table.macro and table.bounds and not scoring.complete:
        low, high = table.bounds
        answer.print(
            f"over {table.macro.scored} survivors of {table.macro.samples} samples: what has no score, whole themes "
            f"too, is not in these means; whatever it is worth, Overall is from {low:.2f} to {high:.2f}",
            style="yellow",
        )
    for failure in scoring.failures:
        answer.print(told((failure.kind, "red"), f"  {failure.id}  {failure.reason}"), soft_wrap=True)
    if scoring.unasked:
        answer.print(f"stopped at --max-cost: {len(scoring.unasked)} samples not judged", highlight=False)


def session_json(session: Session) -> dict[str, Any]:
    """Return who judges and what there is to do as plain JSON values."""
    return {
        "benchmark": session.benchmark.key,
        "judge": asdict(session.judge.judge),
        "estimate": cost_json(session.estimate, session.prices),
        "todo": {str(work.save): len(work.todo) for work in session.works},
    }


def scoring_json(save: SaveScores) -> dict[str, Any]:
    """Return what became of one SAVE as plain JSON values."""
    work, scoring, table = save.work, save.scoring, save.table
    return {
        "save": str(work.save),
        "kept": work.kept,
        "judged": scoring.judged,
        "changed": list(work.changed),
        "failures": [asdict(failure) for failure in scoring.failures],
        "unasked": list(scoring.unasked),
        "complete": scoring.complete,
        "dimensions": list(work.benchmark.keys),
        "themes": [asdict(row) for row in table.themes],
        "macro": None if table.macro is None else asdict(table.macro),
        "bounds": table.bounds,
    }


def cost_json(tokens: Tokens, prices: Prices | None) -> dict[str, Any]:
    """Return calls, tokens and, where prices are known, the cost."""
    return {**asdict(tokens), "cost": None if prices is None else tokens.cost(prices)}


def cost_text(tokens: Tokens, prices: Prices | None) -> str:
    """Return calls, tokens and, where prices are known, the cost, on one line."""
    text = f"{tokens.calls:,} calls, {tokens.input:,} tokens in, {tokens.output:,} out"
    if tokens.cached:
        text += f", {tokens.cached:,} replies from the cache (--no-cache asks anew)"
    return text if prices is None else f"{text}, cost {tokens.cost(prices):.2f}"
