"""The faster VAE against diffusers' own, from the same random weights."""

from copy import deepcopy

import pytest

torch = pytest.importorskip("torch")

from diffusers import AutoencoderKLWan  # noqa: E402
from diffusers.models.autoencoders.autoencoder_kl_wan import WanCausalConv3d  # noqa: E402

from sparkle.backends.diffusion.wan_vae import TORCH_STEPS, quicken  # noqa: E402

WAN_2_1 = {"base_dim": 8}
WAN_2_2 = {
    "base_dim": 8,
    "decoder_base_dim": 16,
    "z_dim": 4,
    "latents_mean": [0.0] * 4,
    "latents_std": [1.0] * 4,
    "in_channels": 12,
    "out_channels": 12,
    "is_residual": True,
    "patch_size": 2,
    "scale_factor_spatial": 16,
}
FAR = 1e-5


@pytest.fixture(params=[WAN_2_1, WAN_2_2], ids=["2.1", "2.2"])
def both(request):
    torch.manual_seed(0)
    vae = AutoencoderKLWan(**request.param).eval()
    for name, weight in vae.named_parameters():
        weight.data.normal_(1.0 if name.endswith("gamma") else 0.0, 0.3 if weight.ndim == 1 else 0.1)
    vae.decoder.conv_out.weight.data /= 10  # pixels within the limits, so that these hide nothing
    vae.decoder.conv_out.bias.data /= 10
    quick = deepcopy(vae)
    quicken(quick, TORCH_STEPS)
    return vae, quick


def off(found, exact):
    return float((found - exact).norm() / exact.norm())


@pytest.mark.parametrize(
    ("batch", "frames", "height", "width"), [(1, 1, 32, 48), (1, 17, 48, 32), (2, 9, 32, 32)]
)
@torch.no_grad()
def test_clips_are_encoded_and_decoded_as_by_diffusers(both, batch, frames, height, width):
    vae, quick = both
    pixels = torch.rand(batch, 3, frames, height, width) * 2 - 1
    latents = vae.encode(pixels).latent_dist.parameters
    assert off(quick.encode(pixels).latent_dist.parameters, latents) < FAR
    moments = latents.chunk(2, dim=1)[0] / latents.std() * 0.1
    decoded = vae.decode(moments).sample
    assert 0.01 < decoded.abs().max() < 1
    assert off(quick.decode(moments).sample, decoded) < FAR


@torch.no_grad()
def test_frames_depend_on_those_before(both):
    _, quick = both
    pixels = torch.rand(1, 3, 9, 32, 32) * 2 - 1
    other = pixels.clone()
    other[:, :, 4] += 0.5
    changed = (quick.encode(pixels).latent_dist.mode() - quick.encode(other).latent_dist.mode()).abs()
    assert changed[:, :, 0].max() == 0
    assert changed[:, :, 2].max() > 0


@torch.no_grad()
def test_tiles_are_computed_as_by_diffusers(both):
    vae, quick = both
    latents = torch.randn(1, vae.config.z_dim, 2, 8, 8) * 0.1
    for each in both:
        each.enable_tiling(64, 64, 48, 48)
    assert off(quick.decode(latents).sample, vae.decode(latents).sample) < FAR


@torch.no_grad()
def test_halves_differ_from_exact_numbers_no_more_than_diffusers_do(both):
    vae, _ = both
    latents = torch.randn(1, vae.config.z_dim, 3, 4, 4) * 0.1
    exact = vae.decode(latents).sample
    errors = [off(each.bfloat16().decode(latents.bfloat16()).sample.float(), exact) for each in both]
    assert errors[1] < 1.5 * errors[0]


def test_no_convolution_in_three_dimensions_is_left(both):
    _, quick = both
    assert not [each for each in quick.encoder.modules() if isinstance(each, WanCausalConv3d)]
    assert not [each for each in quick.decoder.modules() if isinstance(each, WanCausalConv3d)]


def test_a_vae_is_done_once(both):
    _, quick = both
    encoder = quick.encoder
    quicken(quick, TORCH_STEPS)
    assert quick.encoder is encoder


@pytest.mark.gpu
@torch.no_grad()
def test_kernels_compute_the_same(both):
    from sparkle.backends.diffusion.wan_vae.kernels import STEPS

    vae = both[0].cuda()
    quick = deepcopy(vae)
    quicken(quick, STEPS)
    pixels = (torch.rand(2, 3, 9, 32, 48) * 2 - 1).cuda()
    with torch.backends.cudnn.flags(allow_tf32=False):
        latents = vae.encode(pixels).latent_dist.mode()
        assert off(quick.encode(pixels).latent_dist.mode(), latents) < FAR
        assert off(quick.decode(latents * 0.1).sample, vae.decode(latents * 0.1).sample) < FAR
