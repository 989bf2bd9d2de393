"""The report as one HTML file: pictures and charts inside it, no scripts, nothing loaded from anywhere.

Instructions, ids and judges' words come from outside: the templates escape all of them, and the page forbids scripts
and connections to itself.
"""

from __future__ import annotations

from sparkle.bench.report.comparison_tables import agreement_table, difference_table, test_table
from sparkle.bench.report.detail_tables import detail_tables
from sparkle.bench.report.difference_chart import difference_chart
from sparkle.bench.report.distribution_charts import distribution_charts
from sparkle.bench.report.means_chart import means_chart, published_key
from sparkle.bench.report.model import Report
from sparkle.bench.report.samples import shown_samples
from sparkle.bench.report.score_tables import score_tables
from sparkle.bench.report.table import interval_text, mean_text
from sparkle.bench.score_table import OVERALL
from sparkle.bench.statistics import Estimate
from sparkle.view.svg import colour
from sparkle.view.templates import page_templates


def to_html(report: Report) -> str:
    """Return the page. Reads the videos of the best and worst samples; one that cannot be read is named in it."""
    environment = page_templates("sparkle.bench.report")
    environment.tests["estimate"] = lambda cell: isinstance(cell, Estimate)
    environment.filters |= {"mean": mean_text, "interval": interval_text}
    hues = {model.label: colour(place) for place, model in enumerate(report.models)}
    names = dict(zip((*report.benchmark.keys, OVERALL), report.columns, strict=True))
    summary, *scores = score_tables(report)
    return environment.get_template("report.html").render(
        report=report,
        hues=hues,
        summary=summary,
        means=means_chart(report),
        published_key=published_key,
        comparisons=[
            (
                difference_chart(comparison, names, (_hue(report, comparison.a), _hue(report, comparison.b))),
                test_table(comparison),
                difference_table(comparison),
                comparison,
            )
            for comparison in report.comparisons
        ],
        scores=scores,
        distributions=list(distribution_charts(report)),
        samples=list(shown_samples(report)),
        agreements=[agreement_table(judges) for judges in report.agreements],
        details=list(detail_tables(report)),
    )


def _hue(report: Report, name: str) -> str:
    return next(colour(place) for place, model in enumerate(report.models) if model.results.model == name)
