"""Checkpoints that only look whole: a LoRA that is gone, values that are no numbers, sizes that no model has."""

import json
import os

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file, save_file  # noqa: E402
from tests.kiwi.parity import facts  # noqa: E402
from tests.tiny_models.kiwi import (  # noqa: E402
    official_tensors,
    tiny_config,
    write_diffusers_release,
    write_tiny_kiwi,
)

from sparkle.backends.sound_weights import stored_dtypes  # noqa: E402
from sparkle.core.errors import BackendError, SetupError  # noqa: E402
from sparkle.kiwi.checkpoint import convert, read_checkpoint  # noqa: E402
from sparkle.kiwi.cosine_autoencoder import CosineAutoencoder  # noqa: E402
from sparkle.kiwi.editor import KiwiEditor  # noqa: E402
from sparkle.kiwi.loading import load_encoder, load_pipeline, load_qwen, load_transformer, load_vae  # noqa: E402
from sparkle.kiwi.settings import EditSettings  # noqa: E402
from sparkle.kiwi.tensor_files import read_header  # noqa: E402
from sparkle.kiwi.training.average import WeightAverage  # noqa: E402
from sparkle.kiwi.training.checkpoints import load_trained, save_trained  # noqa: E402

TRANSFORMER = "transformer/diffusion_pytorch_model.safetensors"
BIAS, LORA = (
    "dit.head.head.bias",
    "mllm.model.model.language_model.layers.1.self_attn.o_proj.lora_A.default.weight",
)


@pytest.fixture
def tiny(tmp_path):
    return write_tiny_kiwi(tmp_path)


def change(file, name, value):
    from safetensors import safe_open

    with safe_open(file, "pt") as opened:
        about = opened.metadata()
    tensors = load_file(file)
    save_file({**tensors, name: value(tensors[name])}, file, about)


def nan(tensor):
    changed = tensor.clone()
    changed.view(-1)[0] = float("nan")
    return changed


def test_a_diffusers_folder_without_its_lora_is_refused(tiny, tmp_path):
    folder = convert(tiny.official, tmp_path / "folder", "diffusers").path
    for file in (folder / "lora").iterdir():
        file.unlink()
    (folder / "lora").rmdir()
    with pytest.raises(SetupError, match="has neither lora/ nor a language model"):
        read_checkpoint(folder)


@pytest.mark.parametrize("gone", ["adapter_config.json", "adapter_model.safetensors"])
def test_half_of_a_lora_is_refused(tiny, tmp_path, gone):
    folder = convert(tiny.official, tmp_path / "folder", "diffusers").path
    (folder / "lora" / gone).unlink()
    with pytest.raises(SetupError, match=r"lora/adapter_config\.json: is missing|16 missing .*lora_A"):
        read_checkpoint(folder)


def test_a_pipe_that_is_named_as_weights_is_refused_at_once(tmp_path):
    # Nobody writes into it: whoever opened it would wait for ever.
    pipe = tmp_path / "model.safetensors"
    os.mkfifo(pipe)
    for read in (read_header, stored_dtypes):
        with pytest.raises(SetupError, match=r"model\.safetensors: .*a named pipe"):
            read(pipe)
    with pytest.raises(SetupError, match=r"model\.safetensors: is no Kiwi checkpoint"):
        read_checkpoint(pipe)


def test_a_model_that_never_had_a_lora_goes_through_every_layout(tmp_path):
    config = tiny_config(lora_rank=None)
    save_file(
        official_tensors(config),
        tmp_path / "model.safetensors",
        {"format": "pt", "kiwi": config.model_dump_json()},
    )
    folder = convert(tmp_path / "model.safetensors", tmp_path / "folder", "diffusers").path
    assert convert(folder, tmp_path / "ours", "sparkle").config.lora_rank is None


