"""The published aggregate: per theme the mean of each dimension, over themes the mean of these means (MACRO).

Themes weigh alike whatever their sizes, and `overall` is the mean of the dimensions' means. The arithmetic is done in
the order in which the published script does it, so that equal score files print equal digits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add

from sparkle.bench.results import Results

MACRO = "MACRO"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: `scored` of `samples` samples have the means, one a dimension, and their mean."""

    name: str
    samples: int
    scored: int
    means: tuple[float, ...]
    overall: float

    @property
    def complete(self) -> bool:
        """Whether every sample counts in the means."""
        return self.scored == self.samples


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The themes that have scores, in the published order, and MACRO over them; None where nothing has a score.

    `bounds`, of a model's results: between which MACRO overall lies, whatever the samples without a score are worth.
    """

    themes: tuple[Row, ...]
    macro: Row | None
    bounds: tuple[float, float] | None = None


def aggregate(results: Results) -> Aggregate:
    """Return the published table of one model by one judge."""
    expected = {
        theme: sum(sample.theme == theme for sample in results.samples) for theme in results.benchmark.themes
    }
    scores = {
        theme: [record.scores for record in results.of_theme(theme)] for theme in results.benchmark.themes
    }
    return replace(aggregate_scores(scores, expected), bounds=overall_bounds(results))


def aggregate_scores(
    scores: Mapping[str, Sequence[Sequence[float]]], expected: Mapping[str, int]
) -> Aggregate:
    """Return the table of `scores`: by theme, in the published order, one sequence of D numbers a sample.

    `expected` says how many samples a theme has; a theme without any score is left out of MACRO, as published.
    """
    themes = tuple(
        _row(theme, expected[theme], len(of_theme), _column_means(of_theme))
        for theme, of_theme in scores.items()
        if of_theme
    )
    if not themes:
        return Aggregate((), None)
    means = _column_means([row.means for row in themes])
    scored = sum(row.scored for row in themes)
    return Aggregate(themes, _row(MACRO, sum(expected.values()), scored, means))


def overall_bounds(results: Results) -> tuple[float, float]:
    """Return the lowest and the highest MACRO overall that there can be, whatever the samples without a score get."""
    expected = {
        theme: sum(each.theme == theme for each in results.samples) for theme in results.benchmark.themes
    }
    bounds = []
    for score in (results.benchmark.lowest, results.benchmark.highest):
        unknown = (float(score),) * len(results.benchmark.dimensions)
        scores: dict[str, list[tuple[float, ...]]] = {}
        for theme, count in expected.items():
            known = [record.scores for record in results.of_theme(theme)]
            scores[theme] = [*known, *[unknown] * (count - len(known))]
        macro = aggregate_scores(scores, expected).macro
        bounds.append(float(score) if macro is None else macro.overall)
    return bounds[0], bounds[1]


def _row(name: str, samples: int, scored: int, means: tuple[float, ...]) -> Row:
    return Row(name, samples, scored, means, sum(means) / len(means))


def _column_means(rows: Sequence[Sequence[float]]) -> tuple[float, ...]:
    # One by one, as published: from Python 3.12 on `sum` corrects rounding, and a last digit could differ.
    return tuple(reduce(add, column, 0.0) / len(rows) for column in zip(*rows, strict=True))
