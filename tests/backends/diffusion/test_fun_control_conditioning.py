"""Pixels become the same conditioning channels, latents, text embeddings and schedules as in the published code."""

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402
from tests.tiny_models.fun_control import (  # noqa: E402
    NEGATIVE_PROMPT,
    PROMPT,
    VECTORS,
    load_pipeline,
    relative_error,
    vectors,
    write_release,
)

from sparkle.backends.diffusion.distilled_scheduler import pipeline_scheduler  # noqa: E402
from sparkle.backends.diffusion.fun_control.checkpoint import load_text_encoder, load_vae  # noqa: E402
from sparkle.backends.diffusion.fun_control.conditioning import (  # noqa: E402
    build_condition,
    decode_latents,
    encode_reference,
    encode_video,
    known_frames,
    mask_latents,
)
from sparkle.backends.diffusion.fun_control.schedules import make_scheduler, sigmas  # noqa: E402
from sparkle.backends.diffusion.text_embeddings import embed_texts  # noqa: E402

TOLERANCE = 1e-4
FRAMES, HEIGHT, WIDTH = 9, 64, 48
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_release(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="module")
def pipeline(release):
    return load_pipeline(release)


@pytest.fixture(scope="module")
def given() -> dict[str, torch.Tensor]:
    return vectors("conditioning_cases")


def picture(pixels: torch.Tensor) -> Image.Image:
    return Image.fromarray(pixels.numpy())


def control(given) -> list[Image.Image]:
    return [picture(frame) for frame in given["in.control_u8"]]


