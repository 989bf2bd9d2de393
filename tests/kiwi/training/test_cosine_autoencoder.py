"""The autoencoder without weights: what it keeps, what it loses, how the pipeline's functions use it."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from sparkle.kiwi.cosine_autoencoder import CosineAutoencoder  # noqa: E402
from sparkle.kiwi.preprocessing import crop_and_resize, to_latent_pixels  # noqa: E402
from sparkle.kiwi.vae import decode, encode  # noqa: E402


@pytest.fixture(scope="module")
def pixels(demo_clip):
    frames = crop_and_resize(demo_clip.frames[:9], 96, 160)
    return to_latent_pixels(frames, torch.float32, "cpu")


def error_db(vae, pixels):
    found = decode(vae, encode(vae, pixels, None), None)
    return float(-10 * torch.log10(torch.mean((found - pixels) ** 2) / 4))


def test_with_all_coefficients_nothing_is_lost(pixels):
    vae = CosineAutoencoder(12 * 8 * 8, 8)
    assert torch.allclose(decode(vae, encode(vae, pixels, None), None), pixels, atol=1e-5)


def test_more_channels_lose_less(pixels):
    quality = [error_db(CosineAutoencoder(channels, 8), pixels) for channels in (8, 24, 96)]
    assert quality == sorted(quality)
    assert quality[1] > 20


def test_the_first_frame_is_a_latent_frame_of_its_own(pixels):
    vae = CosineAutoencoder(24, 8)
    latents = encode(vae, pixels, None)
    assert latents.shape == (1, 24, 3, 12, 20)
    assert torch.allclose(latents[:, :, :1], encode(vae, pixels[:, :, :1], None), atol=1e-5)
    changed = pixels.clone()
    changed[:, :, 1:] = 0
    assert torch.equal(encode(vae, changed, None)[:, :, 0], latents[:, :, 0])


def test_latents_are_of_about_unit_size(pixels):
    latents = encode(CosineAutoencoder(24, 8), pixels, None)
    assert 0.5 < float(latents.std()) < 2.0


def test_it_comes_back_from_its_folder_and_is_not_taken_for_another(tmp_path, pixels):
    vae = CosineAutoencoder(10, 16)
    vae.save_pretrained(tmp_path / "vae")
    again = CosineAutoencoder.from_folder(tmp_path / "vae")
    assert np.array_equal(encode(vae, pixels, None), encode(again, pixels, None))
    assert CosineAutoencoder.from_folder(tmp_path / "nothing") is None
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "config.json").write_text('{"_class_name": "AutoencoderKLWan"}')
    assert CosineAutoencoder.from_folder(tmp_path / "other") is None
