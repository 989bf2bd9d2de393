"""What is computed again in the backward pass, and that it changes nothing."""

import pytest

torch = pytest.importorskip("torch")

from tests.kiwi.parity import tensors, tiny_transformer  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402

from sparkle.kiwi.training.recompute import recompute_all_but_attention  # noqa: E402


class Calls(TorchDispatchMode):
    """Counts what runs."""

    def __init__(self):
        super().__init__()
        self.counts = {}

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket.__name__
        self.counts[name] = self.counts.get(name, 0) + 1
        return function(*args, **(kwargs or {}))


def gradients(model, calls):
    vectors = tensors("transformer_cases")
    with calls:
        model(vectors["latents"], vectors["timestep.a"], vectors["context"]).square().mean().backward()
    return {name: weight.grad for name, weight in model.named_parameters() if weight.grad is not None}


def test_products_are_computed_again_and_attention_is_not():
    plain, again = Calls(), Calls()
    expected = gradients(tiny_transformer(), plain)
    model = tiny_transformer()
    recompute_all_but_attention(model.blocks)
    found = gradients(model, again)
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], value) for name, value in expected.items())
    attention = "_scaled_dot_product_flash_attention_for_cpu"
    assert again.counts[attention] == plain.counts[attention] == 2 * len(model.blocks)
    assert again.counts["addmm"] > plain.counts["addmm"]


def test_blocks_may_be_compiled_as_a_whole():
    expected = gradients(tiny_transformer(), Calls())
    model = tiny_transformer()
    recompute_all_but_attention(model.blocks)
    for block in model.blocks:
        block.compile(fullgraph=True, backend="aot_eager")
    vectors = tensors("transformer_cases")
    model(vectors["latents"], vectors["timestep.a"], vectors["context"]).square().mean().backward()
    for name, value in expected.items():
        torch.testing.assert_close(model.get_parameter(name).grad, value, rtol=1e-4, atol=1e-7)
