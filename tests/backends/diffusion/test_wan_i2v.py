from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytest.importorskip("ftfy")

from PIL import Image as Pillow  # noqa: E402
from tests.tiny_models.wan import save_official_lora, save_wan_i2v, save_wan_ti2v  # noqa: E402

from sparkle.backends.diffusion.wan_i2v import WanImageToVideo, shown_moments  # noqa: E402
from sparkle.backends.team import Place  # noqa: E402
from sparkle.core.errors import SettingsError, SetupError  # noqa: E402
from sparkle.roles import AnimationRequest, Frames  # noqa: E402

CPU: dict[str, Any] = {"device": "cpu", "dtype": "float32"}
NO_PAIR: dict[str, Any] = {"lora_high": None, "lora_low": None}
BASE: dict[str, Any] = {**NO_PAIR, "schedule": "unipc", "steps": 3, "guidance": 3.5}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_wan_i2v(tmp_path_factory.mktemp("wan_i2v")))


@pytest.fixture(scope="module")
def loras(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("loras")
    return {
        name: str(save_official_lora(folder / f"{name}.safetensors", seed=seed))
        for seed, name in enumerate(("lora_high", "lora_low"))
    }


@pytest.fixture(scope="module")
def animator(checkpoint: str, loras: dict[str, str]) -> WanImageToVideo:
    return WanImageToVideo(model=checkpoint, **loras, **CPU)


def animation_request(
    frames: int = 6, height: int = 40, width: int = 70, fps: float = 16.0
) -> AnimationRequest:
    blocks = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    image = np.asarray(Pillow.fromarray(blocks).resize((width, height)))
    return AnimationRequest(image, "waves roll onto the beach", frames, fps, seed=5)


def different(one: Frames, other: Frames) -> float:
    """Return the share of values that differ by more than rounding does."""
    return float((np.abs(one.astype(int) - other) > 1).mean())


@pytest.mark.parametrize(("frames", "height", "width"), [(5, 32, 48), (6, 40, 70), (2, 50, 34), (1, 32, 32)])
def test_a_video_has_the_pictures_size_and_the_wanted_length(
    animator: WanImageToVideo, frames: int, height: int, width: int
) -> None:
    video = animator(animation_request(frames, height, width))
    assert video.shape == (frames, height, width, 3)
    assert video.dtype == np.uint8


def test_same_request_same_video_and_seed_caption_and_picture_count(animator: WanImageToVideo) -> None:
    request = animation_request()
    video = animator(request)
    np.testing.assert_array_equal(video, animator(request))
    assert different(video, animator(replace(request, seed=6))) > 0.3
    assert different(video, animator(replace(request, image=255 - request.image))) > 0.01
    assert different(video, animator(replace(request, caption="snow falls"))) > 0.01


def test_the_distilled_steps_are_the_published_ones_for_both_experts(animator: WanImageToVideo) -> None:
    called: list[tuple[str, float]] = []
    with animator._held.use("test") as pipeline:
        hooks = [
            getattr(pipeline, name).register_forward_pre_hook(
                lambda _, __, given, name=name: called.append((name, float(given["timestep"][0]))),
                with_kwargs=True,
            )
            for name in ("transformer", "transformer_2")
        ]
    animator(animation_request())
    for hook in hooks:
        hook.remove()
    assert [name for name, _ in called] == ["transformer", "transformer", "transformer_2", "transformer_2"]
    np.testing.assert_allclose([time for _, time in called], [1000, 937.5, 833.3333, 625], rtol=1e-6)


def test_each_lora_of_the_pair_changes_the_video(checkpoint: str, loras: dict[str, str]) -> None:
    videos = [
        WanImageToVideo(model=checkpoint, lora_high=high, lora_low=low, **CPU)(animation_request())
        for high, low in ((None, None), (loras["lora_high"], None), (None, loras["lora_low"]), loras.values())
    ]
    for first in range(4):
        for second in range(first):
            assert different(videos[first], videos[second]) > 0.01


@pytest.mark.parametrize(("option", "expert"), [("lora_high", "transformer"), ("lora_low", "transformer_2")])
def test_a_lora_goes_to_its_own_expert(
    checkpoint: str, loras: dict[str, str], option: str, expert: str
) -> None:
    plain = WanImageToVideo(model=checkpoint, **NO_PAIR, **CPU)
    tuned = WanImageToVideo(model=checkpoint, **{**NO_PAIR, option: loras[option]}, **CPU)
    with plain._held.use("test") as before, tuned._held.use("test") as after:
        for name in ("transformer", "transformer_2"):
            one, other = (getattr(pipeline, name).blocks[1].ffn.net[2].weight for pipeline in (before, after))
            assert torch.equal(one, other) == (name != expert)


def test_a_lora_for_another_model_is_refused(checkpoint: str, loras: dict[str, str], tmp_path: Path) -> None:
    wrong = save_official_lora(tmp_path / "wrong.safetensors", width=48)
    with pytest.raises(SetupError, match=r"wrong\.safetensors.*does not fit"):
        WanImageToVideo(model=checkpoint, lora_high=str(wrong), lora_low=None, **CPU)(animation_request())


def test_a_caption_is_embedded_once_and_the_negative_prompt_only_for_guidance(checkpoint: str) -> None:
    for options, texts in ((NO_PAIR, 1), (BASE, 2)):
        animator = WanImageToVideo(model=checkpoint, **{**options, **CPU})
        embedded: list[Any] = []
        with animator._texts._held.use("test") as encoder:
            encoder.model.register_forward_hook(lambda *_, embedded=embedded: embedded.append(1))
        for seed in (1, 2):
            animator(replace(animation_request(), seed=seed))
        assert len(embedded) == texts


def test_the_published_base_settings_run_with_guidance_in_each_step(checkpoint: str) -> None:
    animator = WanImageToVideo(model=checkpoint, **BASE, **CPU)
    video = animator(animation_request())
    without = WanImageToVideo(model=checkpoint, **{**BASE, "guidance": 1.0}, **CPU)(animation_request())
    low = WanImageToVideo(model=checkpoint, **BASE, guidance_low=1.0, **CPU)(animation_request())
    assert different(video, without) > 0.01
    assert different(video, low) > 0.01


def test_ti2v_runs_by_its_own_sizes_and_rate(tmp_path: Path, loras: dict[str, str]) -> None:
    folder = str(save_wan_ti2v(tmp_path))
    animator = WanImageToVideo(model=folder, **{**BASE, "native_fps": 24.0, "longest": 9}, **CPU)
    video = animator(animation_request(frames=5, height=40, width=70))
    assert video.shape == (5, 40, 70, 3)
    with pytest.raises(SettingsError, match="lora_low: null"):
        WanImageToVideo(model=folder, lora_high=None, lora_low=loras["lora_low"], **CPU)(animation_request())
    with pytest.raises(SettingsError, match="guidance_low"):
        WanImageToVideo(model=folder, **BASE, guidance_low=2.0, **CPU)(animation_request())


def test_a_longer_clip_plays_what_the_model_makes_in_a_loop(checkpoint: str) -> None:
    short = WanImageToVideo(model=checkpoint, **NO_PAIR, longest=5, **CPU)
    video = short(animation_request(frames=12))
    assert len(video) == 12
    np.testing.assert_array_equal(video[:4], short(animation_request(frames=5))[:4])


def test_frames_of_a_slower_clip_are_the_nearest_in_time() -> None:
    assert shown_moments(5, 16, 24).tolist() == [0, 2, 3, 4, 6]
    assert shown_moments(81, 16, 24)[-1] == 120
    assert shown_moments(5, 16, 16).tolist() == [0, 1, 2, 3, 4]
    assert shown_moments(5, 30, 16).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "option", [{"schedule": "euler"}, {"steps": 0}, {"longest": 1}, {"native_fps": 0.0}, {"dtype": "half"}]
)
def test_settings_that_cannot_be_are_named(option: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=next(iter(option))):
        WanImageToVideo(model="anything", **NO_PAIR, **option)


