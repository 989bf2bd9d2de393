"""What is computed again in the backward pass, and that it changes nothing."""

import pytest

torch = pytest.importorskip("torch")

from tests.kiwi.parity import tensors, tiny_transformer  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402

from sparkle.backends.compiling import compile_blocks  # noqa: E402
from sparkle.kiwi.training.recompute import (  # noqa: E402
    recompute_all_but_attention,
    recompute_what_is_wide,
)


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


def test_of_products_only_those_that_widen_are_computed_again():
    plain, again = Calls(), Calls()
    expected = gradients(tiny_transformer(), plain)
    model = tiny_transformer()
    recompute_what_is_wide(model.blocks)
    found = gradients(model, again)
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], value) for name, value in expected.items())
    wider = sum(
        module.out_features > module.in_features
        for module in model.blocks.modules()
        if isinstance(module, torch.nn.Linear)
    )
    assert wider == len(model.blocks)  # the feed-forward's first
    assert again.counts["addmm"] == plain.counts["addmm"] + wider


def test_compiled_blocks_that_compute_only_what_is_wide_again_have_the_same_gradients():
    torch._dynamo.reset()
    expected, model = tiny_transformer().train(), tiny_transformer().train()
    recompute_what_is_wide(model.blocks)
    compile_blocks(model, backend="aot_eager")
    config = model.config
    noisy = torch.randn(1, config.in_channels, 1, 4, 4)
    context = torch.randn(1, 3, config.num_attention_heads * config.attention_head_dim)
    for one in (expected, model):
        one(noisy, torch.full((1,), 500.0), context).square().mean().backward()
    for name, weight in expected.named_parameters():
        if weight.grad is not None:
            torch.testing.assert_close(model.get_parameter(name).grad, weight.grad, rtol=1e-4, atol=1e-5)


def test_compiled_blocks_take_whatever_a_run_brings():
    """Videos and images of several sizes, one or two at a time, with and without gradients, as validation does."""
    torch._dynamo.reset()
    expected, model = tiny_transformer(), tiny_transformer()
    recompute_all_but_attention(model.blocks)
    compile_blocks(model, backend="aot_eager")
    channels, width = (
        model.config.in_channels,
        model.config.num_attention_heads * model.config.attention_head_dim,
    )
    shapes = [
        (1, 3, 4, 4),
        (1, 3, 4, 6),
        (1, 1, 4, 4),
        (1, 1, 4, 6),
        (1, 2, 6, 4),
        (2, 3, 4, 4),
        (1, 1, 2, 2),
    ]
    for training, gradients in ((True, True), (False, False), (True, False), (True, True)):
        for samples, *grid in shapes:
            noisy = torch.randn(samples, channels, *grid)
            context = torch.randn(samples, 6 if grid[0] > 1 else 3, width)
            found = []
            for one in (expected.train(training), model.train(training)):
                one.zero_grad()
                with torch.set_grad_enabled(gradients):
                    flow = one(noisy, torch.full((samples,), 500.0), context)
                if gradients:
                    flow.square().mean().backward()
                found.append((flow, one.blocks[0].attn1.to_q.weight.grad if gradients else flow))
            for value, other in zip(*found, strict=True):
                torch.testing.assert_close(value, other, rtol=1e-4, atol=1e-5)
