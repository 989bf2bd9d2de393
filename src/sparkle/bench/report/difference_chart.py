"""The chart of a comparison: the mean difference of each dimension with its interval, around a line at zero."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from sparkle.bench.aggregate import MACRO
from sparkle.bench.comparison import Comparison
from sparkle.bench.report.table import interval_text, mean_text
from sparkle.bench.statistics import Estimate
from sparkle.view.svg import drawing, shape, text

_WIDTH, _LEFT, _RIGHT, _PITCH, _TOP = 960, 240, 760, 30, 28
_UNDECIDED = "#98a2b3"


def difference_chart(comparison: Comparison, names: Mapping[str, str], hues: tuple[str, str]) -> Markup:
    """Return one row a dimension, overall first, in the hue of the side that the whole interval speaks for.

    `names` maps the dimensions' keys to what stands beside their rows; `hues` are the colours of A and B.
    """
    rows = (comparison.differences[-1], *comparison.differences[:-1])
    estimates = [row.themes[MACRO] for row in rows]
    ends = [abs(value) for estimate in estimates for value in (estimate.mean, *(estimate.interval or ()))]
    scale = (_RIGHT - _LEFT) / 2 / (max(0.25, *ends) * 1.1)
    zero = (_LEFT + _RIGHT) / 2
    bottom = _TOP + _PITCH * len(rows)
    shapes = [
        shape("line", x1=zero, x2=zero, y1=_TOP - 8, y2=bottom, class_="axis"),
        text(zero - 12, 13, f"‹ {comparison.a} better", text_anchor="end", class_="muted"),
        text(zero + 12, 13, f"{comparison.b} better ›", class_="muted"),
    ]
    for place, (row, estimate) in enumerate(zip(rows, estimates, strict=True)):
        y = _TOP + _PITCH * (place + 0.5)
        hue = _hue(estimate, hues)
        shapes.append(text(_LEFT - 20, y + 4, names[row.dimension], text_anchor="end"))
        if estimate.interval:
            low, high = (zero + bound * scale for bound in estimate.interval)
            shapes.append(shape("line", x1=low, x2=high, y1=y, y2=y, stroke=hue, class_="interval"))
        shapes.append(shape("circle", cx=zero + estimate.mean * scale, cy=y, r=5, fill=hue))
        shapes.append(text(_RIGHT + 62, y + 4, mean_text(estimate, signed=True), text_anchor="end"))
        shapes.append(text(_RIGHT + 76, y + 4, interval_text(estimate), class_="muted"))
    unit = f"difference of mean scores in points, {comparison.b} − {comparison.a}"
    shapes.append(text(zero, bottom + 16, unit, text_anchor="middle", class_="muted"))
    return drawing(_WIDTH, bottom + 24, f"Differences between {comparison.b} and {comparison.a}", shapes)


def _hue(estimate: Estimate, hues: tuple[str, str]) -> str:
    if estimate.interval is None or estimate.interval[0] <= 0 <= estimate.interval[1]:
        return _UNDECIDED
    return hues[0] if estimate.mean < 0 else hues[1]
