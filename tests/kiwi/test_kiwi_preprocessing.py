"""Sizes, frame counts, pixel values, VAE tiles and windows over long clips."""

from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from tests.kiwi.parity import facts  # noqa: E402
from tests.tiny_models.kiwi import CHANNELS, write_tiny_vae  # noqa: E402

from sparkle.core.errors import MediaError  # noqa: E402
from sparkle.kiwi.loading import load_vae  # noqa: E402
from sparkle.kiwi.preprocessing import (  # noqa: E402
    crop_and_resize,
    crop_box,
    edit_frames,
    edit_size,
    pad_reference,
    to_frames,
    to_latent_pixels,
)
from sparkle.kiwi.vae import Tiling, decode, encode  # noqa: E402
from sparkle.kiwi.windows import blend, split  # noqa: E402

SIDES = facts("encoder_cases")["sides"]


@pytest.fixture(scope="module")
def vae(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vae")
    torch.manual_seed(0)
    write_tiny_vae(folder)
    return load_vae(folder, torch.float32)


def test_sizes_are_the_reference_s():
    for row in SIDES["floor32"]:
        for cap in (1_048_576, 921_600, 360_000):
            assert list(edit_size(*row["source_hw"], cap)) == row[f"max_pixels_{cap}"], row


def test_a_clip_that_is_too_narrow_is_refused():
    with pytest.raises(MediaError, match="1280x20"):
        edit_size(20, 1280, 921_600)


def test_frame_counts_are_lowered_to_4k_plus_1():
    assert [edit_frames(count) for count in (1, 2, 4, 5, 80, 81, 82, 84, 85)] == [
        1,
        1,
        1,
        5,
        77,
        81,
        81,
        81,
        85,
    ]


def test_what_does_not_fit_is_cropped_in_the_middle_and_never_bent():
    rows = np.arange(72, dtype=np.uint8).repeat(128).reshape(1, 72, 128, 1).repeat(3, axis=3)
    cropped = crop_and_resize(rows, 64, 128)
    assert np.array_equal(cropped, rows[:, 4:68])


@pytest.mark.parametrize(
    ("size", "target", "kept"),
    [
        ((720, 1280), (448, 800), (2, 0, 716, 1280)),  # 716.8
        ((1280, 720), (800, 448), (0, 2, 1280, 716)),
        ((480, 854), (448, 800), (1, 0, 478, 854)),  # 478.24
        ((1080, 1920), (704, 1280), (12, 0, 1056, 1920)),  # exactly 1056
    ],
)
def test_the_crop_is_truncated_to_whole_pixels_as_in_the_reference(size, target, kept):
    assert crop_box(size, target) == kept


def test_a_square_that_does_not_quite_fit_is_the_reference_s_size():
    """1142 / (1142 / 960) is a hair below 960 in floating point, and is truncated."""
    assert edit_size(1142, 1142, 921_600) == (928, 928)


@given(height=st.integers(32, 4000), width=st.integers(32, 4000))
def test_the_crop_lies_within_the_picture_and_one_side_is_whole(height, width):
    target = edit_size(height, width, 921_600) if min(height, width) >= 200 else (32, 64)
    top, left, kept_height, kept_width = crop_box((height, width), target)
    assert 0 < kept_height <= height - top
    assert 0 < kept_width <= width - left
    assert kept_height == height or kept_width == width


def test_downscaling_keeps_the_aspect():
    frames = np.zeros((2, 100, 400, 3), np.uint8)
    frames[:, 30:70, 180:220] = 255
    small = crop_and_resize(frames, 32, 128)
    heights, widths = np.nonzero(small[0, :, :, 0] > 127)
    assert np.ptp(heights) == np.ptp(widths)


def test_a_reference_stands_in_the_middle_of_white():
    padded = pad_reference(np.zeros((10, 10, 3), np.uint8), 32, 64)
    assert padded.shape == (32, 64, 3)
    assert (padded[:, :16] == 255).all()
    assert (padded[:, 16:48] == 0).all()
    assert (padded[:, 48:] == 255).all()


def test_pixels_are_rounded_before_they_are_scaled():
    levels = np.arange(256, dtype=np.uint8).reshape(1, 1, 256, 1).repeat(3, axis=3)
    exact = to_latent_pixels(levels, torch.float32, "cpu")
    rounded = to_latent_pixels(levels, torch.bfloat16, "cpu").float()
    assert float((rounded - exact).abs().max()) == pytest.approx(0.0038908720016479492)


def test_frames_are_clipped_and_truncated():
    pixels = torch.tensor([-1.2, -1.0, 0.0, 0.9999, 1.0, 3.0]).view(1, 1, 1, 6).expand(3, 1, 1, 6)
    assert to_frames(pixels)[0, 0, :, 0].tolist() == [0, 0, 127, 254, 255, 255]


def test_exact_pixels_survive_the_round_trip_within_one_level():
    levels = np.arange(256, dtype=np.uint8).reshape(1, 1, 256, 1).repeat(3, axis=3)
    back = to_frames(to_latent_pixels(levels, torch.float32, "cpu")[0])
    assert np.abs(back.astype(int) - levels).max() <= 1


def test_pixels_of_any_bfloat16_value_are_the_reference_s_within_a_level():
    """The reference counts in bfloat16, here it is float32: exact, and of the same value or the next."""
    bits = torch.arange(-(2**15), 2**15, dtype=torch.int32).to(torch.int16)
    values = bits.view(torch.bfloat16)
    values = values[values.abs() <= 1]  # without those that are not numbers, too
    found = to_frames(values.view(1, 1, 1, -1).expand(3, -1, -1, -1))[0, 0, :, 0]
    reference = ((values + 1) * 127.5).clamp(0, 255).to(torch.uint8).numpy()
    assert np.array_equal(found, np.floor((values.double().numpy() + 1) * 127.5).astype(np.uint8))
    assert np.abs(reference.astype(int) - found).max() == 1


def test_latents_are_normalised_by_the_published_statistics(vae):
    pixels = torch.rand(1, 3, 5, 32, 48) * 2 - 1
    with torch.no_grad():
        moments = vae.encode(pixels).latent_dist.mode()
        latents = encode(vae, pixels, None)
    assert latents.shape == (1, CHANNELS, 2, 2, 3)
    assert torch.allclose(latents[:, 3], (moments[:, 3] - 0.3) / 1.3, atol=1e-6)


def test_decoding_undoes_the_normalisation(vae):
    latents = torch.randn(1, CHANNELS, 2, 2, 3)
    with torch.no_grad():
        pixels = decode(vae, latents, None)
        moments = latents * torch.tensor(vae.config.latents_std).view(1, -1, 1, 1, 1)
        moments = moments + torch.tensor(vae.config.latents_mean).view(1, -1, 1, 1, 1)
        expected = vae.decode(moments).sample
    assert pixels.shape == (1, 3, 5, 32, 48)
    assert torch.allclose(pixels, expected, atol=1e-5)


def test_a_720p_frame_has_six_tiles_of_the_reference_s():
    tiles = [(rows.start, rows.stop, columns.start, columns.stop) for rows, columns in Tiling().tiles(44, 80)]
    assert tiles == [
        (0, 30, 0, 52),
        (0, 30, 26, 78),
        (0, 30, 52, 80),
        (15, 44, 0, 52),
        (15, 44, 26, 78),
        (15, 44, 52, 80),
    ]  # fmt: skip


@given(rows=st.integers(2, 90), columns=st.integers(2, 90))
def test_tiles_cover_every_cell(rows, columns):
    covered = np.zeros((rows, columns), bool)
    for height, width in Tiling().tiles(rows, columns):
        covered[height, width] = True
    assert covered.all()


def test_tiles_are_blended_without_a_seam(vae):
    """Where two tiles overlap the picture goes over from the one to the other, a little with every row."""
    latents = 3 * torch.randn(1, CHANNELS, 1, 9, 4)
    with torch.no_grad():
        blended = decode(vae, latents, Tiling(size=(6, 4), stride=(3, 4)))
        upper = decode(vae, latents[..., :6, :], None)
        lower = decode(vae, latents[..., 3:, :], None)
    cell = blended.shape[3] // 9
    apart = lower[..., : 3 * cell, :] - upper[..., 3 * cell :, :]
    gone_over = (blended[..., 3 * cell : 6 * cell, :] - upper[..., 3 * cell :, :])[apart.abs() > 0.05]
    share = gone_over / apart[apart.abs() > 0.05]
    rows = torch.arange(3 * cell).view(-1, 1).expand_as(apart)[apart.abs() > 0.05]
    assert (share - (rows + 0.5) / (3 * cell)).abs().max() < 1 / (3 * cell)
    assert torch.equal(blended[..., : 3 * cell, :], upper[..., : 3 * cell, :])
    assert torch.equal(blended[..., 6 * cell :, :], lower[..., 3 * cell :, :])


def test_tiles_that_saturate_are_blended_before_they_are_limited(vae):
    """The decoder's last layer is linear: with a hundredth of its weights nothing of the same tiles is limited."""
    last = vae.decoder.conv_out
    weight, bias = last.weight.data, last.bias.data
    latents = 3 * torch.randn(1, CHANNELS, 2, 9, 8, generator=torch.Generator().manual_seed(0))
    try:
        last.weight.data, last.bias.data = 20 * weight, 20 * bias
        with torch.no_grad():
            saturated = decode(vae, latents, Tiling(size=(6, 4), stride=(3, 2)))
            last.weight.data, last.bias.data = weight / 100, bias / 100
            small = decode(vae, latents, Tiling(size=(6, 4), stride=(3, 2)))
    finally:
        last.weight.data, last.bias.data = weight, bias
    assert small.abs().max() < 1
    assert (saturated.abs() == 1).float().mean() > 0.2
    assert (saturated - (2000 * small).clamp(-1, 1)).abs().max() < 1e-3


def test_one_tile_is_the_whole_frame(vae):
    pixels = torch.rand(1, 3, 1, 32, 48) * 2 - 1
    with torch.no_grad():
        assert torch.equal(encode(vae, pixels, Tiling()), encode(vae, pixels, None))


@given(frames=st.integers(1, 400), overlap=st.integers(1, 20))
def test_windows_cover_the_clip_are_as_long_as_asked_and_overlap(frames, overlap):
    windows = split(frames, 21, overlap)
    assert windows[0].start == 0
    assert windows[-1].stop == frames
    if frames <= 21:
        assert windows == [slice(0, frames)]
    else:
        assert all(window.stop - window.start == 21 for window in windows)
    for one, other in pairwise(windows):
        assert one.stop - other.start >= overlap
        assert other.start > one.start


def test_a_clip_of_the_training_length_is_one_window():
    assert split(21, 21, 5) == [slice(0, 21)]


def test_windows_that_agree_are_blended_to_what_they_agree_on():
    clip = torch.randn(1, 2, 50, 3, 3)
    assert torch.allclose(
        blend(split(50, 21, 5), clip, lambda _, window: clip[:, :, window]), clip, atol=1e-6
    )


def test_windows_that_disagree_pass_into_each_other_without_a_step():
    """Each window says its own number; a hard cut would step by 1, a ramp over 8 shared frames by 1/9."""
    like = torch.zeros(1, 1, 34, 1, 1)
    windows = split(34, 21, 8)
    blended = blend(windows, like, lambda index, window: torch.full((1, 1, 21, 1, 1), float(index)))
    steps = blended.flatten().diff()
    assert len(windows) == 2
    assert steps.min() >= 0
    assert steps.max() == pytest.approx(1 / 9, rel=1e-3)
