"""Do two judges agree? Quadratic weighted kappa, Spearman's rank correlation, and the share of equal scores.

Quadratic weighted kappa is 1 - E[(x - y)^2] / E'[(x - y)^2], where E' takes the two judges as independent with the
marginals that they have; written so, it needs no categories and holds for scores averaged over runs too (Cohen 1968; on
integer scores it is the usual formula). It falls when one judge is kinder than the other; Spearman's does not.
"""

# Axes: R resamples, C distinct pairs of scores.

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sparkle.bench.statistics import BootstrapSettings, Floats, percentile_interval
from sparkle.core.seeds import generator


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A coefficient in [-1, 1] with its interval; None where it is not defined.

    Kappa is not defined when both judges give every sample the same one score, Spearman's correlation when either does.
    """

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two judges agree on one dimension of `n` samples.

    `same` is the share of samples with equal scores, `within_one` of those at most 1 apart; `mean_difference` is
    the mean of the second judge's scores minus the first's.
    """

    n: int
    kappa: Coefficient
    spearman: Coefficient
    same: float
    within_one: float
    mean_difference: float


def agreement(first: Floats, second: Floats, themes: Sequence[str], settings: BootstrapSettings) -> Agreement:
    """Compare two judges' scores, each float64 (N,), of the same samples, whose themes are `themes`.

    Intervals come from resampling samples within themes. Raises ValueError without samples.
    """
    if not len(first):
        raise ValueError("there are no samples that both judges scored")
    pairs, cell = np.unique(np.stack([first, second], axis=1), axis=0, return_inverse=True)
    cell = cell.reshape(-1)
    observed = np.bincount(cell, minlength=len(pairs)).astype(np.float64)[None]
    resampled = _resampled_tables(cell, len(pairs), themes, settings)
    difference = second - first
    return Agreement(
        n=len(first),
        kappa=_coefficient(weighted_kappa(pairs, observed), weighted_kappa(pairs, resampled), settings),
        spearman=_coefficient(spearman(pairs, observed), spearman(pairs, resampled), settings),
        same=float(np.mean(difference == 0)),
        within_one=float(np.mean(np.abs(difference) <= 1)),
        mean_difference=float(difference.mean()),
    )


def weighted_kappa(pairs: Floats, counts: Floats) -> Floats:
    """Return quadratic weighted kappa, float64 (R,), NaN where both judges gave one and the same score throughout.

    `pairs` is (C, 2), the distinct pairs of scores; `counts` is (R, C), how often each occurs.
    """
    shares = counts / counts.sum(axis=1, keepdims=True)
    x, y = pairs[:, 0], pairs[:, 1]
    disagreement = shares @ (x - y) ** 2
    by_chance = shares @ x**2 + shares @ y**2 - 2 * (shares @ x) * (shares @ y)
    return _ratio(by_chance - disagreement, by_chance)


def spearman(pairs: Floats, counts: Floats) -> Floats:
    """Return Spearman's rank correlation with mean ranks for ties, float64 (R,), NaN where a judge gave one score only.

    Arguments as for `weighted_kappa`.
    """
    x, y = _mean_ranks(pairs[:, 0], counts), _mean_ranks(pairs[:, 1], counts)
    total = counts.sum(axis=1, keepdims=True)
    x, y = x - (total + 1) / 2, y - (total + 1) / 2
    covariance = (counts * x * y).sum(axis=1)
    spread = np.sqrt((counts * x**2).sum(axis=1) * (counts * y**2).sum(axis=1))
    return np.clip(_ratio(covariance, spread), -1, 1)


def _mean_ranks(values: Floats, counts: Floats) -> Floats:
    """Return the rank of each pair's value among all samples of a resample, (R, C); equal values share a mean rank."""
    levels, level = np.unique(values, return_inverse=True)
    of_level = np.zeros((len(counts), len(levels)))
    for column, place in enumerate(level):
        of_level[:, place] += counts[:, column]
    below = np.cumsum(of_level, axis=1) - of_level
    ranks: Floats = (below + (of_level + 1) / 2)[:, level]
    return ranks


def _resampled_tables(
    cell: NDArray[np.intp], cells: int, themes: Sequence[str], settings: BootstrapSettings
) -> Floats:
    """Return how often each pair occurs in each resample, (R, C): drawing samples is drawing cells."""
    tables = np.zeros((settings.resamples, cells))
    of_sample = np.asarray(themes)
    for theme in np.unique(of_sample):
        counts = np.bincount(cell[of_sample == theme], minlength=cells)
        draws = generator(settings.seed, "agreement", str(theme))
        tables += draws.multinomial(counts.sum(), counts / counts.sum(), size=settings.resamples)
    return tables


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    # A judge without variation leaves rounding errors here, not zeros.
    defined = denominator > 1e-9
    return np.where(defined, numerator / np.where(defined, denominator, 1), np.nan)


def _coefficient(observed: Floats, resampled: Floats, settings: BootstrapSettings) -> Coefficient:
    """Leave out resamples in which the coefficient is not defined, unless they are so many that nothing can be said."""
    if np.isnan(observed[0]):
        return Coefficient(None, None, None)
    defined = resampled[~np.isnan(resampled)]
    if len(defined) < len(resampled) / 2:
        return Coefficient(float(observed[0]), None, None)
    low, high = percentile_interval(defined[:, None], settings.confidence)
    return Coefficient(float(observed[0]), float(low[0]), float(high[0]))
