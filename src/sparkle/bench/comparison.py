"""Is one save better than another? A paired comparison on the samples that both have.

Every sample is its own control, so what is compared is the difference B - A of the same sample's scores: its MACRO mean
(themes weigh alike) with a bootstrap interval, the Wilcoxon signed-rank test over all pairs, and the matched-pairs
rank-biserial correlation as effect size. The p-values of the single dimensions are corrected together by Holm's method;
the test of `overall` is the one question asked first and stays as it is.
"""

# Axes: N samples, D dimensions.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sparkle.bench.agreement import Agreement, agreement
from sparkle.bench.paired_test import holm, signed_rank_test
from sparkle.bench.results import Results, labelled
from sparkle.bench.score_table import OVERALL, ScoreTable, score_table
from sparkle.bench.scores import Judge
from sparkle.bench.statistics import BootstrapSettings, Estimate, Floats, theme_estimates
from sparkle.core.errors import SetupError


@dataclass(frozen=True, slots=True)
class Difference:
    """B against A on one dimension.

    `macro_a` and `macro_b` are MACRO means over the common samples; `themes` maps each theme, and MACRO last, to the
    mean of B - A. `better`, `equal` and `worse` count samples on which B is so. `effect` is the rank-biserial
    correlation in [-1, 1], 1 when B is never worse. `p` is two-sided; `p_holm` is corrected over the dimensions, None
    for `overall`.
    """

    dimension: str
    macro_a: float
    macro_b: float
    themes: Mapping[str, Estimate]
    better: int
    equal: int
    worse: int
    effect: float
    p: float
    p_holm: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two saves on their common samples. `differences` has one entry per dimension, in order, and last `overall`.

    `missing` maps each sample that could not be compared to (why A has no score, why B has none), "" for a side that
    has one. `judges` are the settings that the records of A and of B state (None: nothing stated); `cautions` say why
    the two should not be compared at all.
    """

    a: str
    b: str
    common: int
    differences: tuple[Difference, ...]
    missing: Mapping[str, tuple[str, str]]
    judges: tuple[tuple[Judge | None, ...], tuple[Judge | None, ...]]
    cautions: tuple[str, ...]
    settings: BootstrapSettings


def compare(a: Results, b: Results, settings: BootstrapSettings) -> Comparison:
    """Compare two models that one judge scored; `compare(b, a, settings)` is the exact mirror image.

    Raises SetupError when the two have no scored sample in common or belong to different benchmarks, and
    MissingExtraError without SciPy.
    """
    if a.model == b.model:
        a, b = labelled([a, b])
    table_a, table_b = _common(score_table(a), score_table(b))
    scores_a, scores_b = table_a.with_overall, table_b.with_overall
    differences = scores_b - scores_a
    estimates = theme_estimates(table_a.themes, differences, settings)
    macro_a, macro_b = _macro(table_a.themes, scores_a), _macro(table_a.themes, scores_b)
    tests = [signed_rank_test(column) for column in differences.T]
    corrected: list[float | None] = [*holm([p for p, _ in tests[:-1]]), None]
    return Comparison(
        a=a.model,
        b=b.model,
        common=len(table_a.ids),
        differences=tuple(
            Difference(
                dimension=dimension,
                macro_a=float(macro_a[column]),
                macro_b=float(macro_b[column]),
                themes={theme: row[column] for theme, row in estimates.items()},
                better=int((differences[:, column] > 0).sum()),
                equal=int((differences[:, column] == 0).sum()),
                worse=int((differences[:, column] < 0).sum()),
                p=tests[column][0],
                effect=tests[column][1],
                p_holm=corrected[column],
            )
            for column, dimension in enumerate((*table_a.dimensions, OVERALL))
        ),
        missing=_missing(a, b),
        judges=(a.judges, b.judges),
        cautions=judge_cautions([a, b]),
        settings=settings,
    )


def judge_cautions(results: Sequence[Results]) -> tuple[str, ...]:
    """Say which of several results no one judge with one rubric and one way of asking has made."""
    mixed = [result for result in results if len(result.judges) > 1]
    cautions = [
        f"{result.model}: its scores were made with {len(result.judges)} different judge settings; "
        "score it again with one"
        for result in mixed
    ]
    if not mixed and len({result.judges for result in results if result.records}) > 1:
        cautions.append("The models were not all judged by one judge with one rubric and the same settings")
    for judge in dict.fromkeys(result.judge for result in results):
        replied = {each.model: each.answering for each in results if each.judge == judge and each.answering}
        if len(set().union(*replied.values())) > 1:
            told = "; ".join(f"{model}: {', '.join(sorted(names))}" for model, names in replied.items())
            cautions.append(f"The replies of {judge} came from different models ({told})")
    if len({result.capped for result in results}) > 1:
        cautions.append("Not all scores were capped by the first dimension")
    return tuple(cautions)


def judge_agreement(first: Results, second: Results, settings: BootstrapSettings) -> dict[str, Agreement]:
    """Return how far two judges of the same clips agree, by dimension and last for `overall`.

    Raises SetupError as `compare` does.
    """
    table, other = _common(score_table(first), score_table(second))
    columns = zip((*table.dimensions, OVERALL), table.with_overall.T, other.with_overall.T, strict=True)
    return {dimension: agreement(x, y, table.themes, settings) for dimension, x, y in columns}


def _common(a: ScoreTable, b: ScoreTable) -> tuple[ScoreTable, ScoreTable]:
    if a.dimensions != b.dimensions:
        raise SetupError(
            f"'{a.name}' was scored on {', '.join(a.dimensions)} and '{b.name}' on {', '.join(b.dimensions)}; "
            "compare results of one benchmark"
        )
    common = sorted(set(a.ids) & set(b.ids))
    if not common:
        raise SetupError(
            f"'{a.name}' and '{b.name}' have no scored sample in common; score both on the same benchmark first"
        )
    return a.only(common), b.only(common)


def _macro(themes: Sequence[str], scores: Floats) -> Floats:
    of_sample = np.asarray(themes)
    macro: Floats = np.mean(
        [scores[of_sample == theme].mean(axis=0) for theme in dict.fromkeys(themes)], axis=0
    )
    return macro


def _missing(a: Results, b: Results) -> dict[str, tuple[str, str]]:
    ids = sorted({*a.records, *a.failures, *b.records, *b.failures})
    absent = [id for id in ids if id not in a.records or id not in b.records]
    return {id: (_reason(a, id), _reason(b, id)) for id in absent}


def _reason(results: Results, id: str) -> str:
    if id in results.records:
        return ""
    failure = results.failures.get(id)
    return f"{failure.kind}: {failure.reason}" if failure else "no sample of this benchmark"
