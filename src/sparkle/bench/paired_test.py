"""The test behind a paired comparison: Wilcoxon's signed ranks, its effect size, and Holm's correction of several.

Scores are integers, so equal pairs and tied differences are many: zeros are handled by Pratt's method (they are ranked,
then left out), and ties get mean ranks. Up to 50 samples p is exact, over all patterns of signs; above, it is SciPy's
normal approximation with correction for ties. The test weighs samples alike, not themes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sparkle.bench.statistics import Floats
from sparkle.core.extras import require

_EXACT_UP_TO = 50


def signed_rank_test(differences: Floats) -> tuple[float, float]:
    """Return (two-sided p of the Wilcoxon signed-rank test with Pratt's zeros, rank-biserial correlation).

    `differences` is float64 (N,), N at least 1. Where all are zero, nothing speaks for either side: (1.0, 0.0).
    Raises MissingExtraError without SciPy.
    """
    stats = require("scipy.stats", "bench", "the Wilcoxon signed-rank test")
    # Means over runs leave rounding errors that would be ranked as if they were differences.
    differences = np.round(differences, 9)
    if not differences.any():
        return 1.0, 0.0
    ranks = stats.rankdata(np.abs(differences))
    for_b, for_a = float(ranks[differences > 0].sum()), float(ranks[differences < 0].sum())
    if len(differences) <= _EXACT_UP_TO:
        p = _exact_p(ranks[differences != 0], min(for_a, for_b))
    else:
        p = float(stats.wilcoxon(differences, zero_method="pratt", alternative="two-sided").pvalue)
    return p, (for_b - for_a) / (for_b + for_a)


def _exact_p(ranks: Floats, smaller_sum: float) -> float:
    """Return the share of the 2^N patterns of signs whose rank sums are as unequal or more.

    SciPy's exact distribution knows no ties, and its permutations take seconds.
    """
    doubled = np.round(2 * ranks).astype(int)  # mean ranks of ties are halves
    shares = np.zeros(int(doubled.sum()) + 1)
    shares[0] = 1
    for rank in doubled:
        with_rank = np.zeros_like(shares)
        with_rank[rank:] = shares[:-rank]
        shares = (shares + with_rank) / 2
    return min(1.0, 2 * float(shares[: round(2 * smaller_sum) + 1].sum()))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's step-down corrected p-values, each at least the p-value itself and at most 1."""
    order = np.argsort(p_values, kind="stable")
    factors = len(p_values) - np.arange(len(p_values))
    stepped = np.maximum.accumulate(np.asarray(p_values, np.float64)[order] * factors)
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(stepped, 1.0)
    return [float(value) for value in corrected]
