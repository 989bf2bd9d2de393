"""All tables of a report, in the order in which it tells them."""

from __future__ import annotations

from collections.abc import Iterator

from sparkle.bench.report.comparison_tables import agreement_table, comparison_tables
from sparkle.bench.report.detail_tables import detail_tables, sample_table
from sparkle.bench.report.model import Report
from sparkle.bench.report.score_tables import score_tables
from sparkle.bench.report.table import Table


def all_tables(report: Report) -> Iterator[Table]:
    """Yield scores, comparisons, agreements, the best and worst samples, and the details."""
    yield from score_tables(report)
    for comparison in report.comparisons:
        yield from comparison_tables(comparison)
    for judges in report.agreements:
        yield agreement_table(judges)
    if any(model.best for model in report.models):
        yield sample_table(report)
    yield from detail_tables(report)
