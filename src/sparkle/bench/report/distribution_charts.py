"""The charts of distributions: for each dimension the share of samples at every score, model beside model."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from sparkle.bench.report.model import Report
from sparkle.view.svg import colour, drawing, shape, text, titled

_WIDTH, _HEIGHT, _BASE = 300, 118, 136
_ROOM_FOR_NUMBER = 12


def distribution_charts(report: Report) -> Iterator[tuple[str, Markup]]:
    """Yield (dimension's name, chart). All charts of a report share one scale."""
    highest = max(
        (
            count / model.scored
            for model in report.models
            for row in model.histogram
            for count in row
            if count
        ),
        default=1.0,
    )
    for row, dimension in enumerate(report.benchmark.dimensions):
        yield dimension.name, _chart(report, row, dimension.name, _HEIGHT / highest)


def _chart(report: Report, row: int, name: str, scale: float) -> Markup:
    levels = len(report.models[0].histogram[row])
    group = _WIDTH / levels
    bar = min(22.0, group * 0.78 / len(report.models) - 2)
    shapes = [
        shape("line", x1=0, x2=_WIDTH, y1=_BASE, y2=_BASE, class_="axis"),
        text(0, _BASE + 33, "share of the judged samples in %, by score", class_="muted"),
    ]
    for level in range(levels):
        centre, score = group * (level + 0.5), str(level + report.benchmark.lowest)
        shapes.append(text(centre, _BASE + 17, score, text_anchor="middle", class_="muted"))
        for place, model in enumerate(report.models):
            count = model.histogram[row][level]
            if not count:
                continue
            share = count / model.scored
            x = centre + (place - len(report.models) / 2) * (bar + 2) + 1
            content = shape("rect", x=x, y=_BASE - share * scale, width=bar, height=share * scale, rx=2,
                            fill=colour(place), opacity=0.85)  # fmt: skip
            if bar >= _ROOM_FOR_NUMBER:
                content += text(x + bar / 2, _BASE - share * scale - 4, f"{share * 100:.0f}", text_anchor="middle",
                            class_="tiny")  # fmt: skip
            shapes.append(titled(content, f"{model.label}: {count} of {model.scored} samples at {score}"))
    return drawing(_WIDTH, _BASE + 40, f"Distribution of {name}", shapes)
