"""The backend generates clips of the source's shape from a checkpoint on disk, on the CPU, through the real loading."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file, save_file  # noqa: E402
from tests.tiny_models.fun_control import load_pipeline, write_diffusers, write_expert, write_release  # noqa: E402

from sparkle.backends import create_backend  # noqa: E402
from sparkle.backends.diffusion.fun_control.checkpoint import load_transformer  # noqa: E402
from sparkle.backends.diffusion.sizes import lengthen  # noqa: E402
from sparkle.backends.diffusion.wan_fun_control import WanFunControl, extend_sides  # noqa: E402
from sparkle.core.errors import BackendError, SettingsError, SetupError  # noqa: E402
from sparkle.roles import GenerationRequest  # noqa: E402

CPU = {"device": "cpu", "dtype": "float32", "steps": 2}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_release(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="module")
def backend(release) -> WanFunControl:
    return create_backend("diffusion.wan_fun_control", {"model": str(release), **CPU})


def request(frames: int = 5, height: int = 16, width: int = 32, seed: int = 3) -> GenerationRequest:
    noise = np.random.default_rng(0)
    source = noise.integers(0, 256, (frames, height, width, 3), np.uint8)
    return GenerationRequest(
        first_frame=source[0],
        control=noise.integers(0, 256, (frames, height, width), np.uint8),
        instruction="a small red cat",
        source=source,
        clean_background=source[0],
        background=source,
        mask=np.zeros((frames, height, width), bool),
        confidence=np.zeros((frames, height, width), np.float32),
        fps=16.0,
        seed=seed,
    )


@pytest.mark.parametrize(("frames", "height", "width"), [(5, 32, 48), (9, 16, 32), (6, 30, 50), (1, 17, 16)])
def test_output_has_exactly_the_shape_of_the_source(backend, frames, height, width):
    edited = backend(request(frames, height, width))
    assert edited.shape == (frames, height, width, 3)
    assert edited.dtype == np.uint8
    assert edited.std() > 0


def test_same_request_same_clip_and_the_seed_decides(backend):
    once, again, other = backend(request(seed=1)), backend(request(seed=1)), backend(request(seed=2))
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)


def test_control_video_first_frame_and_instruction_are_all_followed(backend):
    given = request()
    clip = backend(given)
    changes = {
        "control": np.zeros_like(given.control),
        "first_frame": 255 - given.first_frame,
        "instruction": "bad cat",
    }
    for name, value in changes.items():
        assert not np.array_equal(backend(replace(given, **{name: value})), clip), name


def test_generates_what_the_pipeline_generates_of_the_same_pictures(backend, release):
    given = request()
    pipeline = load_pipeline(release)
    expected = pipeline(
        prompt=given.instruction,
        negative_prompt=backend._negative(),
        control_video=np.repeat(given.control[..., None], 3, axis=-1).astype(np.float32) / 255,
        image=given.first_frame.astype(np.float32) / 255,
        height=16,
        width=32,
        num_frames=5,
        num_inference_steps=2,
        generator=torch.Generator().manual_seed(given.seed),
    ).frames[0]
    assert np.abs(backend(given) - expected * 255).max() <= 0.51


def test_a_clip_of_an_odd_size_is_generated_as_its_extension_and_cropped(backend):
    given = request(6, 30, 50)
    control = lengthen(extend_sides(given.control), 9)
    whole = replace(
        given,
        control=control,
        first_frame=extend_sides(given.first_frame[None])[0],
        source=np.zeros((*control.shape, 3), np.uint8),
    )
    assert control.shape == (9, 32, 64)
    assert np.array_equal(backend(given), backend(whole)[:6, :30, :50])


def test_padding_repeats_edges():
    clip = np.arange(2 * 3 * 5, dtype=np.uint8).reshape(2, 3, 5)
    padded = extend_sides(clip)
    assert padded.shape == (2, 16, 16)
    assert np.array_equal(padded[:, :3, :5], clip)
    assert (padded[:, 3:, :5] == clip[:, -1:]).all()
    assert (padded[:, :, 5:] == padded[:, :, 4:5]).all()


def test_released_model_loads_again_and_gives_the_same(release):
    backend = WanFunControl(model=str(release), **CPU)
    first = backend(request())
    backend.release()
    assert np.array_equal(backend(request()), first)


def test_a_text_that_was_embedded_once_needs_no_text_encoder_any_more(release, tmp_path):
    folder = Path(shutil.copytree(release, tmp_path / "release"))
    backend = WanFunControl(model=str(folder), **CPU)
    first = backend(request())
    backend.release()
    (folder / "models_t5_umt5-xxl-enc-bf16.pth").unlink()
    assert np.array_equal(backend(request()), first)
    with pytest.raises(SetupError, match="models_t5"):
        backend(replace(request(), instruction="a red cat"))


def test_diffusers_layout_generates_the_same_clip(backend, release, tmp_path):
    converted = WanFunControl(model=str(write_diffusers(tmp_path, release)), **CPU)
    difference = converted(request()).astype(int) - backend(request())
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize("schedule", ["distilled", "unipc"])
def test_other_schedules_run(release, backend, schedule):
    clip = WanFunControl(model=str(release), schedule=schedule, guidance_scale=1.0, **CPU)(request())
    assert not np.array_equal(clip, backend(request()))


@pytest.mark.parametrize(
    "options", [{"dtype": "bfloat16"}, {"dtype": "bfloat16", "fp8": True}, {"tile_vae": True}]
)
def test_smaller_precisions_and_tiles_run(release, options):
    clip = WanFunControl(model=str(release), **(CPU | options))(request())
    assert clip.std() > 0


def official_lora(file: Path, rank: int = 2) -> dict[str, torch.Tensor]:
    """A LoRA with official names on one linear layer of the high-noise expert, alpha half of the rank."""
    noise = torch.Generator().manual_seed(0)
    tensors = {
        "diffusion_model.blocks.0.self_attn.q.lora_down.weight": torch.randn(rank, 96, generator=noise),
        "diffusion_model.blocks.0.self_attn.q.lora_up.weight": torch.randn(96, rank, generator=noise),
        "diffusion_model.blocks.0.self_attn.q.alpha": torch.tensor(rank / 2),
        "diffusion_model.blocks.1.diff_m": torch.randn(1, 6, 96, generator=noise),
    }
    save_file(tensors, file)
    return tensors


def test_loras_equal_weights_merged_by_hand(release, backend, tmp_path):
    tensors = official_lora(tmp_path / "high.safetensors")
    prefix = "diffusion_model.blocks"
    merged = load_transformer(release, "transformer", torch.float32)
    change = (
        tensors[f"{prefix}.0.self_attn.q.lora_up.weight"]
        @ tensors[f"{prefix}.0.self_attn.q.lora_down.weight"]
    )
    merged.blocks[0].attn1.to_q.weight.data += 0.7 * 0.5 * change
    merged.blocks[1].scale_shift_table.data += 0.7 * tensors[f"{prefix}.1.diff_m"]
    by_hand = write_diffusers(tmp_path / "merged", release)
    for file in (by_hand / "transformer").glob("*.safetensors"):
        save_file(merged.state_dict(), file)

    given = request()
    options = CPU | {"steps": 4}
    with_lora = WanFunControl(
        model=str(release), lora_high=str(tmp_path / "high.safetensors"), lora_scale=0.7, **options
    )(given)
    expected = WanFunControl(model=str(by_hand), **options)(given)
    assert np.abs(with_lora.astype(int) - expected).max() <= 1
    plain = WanFunControl(model=str(release), **options)(given)
    assert np.abs(with_lora.astype(int) - plain).max() > 1


def test_a_lora_for_another_number_of_input_channels_is_refused_whole(release, tmp_path):
    tensors = official_lora(tmp_path / "low.safetensors")
    tensors["diffusion_model.patch_embedding.diff"] = torch.zeros(96, 36, 1, 2, 2)
    save_file(tensors, tmp_path / "low.safetensors")
    backend = WanFunControl(model=str(release), lora_low=str(tmp_path / "low.safetensors"), **CPU)
    with pytest.raises(SetupError, match=r"low\.safetensors.*patch_embedding"):
        backend(request())


def test_a_checkpoint_that_does_not_fit_stops_the_command(release, tmp_path):
    folder = tmp_path / "release"
    write_release(folder)
    tensors = load_file(next((folder / "low_noise_model").glob("*00001*")))
    for file in (folder / "low_noise_model").glob("*.safetensors"):
        file.unlink()
    write_expert(folder / "low_noise_model", tensors, 1)
    with pytest.raises(SetupError, match=r"low_noise_model.*missing"):
        WanFunControl(model=str(folder), **CPU)(request())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"control": np.zeros((4, 16, 32), np.uint8)}, "control video"),
        ({"first_frame": np.zeros((16, 40, 3), np.uint8)}, "first frame"),
    ],
)
def test_a_request_whose_parts_do_not_fit_is_refused(backend, change, message):
    with pytest.raises(BackendError, match=message):
        backend(replace(request(), **change))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"schedule": "euler"}, "schedule: .* got 'euler'"),
        ({"steps": 0}, "steps: .* got 0"),
        ({"boundary": 900}, "boundary: .* got 900"),
        ({"offload": "disk"}, "offload: .* got 'disk'"),
        ({"dtype": "int8"}, "dtype: .* got 'int8'"),
        ({"lora_high": "nowhere.safetensors"}, "nowhere.safetensors"),
        ({"device": "cpu", "offload": "model"}, "offload: model needs a GPU"),
    ],
)
def test_impossible_settings_are_refused_before_anything_is_loaded(options, message):
    with pytest.raises(SettingsError, match=message):
        WanFunControl(**options)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_without_a_gpu_the_error_says_what_to_set(release):
    with pytest.raises(SetupError, match="device: cpu"):
        WanFunControl(model=str(release))(request())


def test_weights_that_are_not_here_name_the_command_that_fetches_them(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(SetupError, match="sparkle models fetch"):
        WanFunControl(model="nobody/nothing-of-this-name", device="cpu")(request())


def test_what_is_needed_is_known_without_loading():
    hub = "lightx2v/Wan2.2-Lightning/folder/high_noise_model.safetensors"
    backend = WanFunControl(lora_high=hub)
    assert [weights.model for weights in backend.weights] == [
        "alibaba-pai/Wan2.2-Fun-A14B-Control",
        "lightx2v/Wan2.2-Lightning",
    ]
    assert backend.weights[1].files == ("folder/high_noise_model.safetensors",)
    assert backend.gpu_memory_gb > WanFunControl(offload="model").gpu_memory_gb
    assert backend.gpu_memory_gb > WanFunControl(fp8=True).gpu_memory_gb


def test_importing_and_creating_the_backend_imports_nothing_heavy():
    code = (
        "import sys; from sparkle.backends.diffusion.wan_fun_control import WanFunControl; WanFunControl();"
        "print([name for name in ('torch', 'diffusers', 'transformers') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
