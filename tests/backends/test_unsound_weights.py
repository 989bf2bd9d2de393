"""Every loader refuses weights that are no finite numbers, of an odd type, or of an impossible size, by name."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

import numpy as np  # noqa: E402
from diffusers import WanImageToVideoPipeline  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from tests.tiny_models.edges import write_tiny_lineart  # noqa: E402
from tests.tiny_models.flow import write_tiny_unimatch  # noqa: E402
from tests.tiny_models.fun_control import write_release  # noqa: E402
from tests.tiny_models.segmentation import write_tiny_sam3_tracker  # noqa: E402
from tests.tiny_models.wan import SMALL_TRANSFORMER, save_official_lora, save_wan_i2v  # noqa: E402
from transformers import Sam3TrackerVideoModel, UMT5EncoderModel  # noqa: E402

from sparkle.backends.diffusion.diffusers_folder import load_pipeline, load_text_model  # noqa: E402
from sparkle.backends.diffusion.fun_control.checkpoint import (  # noqa: E402
    load_text_encoder,
    load_transformer,
    load_vae,
)
from sparkle.backends.diffusion.wan_lora import merge_lora  # noqa: E402
from sparkle.backends.edges.lineart import FINE, LineArt  # noqa: E402
from sparkle.backends.edges.lineart_generator import load_generator  # noqa: E402
from sparkle.backends.flow.gmflow import load_gmflow  # noqa: E402
from sparkle.backends.flow.unimatch import CHECKPOINT, UniMatchFlow  # noqa: E402
from sparkle.backends.placement import Placement  # noqa: E402
from sparkle.backends.segmentation.clip_session import object_masks  # noqa: E402
from sparkle.backends.segmentation.promptable_video import load_complete  # noqa: E402
from sparkle.backends.sound_weights import is_finite, refuse_huge, refuse_unused  # noqa: E402
from sparkle.backends.weights import Weights  # noqa: E402
from sparkle.core.errors import BackendError, SetupError  # noqa: E402

CPU = Placement(device="cpu", dtype="float32")


@dataclass(frozen=True)
class Loader:
    """How a loader's files are written, which of them holds its weights, a weight in it, and the loading itself."""

    write: Callable[[Path], object]
    file: str
    weight: str
    load: Callable[[Path], object]


def wan_transformer() -> torch.nn.Module:
    from diffusers import WanTransformer3DModel

    return WanTransformer3DModel(in_channels=36, out_channels=16, **SMALL_TRANSFORMER)


def whole_pipeline(folder: Path) -> object:
    return load_pipeline(WanImageToVideoPipeline, folder, CPU, text_encoder=None, tokenizer=None)