def test_guidance_that_would_be_ignored_is_refused() -> None:
    with pytest.raises(SettingsError, match="guidance_low"):
        WanImageToVideo(model="anything", **NO_PAIR, guidance=1.0, guidance_low=3.5)


def test_a_missing_model_says_how_to_get_it(loras: dict[str, str]) -> None:
    with pytest.raises(SetupError, match="sparkle models fetch"):
        WanImageToVideo(model="Wan-AI/no-such-model", **loras, **CPU)(animation_request())


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_missing_device_says_what_to_do(checkpoint: str) -> None:
    with pytest.raises(SetupError, match="set device: cpu"):
        WanImageToVideo(model=checkpoint, **NO_PAIR)(animation_request())


@pytest.mark.gpu
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"offload": "model"},
        {"offload": "sequential"},
        {"tile_vae": True},
        {"compile": True},
        {"fp8": True},
    ],
    ids=str,
)
def test_every_placement_makes_about_the_same_video(
    checkpoint: str, loras: dict[str, str], animator: WanImageToVideo, options: dict[str, Any]
) -> None:
    on_gpu = WanImageToVideo(model=checkpoint, **loras, device="cuda", dtype="float32", **options)
    request = animation_request()
    apart = np.abs(on_gpu(request).astype(int) - animator(request)).mean()
    assert apart < (10 if "fp8" in options else 1)
    np.testing.assert_array_equal(on_gpu(request), on_gpu(request))


def test_a_clip_of_two_processes_is_that_of_one(checkpoint: str) -> None:
    """Both experts, and the passes with the prompt and with the negative one, each on half of the tokens."""
    given = {"model": checkpoint, **BASE, **CPU}
    together = WanImageToVideo(**given, gpus=2)
    try:
        video = together(animation_request(5, 48, 48))
    finally:
        together.release()
    expected = WanImageToVideo(**given)(animation_request(5, 48, 48))
    assert expected.std() > 0
    assert np.abs(video.astype(int) - expected).max() <= 1


def test_several_gpus_refuse_a_model_whose_tokens_have_a_time_each(tmp_path: Path) -> None:
    small = WanImageToVideo(model=str(save_wan_ti2v(tmp_path)), **NO_PAIR, schedule="unipc", gpus=2, **CPU)
    with pytest.raises(SettingsError, match="time of its own; set gpus: 1"):
        small._load_shared(Place(0, 2, "cpu"))
