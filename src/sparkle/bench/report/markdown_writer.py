"""The report as Markdown: tables and words, for a README or an issue."""

from __future__ import annotations

from sparkle.bench.report.all_tables import all_tables
from sparkle.bench.report.model import Report
from sparkle.bench.report.table import Cell, Row, Table, interval_text, mean_text
from sparkle.view.templates import escape_markdown


def to_markdown(report: Report) -> str:
    """Return the report; the same report gives the same text."""
    models = ", ".join(escape_markdown(model.label) for model in report.models)
    parts = [f"# {report.benchmark.name}: {models}"]
    parts += [f"> **Not comparable.** {escape_markdown(text)}" for text in report.cautions]
    parts += [table_to_markdown(table) for table in all_tables(report)]
    return "\n\n".join(parts) + "\n"


def table_to_markdown(table: Table) -> str:
    """Return a table with its title, its marks above it and its note below."""
    heads = len(table.rows[0].heads) if table.rows else 1
    align = ["---"] * heads + ["---:"] * (len(table.columns) - heads)
    lines = ["| " + " | ".join(cells) + " |" for cells in ([*table.columns], align)]
    lines += ["| " + " | ".join(_row(row, table.signed)) + " |" for row in table.rows]
    marks = [f"> **SURVIVORS ONLY.** {escape_markdown(mark)}" for mark in table.marks]
    return "\n\n".join(
        [f"## {escape_markdown(table.title)}", *marks, "\n".join(lines), escape_markdown(table.note)]
    ).rstrip()


def _row(row: Row, signed: bool) -> list[str]:
    cells = [*(escape_markdown(head) for head in row.heads), *(_cell(cell, signed) for cell in row.cells)]
    if row.kind == "total":
        return [f"**{cell}**" if cell else "" for cell in cells]
    return [f"*{cell}*" if cell else "" for cell in cells] if row.kind == "reference" else cells


def _cell(cell: Cell, signed: bool) -> str:
    if isinstance(cell, str):
        return escape_markdown(cell)
    interval = interval_text(cell)
    return f"{mean_text(cell, signed)} ({interval})" if interval else mean_text(cell, signed)
