"""Checkpoints load completely or not at all, and the message says what does not fit."""

import json
import pickle
import shutil
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from accelerate import init_empty_weights  # noqa: E402
from diffusers import AutoencoderKLWan  # noqa: E402
from diffusers.loaders.single_file_utils import convert_wan_vae_to_diffusers  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from tests.tiny_models.fun_control import (  # noqa: E402
    VECTORS,
    full_size_names,
    write_diffusers,
    write_expert,
    write_release,
)
from transformers import UMT5Config, UMT5EncoderModel  # noqa: E402

from sparkle.backends.diffusion.fun_control.checkpoint import load_text_encoder, load_transformer, load_vae  # noqa: E402
from sparkle.backends.diffusion.fun_control.official_names import text_encoder_config, text_encoder_name  # noqa: E402
from sparkle.backends.diffusion.fun_control.stored_tensors import CheckpointError  # noqa: E402


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_release(tmp_path_factory.mktemp("release"))


@pytest.fixture
def release(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "release"))


def shard(release: Path) -> Path:
    return next((release / "high_noise_model").glob("*00001*"))


def same_weights(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    left, right = one.state_dict(), other.state_dict()
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


def test_high_noise_expert_is_transformer_and_low_noise_expert_transformer_2(release):
    high = load_transformer(release, "transformer", torch.float32)
    low = load_transformer(release, "transformer_2", torch.float32)
    stored = load_file(VECTORS / "high_noise_transformer.safetensors")["patch_embedding.weight"]
    assert torch.equal(high.patch_embedding.weight, stored)
    assert not torch.equal(low.patch_embedding.weight, stored)


@pytest.mark.parametrize("shards", [1, 3])
def test_one_file_and_several_shards_give_the_same_model(original, tmp_path, shards):
    write_expert(
        tmp_path / "high_noise_model", load_file(VECTORS / "high_noise_transformer.safetensors"), shards
    )
    assert same_weights(
        load_transformer(tmp_path, "transformer", torch.float32),
        load_transformer(original, "transformer", torch.float32),
    )


def test_diffusers_layout_holds_the_same_models(original, tmp_path):
    folder = write_diffusers(tmp_path, original)
    for name in ("transformer", "transformer_2"):
        assert same_weights(
            load_transformer(folder, name, torch.float32), load_transformer(original, name, torch.float32)
        )
    assert same_weights(load_vae(folder, torch.float32), load_vae(original, torch.float32))
    converted, official = load_text_encoder(folder, torch.float32), load_text_encoder(original, torch.float32)
    assert same_weights(converted.model, official.model)
    assert converted.tokenizer("a small red cat") == official.tokenizer("a small red cat")


def test_no_parameter_stays_empty(release):
    models = [
        load_transformer(release, "transformer", torch.bfloat16),
        load_vae(release, torch.bfloat16),
        load_text_encoder(release, torch.bfloat16).model,
    ]
    for model in models:
        tensors = [*model.parameters(), *model.buffers()]
        assert all(tensor.device.type == "cpu" and torch.isfinite(tensor.float()).all() for tensor in tensors)


def test_token_embedding_is_held_once(release):
    model = load_text_encoder(release, torch.bfloat16).model
    assert model.shared.weight is model.encoder.embed_tokens.weight
    assert model.shared.weight.dtype == torch.bfloat16


def test_missing_unknown_and_misshaped_tensors_are_all_named(release):
    tensors = load_file(shard(release))
    assert {"patch_embedding.weight", "text_embedding.0.weight"} <= tensors.keys()
    del tensors["patch_embedding.weight"]
    tensors["blocks.9.self_attn.q.weight"] = torch.zeros(2)
    tensors["text_embedding.0.weight"] = torch.zeros(3, 5)
    save_file(tensors, shard(release))
    with pytest.raises(CheckpointError) as error:
        load_transformer(release, "transformer", torch.float32)
    message = str(error.value)
    assert str(release / "high_noise_model") in message
    assert "1 missing: patch_embedding.weight" in message
    assert "1 unknown: blocks.9.attn1.to_q.weight" in message
    assert "condition_embedder.text_embedder.linear_1.weight [3, 5] instead of [96, 48]" in message


def test_a_missing_shard_is_an_error(release):
    shard(release).unlink()
    with pytest.raises(CheckpointError, match="missing"):
        load_transformer(release, "transformer", torch.float32)


def test_a_second_variant_in_the_folder_is_an_error(release):
    shutil.copy(shard(release), shard(release).with_name("diffusion_pytorch_model.fp16.safetensors"))
    with pytest.raises(CheckpointError, match="is in another file of this folder too"):
        load_transformer(release, "transformer", torch.float32)


def test_a_cut_off_shard_is_an_error(release):
    shard(release).write_bytes(shard(release).read_bytes()[:1000])
    with pytest.raises(CheckpointError, match="not a readable safetensors file"):
        load_transformer(release, "transformer", torch.float32)


@pytest.mark.parametrize(
    ("field", "value"), [("dim", None), ("num_heads", 7), ("num_layers", "two"), ("ffn_dim", -1)]
)
def test_a_config_that_cannot_be_is_an_error_that_names_the_field(release, field, value):
    file = release / "high_noise_model" / "config.json"
    config = json.loads(file.read_text())
    config[field] = value
    file.write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match=rf"config\.json.*{field}"):
        load_transformer(release, "transformer", torch.float32)


def test_a_folder_without_the_model_says_what_is_expected(tmp_path):
    expected = r"Expected the release's layout.*model_index\.json"
    with pytest.raises(CheckpointError, match=expected):
        load_transformer(tmp_path, "transformer", torch.float32)
    with pytest.raises(CheckpointError, match=expected):
        load_vae(tmp_path, torch.float32)


class Surprise:
    def __reduce__(self):
        return Path.touch, (Path("surprise"),)


def test_a_pickle_that_would_run_code_is_refused(release, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    torch.save({"encoder.conv1.weight": Surprise()}, release / "Wan2.1_VAE.pth")
    with pytest.raises(CheckpointError, match=r"Wan2\.1_VAE\.pth"):
        load_vae(release, torch.float32)
    (release / "Wan2.1_VAE.pth").write_bytes(pickle.dumps(Surprise()))
    with pytest.raises(CheckpointError, match=r"Wan2\.1_VAE\.pth"):
        load_vae(release, torch.float32)
    assert not Path("surprise").exists()


def test_older_torch_files_load_too(release, original):
    file = release / "Wan2.1_VAE.pth"
    torch.save(torch.load(file, weights_only=True), file, _use_new_zipfile_serialization=False)
    assert same_weights(load_vae(release, torch.float32), load_vae(original, torch.float32))


def test_full_size_autoencoder_and_text_encoder_have_the_names_and_shapes_of_the_release():
    names = full_size_names()
    with init_empty_weights():
        vae = AutoencoderKLWan(base_dim=96, z_dim=16)
        shapes = {name: tuple(shape) for name, shape in names["text_encoder"].items()}
        text = UMT5EncoderModel(UMT5Config(**text_encoder_config(shapes, Path("t5.pth"))))
    assert shapes_of(vae) == convert_wan_vae_to_diffusers(names["vae"])
    expected = {text_encoder_name(name): shape for name, shape in names["text_encoder"].items()}
    found = shapes_of(text)
    assert found.pop("encoder.embed_tokens.weight") == expected["shared.weight"]
    assert found == expected


def shapes_of(model: torch.nn.Module) -> dict[str, list[int]]:
    return {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
