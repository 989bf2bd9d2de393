"""Losses that are not learnt from."""

import math

import pytest

pytest.importorskip("torch")

from sparkle.core.errors import SetupError
from sparkle.kiwi.training.guard import FEWEST, LossGuard, SampleLoss
from sparkle.kiwi.training.settings import GuardSettings


def sample(label, loss, error=0.0):
    return SampleLoss(label, loss, error)


def usual(count=4):
    return [sample(f"a/{number}", 0.5 + 0.01 * number) for number in range(count)]


def experienced(**settings):
    guard = LossGuard(GuardSettings(**settings))
    for _ in range(FEWEST // 4):
        assert guard.reason_to_skip(usual(), 1.0) is None
    return guard


def test_a_loss_that_is_not_finite_names_its_samples_and_no_others():
    losses = [*usual(), sample("b/7", math.nan), sample("b/8", math.inf)]
    reason = LossGuard(GuardSettings()).reason_to_skip(losses, 1.0)
    assert "b/7" in reason
    assert "b/8" in reason
    assert "a/" not in reason


def test_an_outlier_is_found_once_there_is_something_to_compare_with():
    far = [sample("b/1", 30.0)]
    assert LossGuard(GuardSettings()).reason_to_skip(far, 1.0) is None
    assert "b/1" in experienced().reason_to_skip([*usual(), *far], 1.0)
    assert experienced(outlier_factor=None).reason_to_skip(far, 1.0) is None


def test_a_large_error_that_hardly_weighs_is_no_outlier():
    assert experienced().reason_to_skip([*usual(), sample("b/1", 0.4, error=30.0)], 1.0) is None


def test_an_outlier_does_not_shift_what_is_usual():
    guard = experienced(most_in_a_row=100)
    for _ in range(50):
        assert guard.reason_to_skip([sample("b/1", 30.0)], 1.0) is not None


def test_a_gradient_that_is_not_finite_is_not_learnt_from():
    assert "a/0" in LossGuard(GuardSettings()).reason_to_skip(usual(), math.nan)


def test_too_many_in_a_row_stop_the_run_and_a_good_one_in_between_forgives():
    guard = LossGuard(GuardSettings(most_in_a_row=3))
    bad = [sample("b/1", math.nan)]
    for losses in (bad, bad, usual(), bad, bad):
        guard.reason_to_skip(losses, 1.0)
    with pytest.raises(SetupError, match=r"3 updates in a row.*b/1"):
        guard.reason_to_skip(bad, 1.0)


def test_its_memory_survives_a_restart():
    guard = experienced()
    other = LossGuard(GuardSettings())
    other.restore(guard.state())
    assert other.reason_to_skip([sample("b/1", 30.0)], 1.0) is not None
