"""Noise levels and loss weights, to the last digit."""

import pytest

torch = pytest.importorskip("torch")

from tests.kiwi.parity import facts  # noqa: E402

from sparkle.kiwi.schedule import TrainingTable, make_scheduler, unshifted_sigmas  # noqa: E402

SCHEDULE = facts("schedule")


def exactly(found, expected):
    return found.double().tolist() == expected


@pytest.mark.parametrize("steps", [50, 20, 4])
def test_inference_steps_equal_the_reference_to_the_last_digit(steps):
    scheduler, expected = make_scheduler(), SCHEDULE["inference"][str(steps)]
    scheduler.set_timesteps(sigmas=unshifted_sigmas(steps))
    assert exactly(scheduler.timesteps, expected["timesteps"])
    assert exactly(scheduler.sigmas[:-1], expected["sigmas"])
    assert exactly(scheduler.sigmas.diff(), expected["euler_delta"])


def test_the_training_table_equals_the_reference_to_the_last_digit():
    table, expected = TrainingTable.make(), SCHEDULE["training"]
    assert exactly(table.timesteps, expected["timesteps"])
    assert exactly(table.sigmas, expected["sigmas"])
    assert exactly(table.weights, expected["weights"])


def test_rounded_timesteps_find_the_reference_s_noise_levels():
    table, expected = TrainingTable.make(), SCHEDULE["training"]
    sigmas, _ = table.look_up(table.timesteps.to(torch.bfloat16).float())
    assert torch.equal(sigmas, table.sigmas[expected["lookup_index_for_bf16_timestep"]])
    assert len(set(sigmas.tolist())) == 294


def test_timesteps_are_drawn_over_the_whole_table_and_rounded_only_if_asked():
    table = TrainingTable.make()
    exact = table.draw(4000, torch.Generator().manual_seed(0), rounding="none")
    rounded = table.draw(4000, torch.Generator().manual_seed(0))
    assert set(exact.tolist()) <= set(table.timesteps.tolist())
    assert len(set(exact.tolist())) > 950
    assert torch.equal(rounded, exact.to(torch.bfloat16).float())


def test_the_reference_draws_the_same_timestep_from_the_same_seed():
    table = TrainingTable.make()
    drawn = table.draw(1, torch.Generator().manual_seed(11), rounding="none")
    assert float(drawn) == float(table.timesteps[441])