LOADERS = {
    "transformer of a diffusers folder": Loader(
        save_wan_i2v,
        "transformer/diffusion_pytorch_model.safetensors",
        "blocks.1.attn1.to_q.weight",
        whole_pipeline,
    ),
    "VAE of a diffusers folder": Loader(
        save_wan_i2v, "vae/diffusion_pytorch_model.safetensors", "decoder.conv_out.weight", whole_pipeline
    ),
    "text encoder of a diffusers folder": Loader(
        save_wan_i2v,
        "text_encoder/model.safetensors",
        "encoder.block.1.layer.0.SelfAttention.q.weight",
        lambda folder: load_text_model(UMT5EncoderModel, folder, CPU),
    ),
    "LoRA of Wan": Loader(
        lambda folder: save_official_lora(folder / "lora.safetensors"),
        "lora.safetensors",
        "diffusion_model.blocks.1.cross_attn.o.lora_up.weight",
        lambda folder: merge_lora(wan_transformer(), folder / "lora.safetensors"),
    ),
    "expert of Fun-Control": Loader(
        lambda folder: write_release(folder, shards=1),
        "high_noise_model/diffusion_pytorch_model-00001-of-00001.safetensors",
        "blocks.0.self_attn.q.weight",
        lambda folder: load_transformer(folder, "transformer", torch.float32),
    ),
    "VAE of Fun-Control": Loader(
        write_release,
        "Wan2.1_VAE.pth",
        "decoder.conv1.weight",
        lambda folder: load_vae(folder, torch.float32),
    ),
    "text encoder of Fun-Control": Loader(
        write_release,
        "models_t5_umt5-xxl-enc-bf16.pth",
        "blocks.0.attn.q.weight",
        lambda folder: load_text_encoder(folder, torch.float32),
    ),
    "SAM 3": Loader(
        write_tiny_sam3_tracker,
        "model.safetensors",
        "mask_decoder.iou_token.weight",
        lambda folder: load_complete(Sam3TrackerVideoModel, Weights(str(folder)), torch.float32),
    ),
    "UniMatch": Loader(
        write_tiny_unimatch,
        CHECKPOINT,
        "backbone.conv1.weight",
        lambda folder: load_gmflow(folder / CHECKPOINT),
    ),
    "line art": Loader(
        write_tiny_lineart, FINE, "model4.1.weight", lambda folder: load_generator(folder / FINE)
    ),
}
# The parameter under which a converted or renamed tensor is known after loading.
SHOWN = {
    "blocks.0.self_attn.q.weight": "blocks.0.attn1.to_q.weight",
    "decoder.conv1.weight": "decoder.conv_in.weight",
    "blocks.0.attn.q.weight": "encoder.block.0.layer.0.SelfAttention.q.weight",
}


def change(file: Path, weight: str, value: Callable[[torch.Tensor], torch.Tensor]) -> None:
    if file.suffix == ".safetensors":
        tensors = load_file(file)
        save_file({**tensors, weight: value(tensors[weight]).contiguous()}, file, {"format": "pt"})
        return
    found = torch.load(file, weights_only=True)
    weights = found.get("model", found)
    weights[weight] = value(weights[weight])
    torch.save(found, file)


def with_nan(tensor: torch.Tensor) -> torch.Tensor:
    changed = tensor.clone()
    changed.view(-1)[-1] = float("nan")
    return changed


@pytest.mark.parametrize("name", LOADERS)
def test_a_weight_that_is_not_finite_is_named_with_its_place(tmp_path: Path, name: str) -> None:
    loader = LOADERS[name]
    loader.write(tmp_path)
    loader.load(tmp_path)
    for value in (with_nan, lambda tensor: torch.full_like(tensor, float("inf"))):
        change(tmp_path / loader.file, loader.weight, value)
        with pytest.raises(SetupError, match="1 weights are not finite") as error:
            loader.load(tmp_path)
        assert SHOWN.get(loader.weight, loader.weight) in str(error.value)
        assert str(tmp_path) in str(error.value)


@pytest.mark.parametrize("name", LOADERS)
def test_weights_that_are_whole_numbers_are_named_with_their_place(tmp_path: Path, name: str) -> None:
    loader = LOADERS[name]
    loader.write(tmp_path)
    change(tmp_path / loader.file, loader.weight, lambda tensor: torch.ones_like(tensor, dtype=torch.int8))
    with pytest.raises(SetupError, match="unexpected type") as error:
        loader.load(tmp_path)
    assert SHOWN.get(loader.weight, loader.weight) in str(error.value)
    assert str(tmp_path) in str(error.value)


def test_weights_that_a_model_has_no_place_for_are_named(tmp_path: Path) -> None:
    file = save_wan_i2v(tmp_path) / LOADERS["transformer of a diffusers folder"].file
    save_file({**load_file(file), "blocks.7.attn1.to_q.weight": torch.ones(4, 4)}, file, {"format": "pt"})
    with pytest.raises(SetupError, match=r"1 weights have no place .*blocks\.7\.attn1\.to_q\.weight"):
        whole_pipeline(tmp_path)


