"""Our processor computes what diffusers' own does, and only self-attention takes the kernel."""

import pytest

torch = pytest.importorskip("torch")

from diffusers import WanTransformer3DModel  # noqa: E402

from sparkle.backends.attention_kernels import sdpa  # noqa: E402
from sparkle.backends.diffusion import wan_attention  # noqa: E402
from sparkle.backends.diffusion.wan_attention import KernelAttention, use_kernel  # noqa: E402
from sparkle.core.errors import SettingsError, SetupError  # noqa: E402

TINY = {
    "num_attention_heads": 2,
    "attention_head_dim": 12,
    "in_channels": 4,
    "out_channels": 4,
    "text_dim": 16,
    "freq_dim": 16,
    "ffn_dim": 32,
    "num_layers": 2,
}


def run(model):
    generator = torch.Generator().manual_seed(0)
    latents = torch.randn(1, 4, 2, 4, 6, generator=generator)
    text = torch.randn(1, 5, 16, generator=generator)
    return model(latents, torch.tensor([500.0]), text, return_dict=False)[0]


@torch.no_grad()
def test_with_torch_s_own_attention_nothing_changes():
    torch.manual_seed(0)
    model = WanTransformer3DModel(**TINY).eval()
    usual = run(model)
    seen = []

    def attend(query, key, value):
        seen.append((query.shape[1], key.shape[1]))
        return sdpa(query, key, value)

    model.set_attn_processor(KernelAttention(attend))
    assert torch.equal(run(model), usual)
    assert seen == [(12, 12)] * 2  # attention to the five tokens of the text stays torch's


def test_a_model_that_attends_to_a_picture_is_refused():
    model = WanTransformer3DModel(**TINY, image_dim=8, added_kv_proj_dim=24)
    with pytest.raises(SettingsError, match="attends to a picture"):
        use_kernel(model, "fa3", torch.bfloat16, "cpu")


def test_a_kernel_that_is_not_here_leaves_the_model_alone():
    model = WanTransformer3DModel(**TINY)
    with pytest.raises(SetupError, match="none of"):
        use_kernel(model, "fa4", torch.bfloat16, "cpu")
    assert not [
        each for each in model.attn_processors.values() if isinstance(each, wan_attention.KernelAttention)
    ]
