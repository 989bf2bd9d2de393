"""The trained module: its loss against the official code's numbers, and accumulation against one big batch."""

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from tests.kiwi.parity import facts, tensors, tiny_encoder, tiny_transformer  # noqa: E402
from tests.kiwi.training.tiny_training import tiny_settings  # noqa: E402

from sparkle.kiwi.names import official_transformer_name  # noqa: E402
from sparkle.kiwi.schedule import TrainingTable  # noqa: E402
from sparkle.kiwi.training.batches import MicroBatch  # noqa: E402
from sparkle.kiwi.training.models import make_models  # noqa: E402
from sparkle.kiwi.training.objective import Objective  # noqa: E402
from sparkle.kiwi.training.run import train  # noqa: E402
from sparkle.kiwi.training.settings import LoraSettings  # noqa: E402
from sparkle.kiwi.training.trainable import prepare  # noqa: E402

CASES = {case["name"]: case for case in facts("loss")}


@pytest.fixture
def objective():
    objective = Objective(tiny_transformer(), tiny_encoder(), TrainingTable.make(), connector_only=True)
    # The official vectors begin with the context, behind the connector.
    objective.connector = torch.nn.Identity()
    return objective.train()


def batch_of(case):
    vectors = tensors("loss")
    return MicroBatch(
        labels=("a",),
        source=vectors["source_latents"],
        target=vectors["target_latents"],
        noise=vectors["noise"],
        timestep=torch.tensor([case["timestep"]]),
        inputs=(),
        states=vectors["context"],
    )


@pytest.mark.parametrize("name", ["source", "bf16t"])
@pytest.mark.parametrize("checkpointing", ["none", "transformer"])
def test_loss_and_gradients_equal_the_official_trainer_s(objective, name, checkpointing):
    objective.checkpoint_gradients(checkpointing)
    objective.zero_grad()
    total, losses, error = objective(batch_of(CASES[name]))
    total.backward()
    assert losses.tolist() == [pytest.approx(float(total.detach()))]
    assert float(total.detach()) == pytest.approx(CASES[name]["loss"], rel=1e-5)
    assert float(error) == pytest.approx(CASES[name]["mse"], rel=1e-5)
    for parameter, value in objective.transformer.named_parameters():
        expected = CASES[name]["grad_norms"].get(official_transformer_name(parameter))
        if expected is not None:
            assert float(value.grad.norm()) == pytest.approx(expected, rel=1e-4, abs=1e-7), parameter


def test_transformer_lora_starts_without_an_effect(objective):
    before, _, _ = objective(batch_of(CASES["source"]))
    transformer, encoder = tiny_transformer(), tiny_encoder()
    prepare(transformer, encoder, "transformer_lora", LoraSettings(rank=4, alpha=4))
    other = Objective(transformer, encoder, TrainingTable.make(), connector_only=True)
    other.connector = torch.nn.Identity()
    after, _, _ = other(batch_of(CASES["source"]))
    assert float(after.detach()) == pytest.approx(float(before.detach()), rel=1e-6)


def test_samples_of_a_micro_batch_keep_their_own_noise_level(objective):
    case = batch_of(CASES["source"])
    other = replace(case, timestep=torch.tensor([CASES["bf16t"]["timestep"]]))
    both = MicroBatch(
        ("a", "b"),
        *(torch.cat([getattr(case, name)] * 2) for name in ("source", "target", "noise")),
        torch.cat([case.timestep, other.timestep]),
        (),
        torch.cat([case.states] * 2),
    )
    _, _, errors = objective(both)
    assert errors.tolist() == pytest.approx([CASES["source"]["mse"], CASES["bf16t"]["mse"]], rel=1e-5)


def test_accumulated_micro_batches_learn_what_one_big_batch_learns(pairs, tmp_path):
    found = []
    for micro_batch in (1, 4):
        settings = tiny_settings(
            tmp_path / str(micro_batch),
            pairs,
            batch=4,
            micro_batch=micro_batch,
            steps=3,
            # A large epsilon: where the gradient is nothing but rounding, Adam would make whole steps of it.
            optimizer={"warmup_updates": 0, "learning_rate": 1e-2, "epsilon": 1e-2},
        )
        outcome = train(settings)
        found.append(torch_load(outcome.checkpoint))
    start = make_models(settings).transformer
    moved = {name for name, value in start.named_parameters() if not torch.equal(value, found[0][name])}
    assert len(moved) > len(found[0]) // 2
    for name, value in found[0].items():
        assert torch.allclose(value, found[1][name], atol=1e-6), name


def torch_load(checkpoint):
    from safetensors.torch import load_file

    return load_file(checkpoint / "transformer" / "diffusion_pytorch_model.safetensors")