@pytest.mark.parametrize("stranger", ["encoder.block.9.layer.0.SelfAttention.q.weight", "vision.conv.weight"])
def test_a_text_encoder_that_would_load_in_part_is_refused(tmp_path: Path, stranger: str) -> None:
    loader = LOADERS["text encoder of a diffusers folder"]
    loader.write(tmp_path)
    file = tmp_path / loader.file
    save_file({**load_file(file), stranger: torch.ones(4, 4)}, file, {"format": "pt"})
    with pytest.raises(SetupError, match=f"text_encoder: 1 weights have no place .*{stranger}"):
        loader.load(tmp_path)


def test_heads_and_computed_frequencies_are_no_part_of_a_model() -> None:
    refuse_unused(Path("folder"), "Model", ["lm_head.weight", "model.layers.0.self_attn.rotary_emb.inv_freq"])


def test_weights_that_the_library_knows_to_be_useless_are_no_fault(tmp_path: Path) -> None:
    file = save_wan_i2v(tmp_path) / LOADERS["transformer of a diffusers folder"].file
    useless = {"blocks.1.attn2.norm_added_q.weight": torch.ones(4)}
    save_file({**load_file(file), **useless}, file, {"format": "pt"})
    whole_pipeline(tmp_path)


@pytest.mark.parametrize(
    ("file", "field", "name"),
    [
        ("transformer/config.json", "num_layers", "transformer of a diffusers folder"),
        ("vae/config.json", "base_dim", "VAE of a diffusers folder"),
        ("text_encoder/config.json", "num_layers", "text encoder of a diffusers folder"),
        ("high_noise_model/config.json", "num_layers", "expert of Fun-Control"),
        ("config.json", "num_labels", "SAM 3"),
    ],
)
def test_a_number_that_no_model_has_is_refused_before_anything_is_built(
    tmp_path: Path, file: str, field: str, name: str
) -> None:
    LOADERS[name].write(tmp_path)
    config = json.loads((tmp_path / file).read_text())
    (tmp_path / file).write_text(json.dumps(config | {field: 1_000_000_000}))
    with pytest.raises(SetupError, match=f"{field} is 1000000000"):
        LOADERS[name].load(tmp_path)


def test_large_numbers_that_cost_nothing_are_no_fault() -> None:
    refuse_huge(
        "config.json", {"rope_theta": 10**9, "max_pixels": 10**9, "vocab_size": 256_384, "layers": [3]}
    )
    with pytest.raises(SetupError, match=r"config\.json: depths is 5000"):
        refuse_huge("config.json", {"vision": {"depths": [2, 5000]}})


def test_answers_that_are_no_numbers_are_errors_not_empty_masks_or_still_cameras(tmp_path: Path) -> None:
    picture = np.zeros((64, 64, 3), np.uint8)
    flow = UniMatchFlow(model=str(write_tiny_unimatch(tmp_path)), device="cpu")
    with flow._held.use("a look") as model:
        model.register_forward_hook(lambda _module, _inputs, output: output * float("nan"))
    with pytest.raises(BackendError, match="flow is not numbers"):
        flow(picture, picture)
    edges = LineArt(model=str(write_tiny_lineart(tmp_path)), device="cpu", detect_resolution=64)
    with edges._held.use("a look") as model:
        model.register_forward_hook(lambda _module, _inputs, output: output * float("nan"))
    with pytest.raises(BackendError, match="drawings are not numbers"):
        edges(picture[None])
    with pytest.raises(BackendError, match="masks are not numbers"):
        object_masks(torch.full((1, 1, 4, 4), float("nan")), (8, 8))


def test_what_is_finite() -> None:
    numbers = torch.tensor([0.0, -3e38, 3e38])
    assert is_finite(numbers)
    assert is_finite(torch.zeros(0))
    assert is_finite(torch.ones(3, dtype=torch.int64))
    for odd in ("nan", "inf", "-inf"):
        assert not is_finite(torch.cat([numbers, torch.tensor([float(odd)])]))
        assert not is_finite(torch.tensor([1.0, float(odd), 2.0]).bfloat16())
