"""Intervals: known cases, invariances, and that they hold what they promise on simulated scores."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparkle.bench.aggregate import MACRO
from sparkle.bench.statistics import BootstrapSettings, run_spread, theme_estimates
from sparkle.core.errors import SettingsError

FEW = BootstrapSettings(resamples=400)


def test_themes_weigh_alike_whatever_their_sizes() -> None:
    scores = np.array([[1.0]] * 9 + [[5.0]])
    estimates = theme_estimates(["a"] * 9 + ["b"], scores, FEW)
    assert estimates["a"][0].mean == 1
    assert estimates[MACRO][0].mean == 3
    assert estimates[MACRO][0].n == 10


def test_the_interval_of_one_theme_is_that_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    scores = np.random.default_rng(3).integers(1, 6, 80).astype(float)
    ours = theme_estimates(["a"] * 80, scores[:, None], BootstrapSettings(resamples=20_000))["a"][0]
    theirs = stats.bootstrap(
        (scores,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    assert ours.interval == pytest.approx(tuple(theirs), abs=0.02)


def test_the_macro_interval_is_narrower_than_without_strata() -> None:
    """Two themes that differ in level but hardly within: the difference in level is no uncertainty of MACRO."""
    draws = np.random.default_rng(0)
    scores = np.concatenate([draws.normal(1.5, 0.1, 40), draws.normal(4.5, 0.1, 40)])[:, None]
    stratified = theme_estimates(["a"] * 40 + ["b"] * 40, scores, FEW)[MACRO][0]
    pooled = theme_estimates(["a"] * 80, scores, FEW)[MACRO][0]
    width = stratified.interval[1] - stratified.interval[0]  # type: ignore[index]
    assert width < 0.1 * (pooled.interval[1] - pooled.interval[0])  # type: ignore[index]


def test_nineteen_of_twenty_intervals_hold_the_truth() -> None:
    """Coverage on two themes of unequal size and spread; loose bounds, because 300 trials are few."""
    draws = np.random.default_rng(11)
    themes = ["a"] * 30 + ["b"] * 60
    held = 0
    for trial in range(300):
        scores = np.concatenate([draws.normal(2, 1.0, 30), draws.normal(4, 0.5, 60)])[:, None]
        low, high = theme_estimates(themes, scores, BootstrapSettings(400, seed=trial))[MACRO][
            0
        ].interval or (9, 9)
        held += low <= 3 <= high
    assert 0.90 <= held / 300 <= 0.98


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    scores = np.random.default_rng(1).normal(3, 1, (50, 2))
    first, again = (theme_estimates(["a"] * 50, scores, FEW) for _ in range(2))
    assert first == again
    assert theme_estimates(["a"] * 50, scores, BootstrapSettings(400, seed=1)) != first


def test_a_theme_has_the_same_interval_alone_and_among_others() -> None:
    scores = np.random.default_rng(1).normal(3, 1, (60, 2))
    alone = theme_estimates(["b"] * 30, scores[30:], FEW)
    among = theme_estimates(["a"] * 30 + ["b"] * 30, scores, FEW)
    assert alone["b"] == among["b"]


def test_one_sample_has_a_mean_and_no_interval() -> None:
    estimates = theme_estimates(["a", "a", "b"], np.array([[1.0], [3.0], [5.0]]), FEW)
    assert estimates["a"][0].interval is not None
    assert estimates["b"][0].interval is None
    assert estimates[MACRO][0].interval is None
    assert estimates[MACRO][0].mean == 3.5


def test_equal_scores_have_an_interval_without_width() -> None:
    assert theme_estimates(["a"] * 5, np.full((5, 1), 4.0), FEW)["a"][0].interval == (4, 4)


def test_no_scores_are_refused() -> None:
    with pytest.raises(ValueError, match="no scores"):
        theme_estimates([], np.empty((0, 6)), FEW)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 5)), min_size=1, max_size=30))
def test_intervals_are_finite_lie_in_range_and_surround_the_mean(samples: list[tuple[str, int]]) -> None:
    estimates = theme_estimates([t for t, _ in samples], np.array([[float(s)] for _, s in samples]), FEW)
    for (estimate,) in estimates.values():
        assert 1 <= estimate.mean <= 5
        if estimate.interval:
            low, high = estimate.interval
            assert 1 <= low <= high <= 5
            assert low <= estimate.mean + 1e-9
            assert estimate.mean <= high + 1e-9


@pytest.mark.parametrize("wrong", [{"resamples": 10}, {"confidence": 1.0}, {"seed": -1}])
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        BootstrapSettings(**wrong)  # type: ignore[arg-type]


def test_the_spread_between_runs_is_that_of_the_runs_of_one_sample() -> None:
    """Samples that differ from each other, and runs that do not, have no spread."""
    steady = {"x": np.array([[1.0], [1.0]]), "y": np.array([[5.0], [5.0]])}
    assert run_spread(steady).within_sample == (0.0,)
    spread = run_spread({"x": np.array([[1.0], [3.0]]), "y": np.array([[2.0]])})
    assert spread.samples == 1
    assert spread.within_sample[0] == pytest.approx(np.sqrt(2))
    assert run_spread({"y": np.array([[2.0]])}).within_sample == ()
