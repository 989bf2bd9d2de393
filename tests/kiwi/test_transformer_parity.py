"""The transformer, the training loss and the denoising loop against the official code's numbers."""

import pytest

torch = pytest.importorskip("torch")

from tests.kiwi.parity import TOLERANCE, facts, relative_error, tensors, tiny_transformer  # noqa: E402

from sparkle.kiwi.loss import training_loss  # noqa: E402
from sparkle.kiwi.names import official_transformer_name  # noqa: E402
from sparkle.kiwi.pipeline import KiwiEditPipeline  # noqa: E402
from sparkle.kiwi.schedule import TrainingTable, make_scheduler  # noqa: E402
from sparkle.kiwi.settings import EditSettings  # noqa: E402
from sparkle.kiwi.transformer import sinusoid  # noqa: E402

CASES = {case["name"]: case for case in facts("transformer_cases")}
LOSSES = {case["name"]: case for case in facts("loss")}


@pytest.fixture(scope="module")
def models():
    return {first: tiny_transformer(first) for first in (False, True)}


@pytest.fixture(scope="module")
def vectors():
    return tensors("transformer_cases")


def run(model, vectors, case):
    conditions = {}
    if case["source"]:
        conditions |= {"source": vectors[case["source"]], "sigma": torch.tensor([case["sigma"]])}
    if case["ref"]:
        conditions["reference"] = vectors[case["ref"]]
    with torch.no_grad():
        return model(
            vectors[case["latents"]], vectors[case["timestep"]], vectors[case["context"]], **conditions
        )


@pytest.mark.parametrize("name", CASES)
def test_the_transformer_equals_the_reference(models, vectors, name):
    case = CASES[name]
    found = run(models[bool(case["ref_pad_first"])], vectors, case)
    assert relative_error(found, vectors[case["output"]]) < TOLERANCE


def test_the_sinusoid_equals_the_reference_to_the_last_digit(vectors):
    assert torch.equal(sinusoid(vectors["timestep.a"], 256), vectors["mid.sinusoid"])


def test_samples_of_a_batch_with_their_own_timesteps_do_not_mix(models, vectors):
    """The official code swaps shift and scale between the samples of such a batch."""
    first, second = CASES["source_a"], CASES["source_b"]
    with torch.no_grad():
        both = models[False](
            vectors["latents"].repeat(2, 1, 1, 1, 1),
            torch.cat([vectors[first["timestep"]], vectors[second["timestep"]]]),
            vectors["context"].repeat(2, 1, 1),
            source=vectors["source"].repeat(2, 1, 1, 1, 1),
            sigma=torch.tensor([first["sigma"], second["sigma"]]),
        )
    assert relative_error(both[:1], vectors[first["output"]]) < TOLERANCE
    assert relative_error(both[1:], vectors[second["output"]]) < TOLERANCE


def test_a_new_embedding_changes_nothing(vectors):
    model = tiny_transformer()
    for embedding in (model.source_embedding, model.reference_embedding):
        torch.nn.init.zeros_(embedding.weight)
        torch.nn.init.zeros_(embedding.bias)
    found = run(model, vectors, CASES["source_a"])
    assert relative_error(found, vectors["out.plain_a"]) < TOLERANCE


def test_casting_keeps_positions_exact(models):
    model = tiny_transformer().to(torch.bfloat16)
    assert model.patch_embedding.weight.dtype == torch.bfloat16
    assert torch.equal(model.rope.freqs_cos, models[False].rope.freqs_cos)


def test_positions_survive_the_meta_device(models):
    model = tiny_transformer().to("meta").to_empty(device="cpu")
    assert torch.equal(model.rope.freqs_sin, models[False].rope.freqs_sin)


def test_gradient_checkpointing_changes_no_gradient(vectors):
    gradients = []
    for checkpointing in (False, True):
        model = tiny_transformer()
        if checkpointing:
            model.enable_gradient_checkpointing()
        model(vectors["latents"], vectors["timestep.a"], vectors["context"]).square().mean().backward()
        gradients.append(model.blocks[0].attn1.to_q.weight.grad)
    assert torch.equal(*gradients)


@pytest.mark.parametrize("name", LOSSES)
def test_the_training_loss_and_its_gradients_equal_the_reference(name):
    case, model, vectors = LOSSES[name], tiny_transformer(), tensors("loss")
    terms = training_loss(
        model,
        TrainingTable.make(),
        vectors["target_latents"],
        vectors["noise"],
        torch.tensor([case["timestep"]]),
        vectors[case["context"]],
        source=vectors["source_latents"] if case["source"] else None,
        reference=vectors["ref_latents"] if case["ref"] else None,
    )
    assert float(terms.error) == pytest.approx(case["mse"], rel=1e-5)
    assert float(terms.weight) == pytest.approx(case["weight"], rel=1e-6)
    assert float(terms.total.detach()) == pytest.approx(case["loss"], rel=1e-5)
    terms.total.backward()
    weights = {official_transformer_name(name): weight for name, weight in model.named_parameters()}
    for official, norm in case["grad_norms"].items():
        gradient = weights[official].grad
        if norm is None:
            assert gradient is None, official
        else:
            assert float(gradient.norm()) == pytest.approx(norm, rel=1e-3, abs=1e-7), official
    for key, expected in vectors.items():
        if key.startswith(f"{name}.grad."):
            assert relative_error(weights[key.removeprefix(f"{name}.grad.")].grad, expected) < TOLERANCE, key


@pytest.mark.parametrize("name", ["source", "source_refLast", "source_refFirst"])
def test_four_denoising_steps_equal_the_reference(models, name):
    vectors = tensors("denoise")
    pipeline = KiwiEditPipeline(models[name == "source_refFirst"], None, None, make_scheduler(), None)
    pipeline.set_progress_bar_config(disable=True)
    steps = []
    with torch.no_grad():
        found = pipeline.denoise(
            vectors["noise"],
            [vectors["context" if name == "source" else "context_ref"]],
            vectors["source_latents"],
            None if name == "source" else vectors["ref_latents"],
            [slice(0, 3)],
            EditSettings(steps=4),
            after_step=lambda step, latents: steps.append(latents),
        )
    assert relative_error(found, vectors[f"{name}.final"]) < TOLERANCE
    for step, latents in enumerate(steps[:-1]):
        expected = vectors.get(f"{name}.latents_after_{step}")
        assert expected is None or relative_error(latents, expected) < TOLERANCE