def condition(pipeline, **pictures) -> torch.Tensor:
    """The 36 channels as the pipeline itself makes them of pictures."""
    nothing = dict.fromkeys(("control_video", "image", "last_image", "video", "mask"))
    with torch.no_grad():
        return pipeline._condition(
            (1, 3, HEIGHT // 8, WIDTH // 8), **(nothing | pictures), num_frames=FRAMES, device=CPU
        )


def test_first_frame_and_control_video(pipeline, given):
    found = condition(pipeline, control_video=control(given), image=picture(given["in.start_raw_u8"]))
    assert relative_error(found, given["start_image.y"]) < TOLERANCE


def test_first_and_last_frame(pipeline, given):
    found = condition(
        pipeline,
        control_video=control(given),
        image=picture(given["in.start_raw_u8"]),
        last_image=picture(given["in.end_raw_u8"]),
    )
    assert relative_error(found, given["start_and_end.y"]) < TOLERANCE


def test_control_video_alone_leaves_the_other_twenty_channels_exactly_zero(pipeline, given):
    found = condition(pipeline, control_video=control(given))
    assert relative_error(found, given["no_start.y"]) < TOLERANCE
    assert not found[:, 16:].any()


def test_a_mask_without_known_pixels_is_as_no_mask(pipeline, given):
    video = torch.rand(1, FRAMES, 3, HEIGHT, WIDTH)
    everything = torch.ones(1, FRAMES, 1, HEIGHT, WIDTH)
    found = condition(pipeline, control_video=control(given), video=video, mask=everything)
    assert relative_error(found, given["no_start.y"]) < TOLERANCE
    assert not found[:, 16:].any()


def test_first_frame_alone_leaves_the_control_channels_exactly_zero(pipeline, given):
    found = condition(pipeline, image=picture(given["in.start_raw_u8"]))
    assert relative_error(found, given["no_control.y"]) < TOLERANCE
    assert not found[:, :16].any()


def test_two_known_first_frames(pipeline, given):
    pictures = [
        picture(given[name]).resize((WIDTH, HEIGHT)) for name in ("in.start_raw_u8", "in.start2_raw_u8")
    ]
    pixels = torch.stack(
        [torch.from_numpy(np.array(one)).permute(2, 0, 1) / 127.5 - 1 for one in pictures], 1
    )
    video, mask = known_frames([(0, pixels[None])], FRAMES)
    with torch.no_grad():
        found = build_condition(pipeline.vae, (1, 3, 8, 6), None, video, mask, CPU)
    assert relative_error(found[:, 16:], given["start_two_frames.y"][:, 16:]) < TOLERANCE


def test_any_known_pixels(pipeline, given):
    mask = given["block_mask.mask_video_u8"].permute(0, 2, 1, 3, 4).float() / 255
    assert 0 < mask.mean() < 1
    found = condition(pipeline, control_video=control(given), video=control(given), mask=mask)
    assert relative_error(found, given["block_mask.y"]) < TOLERANCE


@pytest.mark.parametrize(
    "case", ["start_image", "start_and_end", "start_two_frames", "block_mask", "ref_image"]
)
def test_mask_channels(given, case):
    mask = (given[f"{case}.mask_video_u8"] > 127).float()
    expected = given[f"{case}.y"][:, 16:20]
    if mask.all():
        assert not expected.any()
    else:
        assert relative_error(mask_latents(mask, 8, 6), expected) < TOLERANCE


@pytest.mark.parametrize("case", ["ref_image", "start_and_ref"])
def test_reference_latent(pipeline, given, case):
    with torch.no_grad():
        found = pipeline._reference((1, 3, 8, 6), picture(given["in.ref_raw_u8"]), CPU)
        again = encode_reference(pipeline.vae, given["in.ref_0_1"][:, :, 0] * 2 - 1)
    assert relative_error(found, given[f"{case}.full_ref"]) < TOLERANCE
    assert relative_error(again, given[f"{case}.full_ref"]) < TOLERANCE


def test_without_a_reference_image_its_latent_is_zero_and_there(pipeline):
    found = pipeline._reference((2, 3, 8, 6), None, CPU)
    assert found.shape == (2, 16, 8, 6)
    assert not found.any()


def test_autoencoder_is_the_published_one(pipeline, given):
    cases = vectors("vae_cases")
    start = given["in.start_video_first_frame_0_1"] * 2 - 1
    video, _ = known_frames([(0, start)], FRAMES)
    with torch.no_grad():
        assert relative_error(encode_video(pipeline.vae, video), cases["encode.normalised"]) < TOLERANCE
        decoded = decode_latents(pipeline.vae, cases["decode.latents"])
    assert relative_error(decoded, cases["decode.video"]) < TOLERANCE


def test_text_embeddings_are_the_published_ones_and_zero_past_the_text(release):
    cases = vectors("t5_cases")
    with torch.no_grad():
        found = embed_texts(load_text_encoder(release, torch.float32), [PROMPT, NEGATIVE_PROMPT], CPU)
    for row, number in ((found[0], 0), (found[1], 1)):
        length = len(cases[f"hidden.{number}"])
        assert relative_error(row[:length], cases[f"hidden.{number}"]) < TOLERANCE
        assert not row[length:].any()
    assert found.shape == (2, 512, 48)


def test_tiles_that_saturate_are_blended_before_they_are_limited(release):
    """The decoder's last layer is linear: with a hundredth of its weights nothing of the same tiles is limited."""
    vae = load_vae(release, torch.float32)
    vae.enable_tiling(32, 32, 16, 16)
    last = vae.decoder.conv_out
    weight, bias = last.weight.data, last.bias.data
    latents = 3 * torch.randn(1, 16, 2, 6, 7, generator=torch.Generator().manual_seed(0))

    def decoded(gain: float) -> torch.Tensor:
        last.weight.data, last.bias.data = gain * weight, gain * bias
        with torch.no_grad():
            return decode_latents(vae, latents)

    small, saturated = decoded(0.001), decoded(20.0)
    assert small.abs().max() < 1
    assert (saturated.abs() == 1).float().mean() > 0.2
    assert (saturated - (20000 * small).clamp(-1, 1)).abs().max() < 1e-3


@pytest.mark.parametrize("name", ["flow 50", "flow 8", "flow 4", "distilled 4", "distilled 8"])
def test_schedules_are_the_published_ones(name):
    schedule, steps = name.split()
    expected = json.loads((VECTORS / "schedules.json").read_text())[schedule][steps]
    scheduler = make_scheduler(schedule, shift=5.0)
    given = sigmas(schedule, int(steps))
    scheduler.set_timesteps(**({"num_inference_steps": int(steps)} if given is None else {"sigmas": given}))
    assert scheduler.timesteps.tolist() == pytest.approx(expected["timesteps"], rel=1e-5)
    if "sigmas" in expected:
        assert scheduler.sigmas.tolist() == pytest.approx(expected["sigmas"], rel=1e-5)
    if "high_noise_steps" in expected:
        assert sum(time >= 900 for time in scheduler.timesteps.tolist()) == expected["high_noise_steps"]


@pytest.mark.parametrize("shift", [3, 5, 8, 16])
@pytest.mark.parametrize("steps", [4, 8, 14, 28, 40, 50])
def test_multistep_schedules_are_those_of_wan_s_own_scripts(shift, steps):
    """diffusers' own give a step of every fourth schedule with shift 3 to the other expert."""
    expected = json.loads((VECTORS / "schedules.json").read_text())["unipc"][f"shift {shift}, {steps} steps"]
    for scheduler in (make_scheduler("unipc", shift=shift), pipeline_scheduler("unipc", shift)):
        scheduler.set_timesteps(steps)
        assert scheduler.timesteps.tolist() == expected["timesteps"]
        assert scheduler.sigmas.tolist() == pytest.approx(expected["sigmas"], abs=1e-7)
        assert sum(time >= 900 for time in scheduler.timesteps.tolist()) == expected["high_noise_steps"]
