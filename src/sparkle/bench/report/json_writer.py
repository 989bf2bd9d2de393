"""The report as one JSON object: every number of the tables, with the settings and seeds that made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sparkle.bench.comparison import Comparison
from sparkle.bench.report.detail_tables import measured_means
from sparkle.bench.report.model import Estimates, JudgeComparison, ModelReport, Report
from sparkle.bench.score_table import OVERALL
from sparkle.bench.scores import Judge
from sparkle.bench.statistics import BootstrapSettings


def report_json(report: Report) -> dict[str, Any]:
    """Return the report as plain JSON values; None stands where an interval or coefficient is not defined."""
    keys = (*report.benchmark.keys, OVERALL)
    return {
        "benchmark": report.benchmark.key,
        "dimensions": {dimension.key: dimension.name for dimension in report.benchmark.dimensions},
        "settings": settings_json(report.settings),
        "cautions": list(report.cautions),
        "models": [_model(model, keys) for model in report.models],
        "comparisons": [comparison_json(comparison) for comparison in report.comparisons],
        "agreements": [_agreement(judges) for judges in report.agreements],
        "published": asdict(report.published),
    }


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """Return a paired comparison as plain JSON values; every mean difference is B - A."""
    return {
        "a": comparison.a,
        "b": comparison.b,
        "samples": comparison.common,
        "settings": settings_json(comparison.settings),
        "judges": {side: _judges(found) for side, found in zip("ab", comparison.judges, strict=True)},
        "cautions": list(comparison.cautions),
        "test": "Wilcoxon signed-rank, two-sided, Pratt zeros; Holm over the dimensions; effect: rank-biserial",
        "dimensions": {d.dimension: asdict(d) for d in comparison.differences},
        "missing": {id: {"a": a, "b": b} for id, (a, b) in comparison.missing.items()},
    }


def settings_json(settings: BootstrapSettings) -> dict[str, Any]:
    """Return how intervals were made."""
    return {"method": "percentile bootstrap, samples resampled within themes", **asdict(settings)}


def _model(model: ModelReport, keys: Sequence[str]) -> dict[str, Any]:
    subthemes: dict[str, dict[str, Any]] = {}
    for (theme, subtheme), estimates in model.subthemes.items():
        subthemes.setdefault(theme, {})[subtheme] = _estimates(estimates, keys)
    spread = dict(zip(keys, model.spread.within_sample, strict=False))
    return {
        "model": model.label,
        "save": str(model.results.save),
        "judge": model.results.judge,
        "judge_settings": _judges(model.results.judges),
        "samples": model.expected,
        "scored": model.scored,
        "complete": model.results.complete,
        "failures": {kind: [asdict(failure) for failure in found] for kind, found in model.failures.items()},
        "themes": {theme: _estimates(estimates, keys) for theme, estimates in model.themes.items()},
        "subthemes": subthemes,
        "run_spread": {"samples": model.spread.samples, "standard_deviation": spread},
        "histogram": dict(zip(keys, model.histogram, strict=False)),
        "best": list(model.best),
        "worst": list(model.worst),
        "measurements": measured_means(model),
    }


def _judges(judges: Sequence[Judge | None]) -> list[dict[str, Any] | None]:
    """Return the settings that score files state; None stands for files that state nothing."""
    return [asdict(judge) if judge else None for judge in judges]


def _estimates(estimates: Estimates, keys: Sequence[str]) -> dict[str, Any]:
    return {key: asdict(estimate) for key, estimate in zip(keys, estimates, strict=True)}


def _agreement(judges: JudgeComparison) -> dict[str, Any]:
    dimensions: Mapping[str, Any] = {key: asdict(found) for key, found in judges.dimensions.items()}
    sides = {"model": judges.model, "first": judges.first, "second": judges.second}
    return {**sides, "settings": settings_json(judges.settings), "dimensions": dimensions}
