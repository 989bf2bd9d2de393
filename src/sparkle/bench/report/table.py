"""A table of a report, independent of how it is written: rows of text and of estimates.

Whoever writes a table writes its marks too: a table over survivors must never look whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sparkle.bench.aggregate import MACRO
from sparkle.bench.statistics import Estimate

NONE = "–"
SHORT_NAMES = {
    "instruction": "Ins",
    "visual": "Vis",
    "fg_integrity": "FgIn",
    "fg_motion": "FgMo",
    "bg_dynamics": "BgDy",
    "bg_visual": "BgVi",
    "consistency": "Cons",
    "render": "Rend",
    "exclusivity": "Excl",
    "overall": "Overall",
}

Cell = str | Estimate
Kind = Literal["plain", "total", "reference"]


@dataclass(frozen=True, slots=True)
class Row:
    """`heads` are text, aligned left; `cells` numbers, aligned right. A "total" sums up, a "reference" is not ours."""

    heads: tuple[str, ...]
    cells: tuple[Cell, ...]
    kind: Kind = "plain"


@dataclass(frozen=True, slots=True)
class Table:
    """`columns` name the heads and the cells; `marks` say loudly what is left out; `note` explains.

    The estimates of a `signed` table are differences and are written with their sign.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    marks: tuple[str, ...] = ()
    note: str = ""
    signed: bool = False


def mean_text(estimate: Estimate, signed: bool) -> str:
    """Return the mean, for example `3.41`, or `+0.32` and `−0.08` where the sign matters."""
    text = f"{estimate.mean:+.2f}" if signed else f"{estimate.mean:.2f}"
    return text.replace("-", "−")


def interval_text(estimate: Estimate) -> str:
    """Return the interval, for example `3.28 to 3.55`, or "" where there is none."""
    if estimate.interval is None:
        return ""
    low, high = estimate.interval
    return f"{low:.2f} to {high:.2f}".replace("-", "−")


def p_text(p: float) -> str:
    """Return a p-value as people write it: `0.032`, `< 0.001`."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def row_kind(theme: str) -> Kind:
    """Return the kind of a row that stands for a theme or for MACRO."""
    return "total" if theme == MACRO else "plain"
