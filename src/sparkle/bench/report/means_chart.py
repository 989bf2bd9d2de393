"""The chart of means: bars with intervals for each model, small marks for the published ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from sparkle.bench.aggregate import MACRO
from sparkle.bench.dimensions import Benchmark
from sparkle.bench.report.model import Report
from sparkle.bench.report.table import interval_text
from sparkle.bench.statistics import Estimate
from sparkle.view.svg import colour, drawing, shape, text, titled

_WIDTH, _HEIGHT, _TOP, _LEFT = 960, 270, 28, 30
_BASE = _TOP + _HEIGHT
_ROOM_FOR_NUMBER = 23

_MARKS = (
    ((0, -5.5), (5.5, 0), (0, 5.5), (-5.5, 0)),
    ((0, -5), (5.5, 4.5), (-5.5, 4.5)),
    ((-4.5, -4.5), (4.5, -4.5), (4.5, 4.5), (-4.5, 4.5)),
    ((0, 5), (5.5, -4.5), (-5.5, -4.5)),
)


def means_chart(report: Report) -> Markup:
    """Return a group of bars for overall and for each dimension: the models' MACRO means and their intervals.

    Published means are marked only where they may be compared.
    """
    names = (report.columns[-1], *report.columns[:-1])
    group = (_WIDTH - _LEFT) / len(names)
    bar = min(34.0, group * 0.72 / len(report.models))
    scale = _Scale(report.benchmark)
    shapes = list(_grid(scale))
    for column, name in enumerate(names):
        centre = _LEFT + group * (column + 0.5)
        shapes += _in_two_lines(centre, name)
        for place, model in enumerate(report.models):
            if MACRO in model.themes:
                estimates = model.themes[MACRO]
                x = centre + (place - (len(report.models) - 1) / 2) * (bar + 3)
                # Overall is the last estimate and the first group.
                content = _bar(x, bar, estimates[column - 1], colour(place), scale)
                shapes.append(titled(content, f"{model.label}, {name}: {_words(estimates[column - 1])}"))
        for place, row in enumerate(report.published.rows if report.published_comparable else ()):
            value = (row.overall, *row.scores)[column]
            title = f"{row.model}, published, {name}: {value:.2f}"
            shapes.append(titled(published_mark(place, centre, scale.y(value)), title))
    return drawing(_WIDTH, _BASE + 46, "Means of each dimension with intervals", shapes)


def published_mark(place: int, x: float, y: float) -> Markup:
    """Return the mark of a published model around (x, y): each of the first four has its own shape."""
    corners = _MARKS[place % len(_MARKS)]
    points = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)
    return shape("polygon", points=points, class_="published")


def published_key(place: int) -> Markup:
    """Return the mark of a published model for a legend."""
    return drawing(14, 14, "", [published_mark(place, 7, 7)])


def _bar(x: float, width: float, estimate: Estimate, hue: str, scale: _Scale) -> Markup:
    top = scale.y(estimate.mean)
    bar = shape("rect", x=x - width / 2, y=top, width=width, height=_BASE - top, rx=2, fill=hue, opacity=0.85)
    if width >= _ROOM_FOR_NUMBER:
        bar += text(x, _BASE - 7, f"{estimate.mean:.2f}", text_anchor="middle", class_="inside")
    if estimate.interval is None:
        return bar
    low, high = (scale.y(bound) for bound in estimate.interval)
    return bar + shape("line", x1=x, x2=x, y1=low, y2=high, class_="whisker")


def _in_two_lines(centre: float, name: str) -> Iterator[Markup]:
    first, _, rest = name.partition(" ")
    for line, words in enumerate((first, rest)):
        yield text(centre, _BASE + 20 + 16 * line, words, text_anchor="middle")


def _grid(scale: _Scale) -> Iterator[Markup]:
    lowest, highest = scale.benchmark.lowest, scale.benchmark.highest
    yield text(0, _TOP - 12, f"mean score, {lowest} (worst) to {highest} (best)", class_="muted")
    for score in range(lowest, highest + 1):
        kind = "axis" if score == lowest else "grid"
        yield shape("line", x1=_LEFT, x2=_WIDTH, y1=scale.y(score), y2=scale.y(score), class_=kind)
        yield text(_LEFT - 12, scale.y(score) + 4, str(score), text_anchor="end", class_="muted")


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where a score stands on the chart's height."""

    benchmark: Benchmark

    def y(self, score: float) -> float:
        lowest, highest = self.benchmark.lowest, self.benchmark.highest
        return _TOP + _HEIGHT * (highest - score) / (highest - lowest)


def _words(estimate: Estimate) -> str:
    return f"{estimate.mean:.2f} ({interval_text(estimate) or 'no interval'})"
