"""Agreement of judges: textbook values, SciPy's values, and what cannot be said."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparkle.bench.agreement import agreement
from sparkle.bench.statistics import BootstrapSettings

FEW = BootstrapSettings(resamples=400)

Scores = list[tuple[int, int]]


def textbook_kappa(x: np.ndarray, y: np.ndarray) -> float:
    """Cohen (1968) as it stands in textbooks: 1 - sum(w * observed) / sum(w * expected)."""
    observed = np.zeros((5, 5))
    for a, b in zip(x, y, strict=True):
        observed[int(a) - 1, int(b) - 1] += 1
    expected = np.outer(observed.sum(1), observed.sum(0)) / observed.sum()
    weights = np.subtract.outer(np.arange(5), np.arange(5)) ** 2
    return float(1 - (weights * observed).sum() / (weights * expected).sum())


def test_kappa_of_a_table_computed_by_hand() -> None:
    """Scores 1 and 2 only, table [[20, 5], [10, 15]]: Cohen's own 2 x 2 example, kappa 0.4."""
    x = np.repeat([1.0, 1, 2, 2], [20, 5, 10, 15])
    y = np.repeat([1.0, 2, 1, 2], [20, 5, 10, 15])
    found = agreement(x, y, ["a"] * 50, FEW)
    assert found.kappa.value == pytest.approx(0.4)
    assert found.same == 0.7
    assert found.within_one == 1
    assert found.mean_difference == pytest.approx(-0.1)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=3, max_size=40))
def test_coefficients_are_those_of_the_textbook_and_of_scipy(pairs: Scores) -> None:
    stats = pytest.importorskip("scipy.stats")
    x, y = np.array(pairs, float).T
    found = agreement(x, y, ["a"] * len(x), BootstrapSettings(resamples=100))
    if found.kappa.value is not None:
        assert found.kappa.value == pytest.approx(textbook_kappa(x, y))
    if len(set(x)) > 1 and len(set(y)) > 1:
        assert found.spearman.value == pytest.approx(stats.spearmanr(x, y).statistic)
    else:
        assert found.spearman.value is None


def test_a_kinder_judge_lowers_kappa_and_not_the_rank_correlation() -> None:
    x = np.tile([1.0, 2, 3, 4], 10)
    found = agreement(x, x + 1, ["a"] * 40, FEW)
    assert found.spearman.value == pytest.approx(1)
    assert found.kappa.value is not None
    assert found.kappa.value < 0.8
    assert found.mean_difference == 1


def test_the_interval_surrounds_the_coefficient_and_shrinks_with_samples() -> None:
    draws = np.random.default_rng(0)
    x = draws.integers(1, 6, 400).astype(float)
    y = np.clip(x + draws.integers(-1, 2, 400), 1, 5)
    few, many = (agreement(x[:n], y[:n], ["a"] * n, FEW).kappa for n in (30, 400))
    for found in (few, many):
        assert found.low < found.value < found.high  # type: ignore[operator]
    assert many.high - many.low < 0.5 * (few.high - few.low)  # type: ignore[operator]


def test_resampling_pairs_is_resampling_samples() -> None:
    """The fast way, by distinct pairs, gives the interval of drawing the samples one by one."""
    draws = np.random.default_rng(5)
    x = draws.integers(1, 6, 60).astype(float)
    y = np.clip(x + draws.integers(-2, 3, 60), 1, 5)
    rows = draws.integers(0, 60, (4000, 60))
    slow = np.quantile([textbook_kappa(x[row], y[row]) for row in rows], [0.025, 0.975])
    fast = agreement(x, y, ["a"] * 60, BootstrapSettings(resamples=10_000)).kappa
    assert (fast.low, fast.high) == pytest.approx(tuple(slow), abs=0.02)


def test_judges_that_never_vary_have_no_coefficient() -> None:
    same = np.full(6, 3.0)
    found = agreement(same, same, ["a"] * 6, FEW)
    assert (found.kappa.value, found.spearman.value, found.same) == (None, None, 1)
    one_varies = agreement(same, np.array([1.0, 2, 3, 3, 4, 5]), ["a"] * 6, FEW)
    assert one_varies.kappa.value == pytest.approx(0)
    assert one_varies.spearman.value is None


def test_one_sample_is_agreement_without_coefficients() -> None:
    found = agreement(np.array([3.0]), np.array([3.0]), ["a"], FEW)
    assert (found.n, found.same, found.kappa.value) == (1, 1, None)


def test_the_order_of_samples_does_not_matter() -> None:
    draws = np.random.default_rng(2)
    x, y = draws.integers(1, 6, (2, 50)).astype(float)
    themes = ["a"] * 20 + ["b"] * 30
    order = draws.permutation(50)
    shuffled = agreement(x[order], y[order], [themes[place] for place in order], FEW)
    assert agreement(x, y, themes, FEW) == shuffled
