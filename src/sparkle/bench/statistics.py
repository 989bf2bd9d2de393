"""Means of scores with confidence intervals: a bootstrap that resamples samples and is stratified by theme.

Why this one. The benchmark's headline weighs themes alike (MACRO), and the number of samples in each theme was decided
when the benchmark was built. So a resample draws as many samples from a theme as the theme has, with replacement, and
MACRO is formed anew in every resample. All dimensions of a sample are drawn together, because one video made them.
Intervals are percentile intervals: they need no assumption about the shape of the scores, turn with their sign (so that
B - A is the mirror image of A - B), and at the benchmark's 100 and more samples a theme differ little from corrected
ones. With n samples they are too narrow by a factor of about sqrt((n - 1) / n), which matters below ten.

Several judge runs of one sample are not several samples: they are averaged before anything is resampled.
"""

# Axes: N samples, D dimensions, R resamples, K judge runs.

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sparkle.bench.aggregate import MACRO
from sparkle.core.errors import SettingsError
from sparkle.core.seeds import generator

Floats = NDArray[np.float64]

# How many resamples are drawn at a time; bounds the memory at about 8 * 1000 * N bytes.
_AT_A_TIME = 1000


@dataclass(frozen=True, slots=True)
class BootstrapSettings:
    """How intervals are made; the same settings and scores give the same intervals.

    `resamples` at least 100; `confidence` inside (0, 1). Raises SettingsError for anything else.
    """

    resamples: int = 10_000
    seed: int = 0
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if self.resamples < 100:
            raise SettingsError(f"resamples must be at least 100, got {self.resamples}")
        if not 0 < self.confidence < 1:
            raise SettingsError(f"confidence must lie between 0 and 1, got {self.confidence}")
        if self.seed < 0:
            raise SettingsError(f"seed must not be negative, got {self.seed}")

    def describe(self) -> str:
        """Say in one sentence how the intervals were made, as tables and files quote it."""
        return (
            f"{self.confidence * 100:g}% percentile bootstrap, {self.resamples:,} resamples of the samples within each "
            f"theme, seed {self.seed}"
        )


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over `n` samples with its interval; `low` and `high` are None where there is none.

    There is none where a theme contributes a single sample: one sample says nothing about how samples vary.
    """

    mean: float
    low: float | None
    high: float | None
    n: int

    @property
    def interval(self) -> tuple[float, float] | None:
        """(low, high), or None."""
        return None if self.low is None or self.high is None else (self.low, self.high)


def theme_estimates(
    themes: Sequence[str], scores: Floats, settings: BootstrapSettings
) -> dict[str, list[Estimate]]:
    """Return D estimates for each theme, in the order in which themes first appear, and last for MACRO.

    `themes` are the N samples' themes, `scores` is float64 (N, D), finite. MACRO is the mean of the themes' means, its
    `n` the number of samples. A theme's draws depend on its name and not on what other themes there are; the order of
    its samples does matter, so callers who want equal intervals from equal scores pass them sorted by id.
    Raises ValueError without samples.
    """
    if not len(themes):
        raise ValueError("there are no scores to average")
    rows = _rows_by_theme(themes)
    means = {theme: scores[chosen].mean(axis=0) for theme, chosen in rows.items()}
    resampled = {
        theme: resampled_means(
            scores[chosen], settings.resamples, generator(settings.seed, "bootstrap", theme)
        )
        for theme, chosen in rows.items()
    }
    estimates = {
        theme: _estimates(means[theme], resampled[theme], len(chosen), len(chosen) > 1, settings)
        for theme, chosen in rows.items()
    }
    macro, macro_resampled = np.mean(list(means.values()), axis=0), np.mean(list(resampled.values()), axis=0)
    spread_known = all(len(chosen) > 1 for chosen in rows.values())
    estimates[MACRO] = _estimates(macro, macro_resampled, len(themes), spread_known, settings)
    return estimates


def resampled_means(values: Floats, resamples: int, draws: np.random.Generator) -> Floats:
    """Return the means of `values` (N, D) in each of R bootstrap resamples, float64 (R, D)."""
    parts = [counts @ values for counts in resample_counts(len(values), resamples, draws)]
    return np.concatenate(parts) / len(values)


def resample_counts(n: int, resamples: int, draws: np.random.Generator) -> Iterator[Floats]:
    """Yield how often each of `n` samples is drawn, float64 (up to 1000, n), until there are R rows.

    The counts of a resample with replacement are multinomial: no index needs to be drawn or gathered.
    """
    for start in range(0, resamples, _AT_A_TIME):
        size = min(_AT_A_TIME, resamples - start)
        yield draws.multinomial(n, np.full(n, 1 / n), size=size).astype(np.float64)


def percentile_interval(resampled: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Return the bounds of the middle `confidence` of `resampled` (R, D), each float64 (D,)."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail], axis=0)
    return low, high


@dataclass(frozen=True, slots=True)
class RunSpread:
    """How much repeated judge runs of the same sample differ, per dimension.

    `samples` have two runs or more; `within_sample` is the standard deviation between runs of one sample (root of the
    mean variance, ddof 1), or empty when no sample has two runs.
    """

    samples: int
    within_sample: tuple[float, ...]


def run_spread(runs: Mapping[str, Floats]) -> RunSpread:
    """Return the spread between the judge runs of each sample; `runs` maps ids to float64 (K, D)."""
    repeated = [scores for scores in runs.values() if len(scores) > 1]
    if not repeated:
        return RunSpread(0, ())
    variances = np.mean([scores.var(axis=0, ddof=1) for scores in repeated], axis=0)
    return RunSpread(len(repeated), tuple(float(value) for value in np.sqrt(variances)))


def _rows_by_theme(themes: Sequence[str]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {}
    for row, theme in enumerate(themes):
        rows.setdefault(theme, []).append(row)
    return rows


def _estimates(
    means: Floats, resampled: Floats, n: int, spread_known: bool, settings: BootstrapSettings
) -> list[Estimate]:
    if not spread_known:
        return [Estimate(float(mean), None, None, n) for mean in means]
    low, high = percentile_interval(resampled, settings.confidence)
    return [
        Estimate(float(mean), float(lower), float(upper), n)
        for mean, lower, upper in zip(means, low, high, strict=True)
    ]
