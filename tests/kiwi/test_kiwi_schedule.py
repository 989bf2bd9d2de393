"""Noise levels and loss weights, to the last digit."""

import pytest

torch = pytest.importorskip("torch")

from tests.kiwi.parity import facts  # noqa: E402

from sparkle.kiwi.schedule import (  # noqa: E402
    TrainingTable,
    make_scheduler,
    seen_by_the_model,
    unshifted_sigmas,
)

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


@pytest.mark.parametrize("steps", [50, 20, 4])
def test_the_published_numbers_of_steps_show_the_model_their_own_noise_levels(steps):
    scheduler = make_scheduler()
    scheduler.set_timesteps(sigmas=unshifted_sigmas(steps))
    timesteps, sigmas = seen_by_the_model(scheduler, torch.bfloat16)
    assert torch.equal(sigmas, scheduler.sigmas[:-1])
    assert torch.equal(timesteps, scheduler.timesteps.to(torch.bfloat16).float())


def test_in_bfloat16_the_noise_level_is_looked_up_by_the_rounded_timestep():
    """As in the reference: the fifth of 60 timesteps, 985.92, is rounded to 984, and the sixth, 982.14, is nearer."""
    scheduler = make_scheduler()
    scheduler.set_timesteps(sigmas=unshifted_sigmas(60))
    _, sigmas = seen_by_the_model(scheduler, torch.bfloat16)
    changed = (sigmas != scheduler.sigmas[:-1]).nonzero().flatten().tolist()
    assert changed == [4]
    assert sigmas[4] == scheduler.sigmas[5]
    assert torch.equal(seen_by_the_model(scheduler, torch.float32)[1], scheduler.sigmas[:-1])


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
