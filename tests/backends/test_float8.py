"""Float8 linear layers: which ones, and how far from bfloat16. The CPU computes the same products, slowly."""

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("torchao")

from diffusers import WanTransformer3DModel  # noqa: E402

from sparkle.backends.float8 import float8_layers, to_float8  # noqa: E402
from sparkle.core.errors import SettingsError  # noqa: E402

TINY = {
    "num_attention_heads": 2,
    "attention_head_dim": 32,
    "in_channels": 4,
    "out_channels": 4,
    "text_dim": 16,
    "freq_dim": 16,
    "ffn_dim": 128,
    "num_layers": 4,
}


@pytest.fixture
def model():
    torch.manual_seed(0)
    return WanTransformer3DModel(**TINY).eval().requires_grad_(False)


def test_only_the_large_layers_of_inner_blocks_are_turned(model):
    names = {name for name, _ in float8_layers(model)}
    inner = ("attn1.to_q", "attn1.to_k", "attn1.to_v", "attn1.to_out.0", "attn2.to_q", "attn2.to_out.0")
    feed = ("ffn.net.0.proj", "ffn.net.2")
    assert names == {f"blocks.{block}.{layer}" for block in (1, 2) for layer in (*inner, *feed)}


@torch.no_grad()
def test_a_layer_is_off_by_a_few_percent_and_not_by_more(model):
    model.bfloat16()
    layer = model.blocks[1].ffn.net[2]
    inputs = torch.randn(1, 40, 128).bfloat16()
    inputs[:, 3] *= 100  # tokens have scales of their own
    exact = layer(inputs).float()
    to_float8(model, "cpu", stays=True)
    errors = (layer(inputs).float() - exact).norm(dim=-1) / exact.norm(dim=-1)
    assert 0.005 < errors.max() < 0.08
    assert layer.weight.dtype == torch.bfloat16
    assert layer.weight.qdata.element_size() == 1


def test_other_precisions_are_refused(model):
    with pytest.raises(SettingsError, match="needs dtype: bfloat16"):
        to_float8(model, "cpu", stays=True)
