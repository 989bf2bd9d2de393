r"""The report as LaTeX tables in the style of a paper: booktabs, one `table` a piece, to be \input.

Needs \usepackage{booktabs} and \usepackage{graphicx}. Holds the tables that papers print: results, themes,
comparisons; the file itself says over how many samples its numbers are.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from sparkle.bench.report.comparison_tables import comparison_tables
from sparkle.bench.report.model import Report
from sparkle.bench.report.score_tables import summary_table, theme_table
from sparkle.bench.report.table import Cell, Row, Table, interval_text, mean_text

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "–": r"\textendash{}",
    "−": "$-$",
    "…": r"\ldots{}",
    "κ": r"$\kappa$",
    "ρ": r"$\rho$",
    **{letter: f"\\{letter}" for letter in "&%$#_"},
}


def to_latex(report: Report) -> str:
    """Return the tables; the same report gives the same text."""
    tables = [summary_table(report), theme_table(report)]
    tables += [table for comparison in report.comparisons for table in comparison_tables(comparison)]
    lines = [f"% {report.benchmark.name}. Needs \\usepackage{{booktabs}} and \\usepackage{{graphicx}}."]
    lines += [f"% NOT COMPARABLE: {escape_latex(text)}" for text in report.cautions]
    notes = [f"Not comparable: {text}." for text in report.cautions]
    return "\n\n".join(["\n".join(lines), *(table_to_latex(table, notes) for table in tables)]) + "\n"


def table_to_latex(table: Table, notes: list[str] | None = None) -> str:
    """Return one `table` environment; marks, `notes` and the table's own note make its caption."""
    heads = len(table.rows[0].heads)
    caption = [rf"\textbf{{{escape_latex(table.title)}.}}"]
    caption += [rf"\textbf{{{escape_latex(mark)}.}}" for mark in table.marks]
    caption += [escape_latex(note) for note in (*(notes or ()), table.note) if note]
    body = [
        r"\begin{table}[t]",
        r"\centering",
        rf"\caption{{{' '.join(caption)}}}",
        r"\resizebox{\linewidth}{!}{%",
        rf"\begin{{tabular}}{{{'l' * heads}{'c' * (len(table.columns) - heads)}}}",
        r"\toprule",
        _line([escape_latex(name) for name in table.columns]),
        r"\midrule",
        *_rows(table),
        r"\bottomrule",
        r"\end{tabular}}",
        r"\end{table}",
    ]
    return "\n".join(body)


def escape_latex(text: str) -> str:
    """Return text that LaTeX prints as it stands; letters of other scripts and control signs become `?`."""
    safe = "".join(_SPECIAL.get(letter, letter if _printable(letter) else "?") for letter in _one_line(text))
    return safe.replace("--", "-{}-{}")  # no dash that the text does not have


def _rows(table: Table) -> Iterator[str]:
    before = None
    for row in table.rows:
        if before is not None and row.kind != before and "plain" in (row.kind, before):
            yield r"\midrule"
        before = row.kind
        yield _line(_cells(row, table.signed))


def _cells(row: Row, signed: bool) -> list[str]:
    cells = [*(escape_latex(head) for head in row.heads), *(_cell(cell, signed) for cell in row.cells)]
    return [rf"\textit{{{cell}}}" for cell in cells] if row.kind == "reference" else cells


def _cell(cell: Cell, signed: bool) -> str:
    if isinstance(cell, str):
        return escape_latex(cell)
    mean, interval = (
        escape_latex(mean_text(cell, signed)),
        escape_latex(interval_text(cell).replace(" to ", ", ")),
    )
    return rf"{mean} {{\scriptsize [{interval}]}}" if interval else mean


def _line(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _printable(letter: str) -> bool:
    # What pdfLaTeX sets without further packages: ASCII and the accented Latin letters.
    return ord(letter) < 0x180 and not unicodedata.category(letter).startswith("C")
