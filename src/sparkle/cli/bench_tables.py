"""The tables of `sparkle bench report` and `compare` on a terminal of 80 columns.

Intervals stand where they matter most, at the first mean of each row; the files have them all.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table as TerminalTable
from rich.text import Text

from sparkle.bench.comparison import Comparison
from sparkle.bench.report.comparison_tables import agreement_table, difference_table, test_table
from sparkle.bench.report.detail_tables import failure_table, judge_table
from sparkle.bench.report.model import Report
from sparkle.bench.report.score_tables import counts_table, spread_table, summary_table, theme_table
from sparkle.bench.report.table import NONE, Row, Table, interval_text, mean_text
from sparkle.bench.statistics import Estimate
from sparkle.core.visible import visible

_STYLES = {"plain": "", "total": "bold", "reference": "italic dim"}


def report_tables(report: Report) -> Iterator[RenderableType]:
    """Yield cautions and tables; subthemes, samples and charts are in the files."""
    yield from _cautions(report.cautions)
    yield _shown(summary_table(report))
    yield _shown(theme_table(report))
    for comparison in report.comparisons:
        yield _shown(test_table(comparison))
    for judges in report.agreements:
        yield _shown(agreement_table(judges))
    if any(model.spread.samples for model in report.models):
        yield _shown(spread_table(report))
    yield _judges(judge_table(report))
    yield _shown(counts_table(report))
    if any(model.results.failures for model in report.models):
        yield _shown(failure_table(report))


def comparison_tables(comparison: Comparison) -> Iterator[RenderableType]:
    """Yield the tests, the differences by theme, and the samples that one side lacks."""
    yield from _cautions(comparison.cautions)
    yield _shown(test_table(comparison))
    yield _shown(difference_table(comparison))
    for id, (a, b) in comparison.missing.items():
        sides = [f"{name} has none ({reason})" for name, reason in (("A", a), ("B", b)) if reason]
        yield Text(visible(f"not compared  {id}: {', '.join(sides)}"), style="yellow")


def _cautions(texts: tuple[str, ...]) -> Iterator[RenderableType]:
    for text in texts:
        yield Text(visible(f"NOT COMPARABLE  {text}"), style="yellow")


def _shown(table: Table) -> RenderableType:
    shown = TerminalTable(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    heads = len(table.rows[0].heads) if table.rows else 1
    for place, name in enumerate(table.columns):
        if place < heads:
            shown.add_column(
                Text(visible(name)), justify="left", overflow="fold", min_width=min(len(name), 8)
            )
        else:
            shown.add_column(Text(visible(name)), justify="right", no_wrap=True)
    for before, row in zip((None, *table.rows), table.rows, strict=False):
        # Text, not str: names and reasons may hold what Rich would take for markup.
        cells = (*_heads(before, row), *_cells(row, table.signed))
        shown.add_row(*(Text(cell, style=_STYLES[row.kind]) for cell in cells))
    marks = [Text(visible(f"SURVIVORS ONLY  {mark}"), style="bold yellow") for mark in table.marks]
    note = [Text(visible(table.note), style="dim")] if table.note else []
    return Group(Text(visible(table.title), style="bold"), *marks, shown, *note, Text())


def _heads(before: Row | None, row: Row) -> tuple[str, ...]:
    """Return the heads, those that the row above has too left out."""
    same = before is not None and len(row.heads) > 1 and before.heads[0] == row.heads[0]
    return tuple(map(visible, ("", *row.heads[1:]) if same else row.heads))


def _cells(row: Row, signed: bool) -> Iterator[str]:
    interval_due = True
    for cell in row.cells:
        if not isinstance(cell, Estimate):
            yield visible(cell)
            continue
        interval = interval_text(cell) if interval_due else ""
        yield f"{mean_text(cell, signed)}\n{interval}" if interval else mean_text(cell, signed)
        interval_due = False


def _judges(table: Table) -> RenderableType:
    """Return who judged and how as a line a model: nine columns do not fit."""
    lines = []
    for row in table.rows:
        model, *values = row.heads
        told = [
            f"{name} {value}" for name, value in zip(table.columns[1:], values, strict=True) if value != NONE
        ]
        lines.append(Text(visible(f"{model}: {', '.join(told)}")))
    return Group(Text(visible(table.title), style="bold"), *lines, Text())