def test_the_published_file_without_its_lora_is_refused(tmp_path):
    """All 1121 names and shapes are the published ones; the bytes are a hole in the file and never read."""
    header, offset = {}, 0
    for name, about in facts("checkpoint_keys")["stage2"].items():
        for index in range(about["count"]):
            stop = offset + 2 * int(np.prod(about["shape"]))
            if ".lora_" not in name:
                place = {"dtype": "BF16", "shape": about["shape"], "data_offsets": [offset, stop]}
                header[name.replace("{i}", str(index))], offset = place, stop
    text = json.dumps(header).encode()
    with (tmp_path / "model.safetensors").open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + offset)
    with pytest.raises(SetupError, match=r"288 missing \(mllm\.model\..*lora_A"):
        read_checkpoint(tmp_path / "model.safetensors")


@pytest.mark.parametrize("dtype", [torch.int8, torch.int32, torch.float64, torch.float8_e4m3fn, torch.bool])
def test_tensors_of_an_unexpected_type_are_named(tiny, dtype):
    change(tiny.official, BIAS, lambda tensor: tensor.to(dtype))
    with pytest.raises(
        SetupError, match=r"model\.safetensors: 1 weights are of an unexpected type: dit\.head\.head\.bias"
    ):
        read_checkpoint(tiny.official)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_other_floating_point_types_are_weights_too(tiny, dtype):
    change(tiny.official, BIAS, lambda tensor: tensor.to(dtype))
    load_transformer(read_checkpoint(tiny.official), torch.float32)


@pytest.mark.parametrize("name", [BIAS, LORA])
def test_values_that_are_not_finite_are_named_when_they_are_loaded(tiny, name):
    change(tiny.official, name, nan)
    checkpoint = read_checkpoint(tiny.official)
    with pytest.raises(SetupError, match=r"model\.safetensors: 1 weights are not finite") as error:
        load_transformer(checkpoint, torch.float32)
        load_encoder(checkpoint, tiny.qwen, torch.float32)
    assert name in str(error.value)


def test_a_checkpoint_with_values_that_are_not_finite_is_not_converted(tiny, tmp_path):
    change(tiny.official, LORA, nan)
    with pytest.raises(SetupError, match="1 weights are not finite"):
        convert(tiny.official, tmp_path / "there", "sparkle")
    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize(
    ("value", "complaint"), [(nan, "not finite"), (lambda tensor: tensor.to(torch.int8), "unexpected type")]
)
def test_the_base_models_are_checked_alike(tiny, value, complaint):
    vae = tiny.vae / "diffusion_pytorch_model.safetensors"
    change(vae, "decoder.conv_out.bias", value)
    with pytest.raises(SetupError, match=f"{complaint}.*decoder.conv_out.bias"):
        load_vae(tiny.vae, torch.float32)
    change(tiny.qwen / "model.safetensors", "model.layers.0.mlp.up_proj.weight", value)
    with pytest.raises(SetupError, match=f"{complaint}.*mlp.up_proj.weight"):
        load_qwen(tiny.qwen, torch.float32)


@pytest.mark.parametrize("stranger", ["model.layers.9.mlp.up_proj.weight", "foreign.weight"])
def test_a_language_model_that_would_load_in_part_is_refused(tiny, stranger):
    file = tiny.qwen / "model.safetensors"
    whole = load_file(file)
    save_file({**whole, "lm_head.weight": torch.ones(4, 4)}, file, {"format": "pt"})
    load_qwen(tiny.qwen, torch.float32)
    save_file({**whole, stranger: torch.ones(4, 4)}, file, {"format": "pt"})
    with pytest.raises(SetupError, match=r"1 weights have no place in Qwen2\.5-VL"):
        load_qwen(tiny.qwen, torch.float32)


