"""The signed-rank test and Holm's correction: hand-computed values, and all patterns of signs counted."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparkle.bench.paired_test import holm, signed_rank_test

stats = pytest.importorskip("scipy.stats")


def test_pairing_finds_a_small_difference_between_samples_that_differ_much() -> None:
    """Unpaired, a shift of 0.2 drowns in a spread of 1; paired it is certain."""
    p, effect = signed_rank_test(np.random.default_rng(0).normal(0.2, 0.1, 40))
    assert p < 0.001
    assert effect > 0.9


def test_the_effect_is_the_share_of_ranks_for_minus_against() -> None:
    """By hand: |d| 0 1 2 3 have the ranks 1 2 3 4, of which the zero's is left out: (3 + 4 - 2) / 9."""
    _, effect = signed_rank_test(np.array([0.0, -1.0, 2.0, 3.0]))
    assert effect == pytest.approx(5 / 9)


def test_p_is_exact_for_a_handful_of_samples() -> None:
    """Five differences of one sign: 2 of the 32 patterns of signs are as extreme."""
    assert signed_rank_test(np.array([0.5, 1.0, 1.5, 2.0, 3.0]))[0] == pytest.approx(2 / 32)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-4, 4), min_size=1, max_size=8).filter(any))
def test_p_of_few_samples_is_the_count_over_all_patterns_of_signs(values: list[int]) -> None:
    """With ties and zeros, where published tables and SciPy's exact method do not hold."""
    differences = np.array(values, float)
    ranks = stats.rankdata(np.abs(differences))[differences != 0]
    signs = np.array(list(itertools.product([-1, 1], repeat=len(ranks))))
    observed = abs((np.sign(differences[differences != 0]) * ranks).sum())
    expected = np.mean(np.abs(signs @ ranks) >= observed - 1e-9)
    assert signed_rank_test(differences)[0] == pytest.approx(expected)


def test_p_is_continuous_where_the_exact_distribution_ends() -> None:
    """At 50 samples exact, at 51 approximate: the two must tell the same."""
    differences = np.random.default_rng(4).choice([-2.0, -1, 0, 1, 2], size=51, p=[0.1, 0.2, 0.3, 0.2, 0.2])
    exact, near = signed_rank_test(differences[:50])[0], signed_rank_test(differences)[0]
    assert near == pytest.approx(stats.wilcoxon(differences, zero_method="pratt").pvalue)
    assert exact == pytest.approx(near, abs=0.06)


def test_rounding_errors_of_means_over_runs_are_no_differences() -> None:
    assert signed_rank_test(np.array([1e-16, -2e-16, 0.0])) == (1.0, 0.0)


def test_holm_of_known_values() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_keeps_the_order_and_never_makes_p_smaller_or_larger_than_bonferroni(p: list[float]) -> None:
    corrected = holm(p)
    assert all(
        before <= after <= min(before * len(p), 1) + 1e-12 for before, after in zip(p, corrected, strict=True)
    )
    order = np.argsort(p, kind="stable")
    assert np.all(np.diff(np.array(corrected)[order]) >= 0)
