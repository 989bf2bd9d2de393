"""The report as HTML, Markdown or JSON. What a model, a file name or a table said is escaped in each its own way."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import yaml

from sparkle.view.plain_words import asks, fault
from sparkle.view.report.charts import charts_of, funnel_chart, scene_chart, time_chart
from sparkle.view.report.model import RunReport
from sparkle.view.templates import escape_markdown, page_templates

FORMATS = ("html", "md", "json")


def to_html(report: RunReport) -> str:
    """Return the page; its policy forbids scripts and anything from elsewhere."""
    return (
        page_templates("sparkle.view.report")
        .get_template("report.html")
        .render(
            report=report,
            funnel=funnel_chart(report),
            histograms=list(charts_of(report)),
            scenes=scene_chart(report.scenes),
            time=time_chart(report),
            recipe=yaml.safe_dump(dict(report.recipe), sort_keys=False, allow_unicode=True),
            seconds_text=seconds_text,
            asks=asks,
            fault=fault,
        )
    )


def to_json(report: RunReport) -> str:
    """Return all figures; the pictures are left out."""
    value: dict[str, Any] = asdict(report)
    for examples in value["examples"].values():
        for example in examples:
            del example["picture"]
    return json.dumps(value, indent=2) + "\n"


def to_markdown(report: RunReport) -> str:
    """Return the tables, for a place that shows Markdown."""
    counts = ", ".join(f"{count} {name}" for name, count in report.statuses.items() if count)
    lines = [f"# {_cell(report.name)}", "", f"{report.samples} samples: {counts}.", "", "## Funnel", ""]
    lines += _table(
        ("check", "needs", "in", "failed", "rejected", "median"),
        [
            (
                each.name,
                each.needs,
                each.came_in,
                each.failed,
                f"{each.rejection_rate:.1%}",
                f"{each.median:.3g}",
            )
            for each in report.checks
        ],
    )
    lines += ["", "## Cost", ""]
    header: tuple[str, ...] = ("stage", "in", "passed", "seconds", "per accepted", "tokens in", "tokens out")
    rows: list[tuple[Any, ...]] = []
    for stage in report.stages:
        each = f"{stage.seconds / report.accepted:.1f}" if report.accepted else "-"
        tokens = (stage.prompt_tokens, stage.completion_tokens)
        money = (f"{stage.cost(report.prices):.4f}",) if report.prices.known else ()
        rows.append((stage.stage, stage.came_in, stage.passed, f"{stage.seconds:.1f}", each, *tokens, *money))
    lines += _table((*header, "money") if report.prices.known else header, rows)
    lines += ["", "## Themes", ""]
    scenes = [(each.theme, each.subtheme or "-", each.tried, each.accepted) for each in report.scenes]
    lines += _table(("theme", "subtheme", "tried", "accepted"), scenes)
    if report.reviews.reviewed:
        agreed = f"{report.reviews.agreed} of {report.reviews.reviewed} reviews agree with the checks."
        lines += ["", "## Reviews", "", agreed, ""]
        rows = [("accepted", *report.reviews.accepted)]
        rows += [(f"rejected by {name}", *pair) for name, pair in report.reviews.by_check.items()]
        lines += _table(("what the run did", "reviewers accept", "reviewers reject"), rows)
    return "\n".join(lines) + "\n"


def seconds_text(seconds: float) -> str:
    """Return a time as people say it."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    if seconds < 7200:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h"


def _table(header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> list[str]:
    lines = [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
    return lines + [f"| {' | '.join(map(_cell, row))} |" for row in rows]


def _cell(value: Any) -> str:
    return escape_markdown(str(value))