def test_a_vae_with_tensors_missing_or_too_many_is_refused(tiny):
    file = tiny.vae / "diffusion_pytorch_model.safetensors"
    whole = load_file(file)
    save_file({name: value for name, value in whole.items() if name != "decoder.conv_out.bias"}, file)
    with pytest.raises(SetupError, match=r"1 tensors of the VAE are missing \(decoder\.conv_out\.bias\)"):
        load_vae(tiny.vae, torch.float32)
    save_file({**whole, "decoder.more.bias": torch.zeros(3)}, file)
    with pytest.raises(SetupError, match=r"1 tensors of the VAE are unknown \(decoder\.more\.bias\)"):
        load_vae(tiny.vae, torch.float32)


def test_a_training_run_is_not_continued_from_values_that_are_not_finite(tmp_path):
    model = torch.nn.Linear(2, 3)
    average = WeightAverage(model, 0.9)
    save_trained(model, tmp_path)
    average.save(tmp_path / "average.safetensors")
    change(tmp_path / "trained.safetensors", "bias", nan)
    with pytest.raises(
        SetupError, match=r"trained\.safetensors: 1 weights are not finite .*bias; .*delete this checkpoint"
    ):
        load_trained(model, tmp_path)
    change(tmp_path / "average.safetensors", "weight", nan)
    with pytest.raises(
        SetupError, match=r"average\.safetensors: 1 weights are not finite .*weight; .*delete this checkpoint"
    ):
        average.load(tmp_path / "average.safetensors")
    assert all(bool(value.isfinite().all()) for value in model.state_dict().values())


@pytest.mark.parametrize("field", ["num_labels", "vocab_size"])
def test_a_number_that_no_language_model_has_is_named(tiny, tmp_path, field):
    release = write_diffusers_release(tmp_path / "release")
    file = release / "processor" / "qwen_config.json"
    config = json.loads(file.read_text())
    file.write_text(json.dumps(config | {"text_config": config["text_config"] | {field: 10**9}}))
    with pytest.raises(SetupError, match=f"{field} is 1000000000"):
        read_checkpoint(release)


def test_labels_are_no_part_of_the_model(tmp_path):
    config = tiny_config(qwen=dict(tiny_config().qwen) | {"num_labels": 1000})
    assert config.qwen_config().num_labels == 2


@pytest.mark.parametrize(
    "numbers", [{"channels": 10**9}, {"scale_factor_spatial": 10**6}, {"channels": "many"}]
)
def test_a_stand_in_for_the_vae_of_an_impossible_size_is_refused(tmp_path, numbers):
    CosineAutoencoder(10, 16).save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | numbers))
    with pytest.raises(SetupError, match=next(iter(numbers))):
        CosineAutoencoder.from_folder(tmp_path)


def test_an_edit_stops_at_the_step_that_makes_no_numbers(tiny, demo_clip):
    pipeline = load_pipeline(read_checkpoint(tiny.official), tiny.qwen, tiny.vae, torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    calls = []

    def overflow(module, inputs, output):
        calls.append(1)
        return output * float("inf") if len(calls) == 2 else output

    pipeline.transformer.register_forward_hook(overflow)
    with pytest.raises(BackendError, match="step 2 made values that are not numbers"):
        pipeline("a beach", demo_clip.frames[:5, :64, :96], settings=EditSettings(steps=20))
    assert len(calls) == 3  # asked about one step later, so that a device does not wait


def test_pixels_that_are_no_numbers_are_an_error(tiny, demo_clip):
    pipeline = load_pipeline(read_checkpoint(tiny.official), tiny.qwen, tiny.vae, torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.vae.decoder.register_forward_hook(lambda module, inputs, output: output * float("nan"))
    with pytest.raises(BackendError, match="VAE made pixels"):
        pipeline("a beach", demo_clip.frames[:1, :64, :96], settings=EditSettings(steps=1))


def test_the_editor_says_so_before_it_edits(tiny, demo_clip):
    change(tiny.official, BIAS, nan)
    editor = KiwiEditor(
        str(tiny.official), qwen=str(tiny.qwen), wan=str(tiny.vae.parent), device="cpu", dtype="float32"
    )
    with pytest.raises(SetupError, match="not finite"):
        editor.load()
