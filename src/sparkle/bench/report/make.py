"""Computing a report: every number of every table and chart, from score files alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from sparkle.bench.aggregate import MACRO, aggregate
from sparkle.bench.comparison import compare, judge_agreement, judge_cautions
from sparkle.bench.published import Published, caution, published_results
from sparkle.bench.report.model import Estimates, JudgeComparison, ModelReport, Report
from sparkle.bench.results import Results, labelled
from sparkle.bench.score_table import ScoreTable, score_table
from sparkle.bench.statistics import BootstrapSettings, run_spread, theme_estimates
from sparkle.core.errors import SetupError

SHOWN_SAMPLES = 3


def make_report(results: Sequence[Results], settings: BootstrapSettings | None = None) -> Report:
    """Return the report of one or several models and judges on one benchmark; reads no media.

    Every two models of one judge are compared, and every two judges of one model, where they have samples in
    common. Raises SetupError without results and for results of different benchmarks, and MissingExtraError when
    there is something to compare and SciPy is not installed.
    """
    if not results:
        raise SetupError("a report needs at least one --save")
    benchmark = results[0].benchmark
    if any(result.benchmark != benchmark for result in results):
        raise SetupError("the results belong to different benchmarks; make one report for each")
    settings = settings or BootstrapSettings()
    published = published_results(benchmark)
    named = labelled(results)
    published_cautions = _published_cautions(named, published)
    pairs = [(a, b) for a, b in combinations(named, 2) if set(a.records) & set(b.records)]
    return Report(
        benchmark=benchmark,
        models=tuple(_model_report(result, settings) for result in named),
        comparisons=tuple(compare(a, b, settings) for a, b in pairs if a.judge == b.judge),
        agreements=tuple(
            JudgeComparison(
                a.model.removesuffix(f" ({a.judge})"),
                a.judge,
                b.judge,
                len(a.samples),
                judge_agreement(a, b, settings),
                settings,
            )
            for a, b in pairs
            if a.save == b.save and a.judge != b.judge
        ),
        published=published,
        cautions=(*judge_cautions(named), *published_cautions),
        published_comparable=bool(published.rows) and not published_cautions,
        settings=settings,
    )


def _model_report(results: Results, settings: BootstrapSettings) -> ModelReport:
    table, benchmark = score_table(results), results.benchmark
    scores = table.with_overall
    nearest = np.clip(np.floor(table.scores + 0.5), benchmark.lowest, benchmark.highest)
    levels = range(benchmark.lowest, benchmark.highest + 1)
    ranked = [table.ids[row] for row in np.argsort(-scores[:, -1], kind="stable")]
    half = len(ranked) // 2
    return ModelReport(
        results=results,
        themes=_themes(results, table, settings),
        subthemes=_subthemes(table, settings),
        spread=run_spread(table.runs),
        histogram=tuple(tuple(int((column == level).sum()) for level in levels) for column in nearest.T),
        best=tuple(ranked[: min(SHOWN_SAMPLES, len(ranked) - half)]),
        worst=tuple(ranked[::-1][: min(SHOWN_SAMPLES, half)]),
        other_cap=_other_cap(results) if benchmark.asks_for_cap else (),
    )


def _themes(results: Results, table: ScoreTable, settings: BootstrapSettings) -> dict[str, Estimates]:
    """Return the estimates of each theme and of MACRO; their means are the published aggregate's, to the last digit."""
    found = aggregate(results)
    if found.macro is None:
        return {}
    estimates = theme_estimates(table.themes, table.with_overall, settings)
    return {
        row.name: [
            replace(estimate, mean=mean)
            for estimate, mean in zip(estimates[row.name], (*row.means, row.overall), strict=True)
        ]
        for row in (*found.themes, found.macro)
    }


def _other_cap(results: Results) -> tuple[float, ...]:
    """Return MACRO over all, overall first, with the cap if `results` are without it, and without if with."""
    other = aggregate(results.counted_otherwise())
    return () if other.macro is None else (other.macro.overall, *other.macro.means)


def _subthemes(table: ScoreTable, settings: BootstrapSettings) -> dict[tuple[str, str], Estimates]:
    """Return the estimates of each subtheme, theme by theme; OpenVE-Bench has none."""
    rows: dict[tuple[str, str], list[int]] = {}
    for row, place in enumerate(zip(table.themes, table.subthemes, strict=True)):
        rows.setdefault(place, []).append(row)
    order = list(dict.fromkeys(table.themes))
    scores = table.with_overall
    return {
        place: theme_estimates([" / ".join(place)] * len(rows[place]), scores[rows[place]], settings)[MACRO]
        for place in sorted(rows, key=lambda place: (order.index(place[0]), place[1]))
        if place[1]
    }


def _published_cautions(results: Sequence[Results], published: Published) -> list[str]:
    """Return one sentence for each reason, with the models that it holds for."""
    models: dict[str, list[str]] = {}
    for result in results:
        reason = caution(result, published)
        if reason:
            models.setdefault(reason, []).append(result.model)
    return [f"{', '.join(names)}: {reason}" for reason, names in models.items()]
