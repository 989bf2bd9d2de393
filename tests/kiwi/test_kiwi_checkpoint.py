"""Checkpoints in three layouts: complete, converted bit for bit, and refused by name when they do not fit."""

import contextlib
import io
import json
import pickle

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

from sparkle.core.errors import SetupError, SparkleError  # noqa: E402
from sparkle.kiwi import checkpoint  # noqa: E402
from sparkle.kiwi.checkpoint import convert, read_checkpoint  # noqa: E402
from sparkle.kiwi.config import KiwiConfig  # noqa: E402
from sparkle.kiwi.loading import load_encoder, load_qwen, load_tokenizer, load_transformer, read_tensors  # noqa: E402
from sparkle.kiwi.names import checkpoint_tensors, official_transformer_name  # noqa: E402

KEYS = facts("checkpoint_keys")


def published_shapes():
    shapes = {}
    for name, about in KEYS["stage2"].items():
        for index in range(about["count"]):
            shapes[name.replace("{i}", str(index))] = tuple(about["shape"])
    return shapes


def same_bits(one, other):
    return one.dtype == other.dtype and torch.equal(one.view(torch.uint8), other.view(torch.uint8))


@pytest.fixture(scope="module", params=[False, True], ids=["instruction", "reference"])
def tiny(request, tmp_path_factory):
    return write_tiny_kiwi(tmp_path_factory.mktemp("kiwi"), reference=request.param)


def test_the_full_size_model_has_exactly_the_published_tensors():
    assert len(published_shapes()) == 1121
    assert checkpoint_tensors(KiwiConfig()) == published_shapes()


def test_the_full_size_reference_model_has_exactly_the_published_tensors():
    more = {name: tuple(shape) for name, shape in KEYS["stage3"].items()}
    assert checkpoint_tensors(KiwiConfig(reference=True)) == published_shapes() | more


def test_transformer_names_equal_the_published_table():
    transformer, _ = tiny_config().empty_models()
    table = {theirs: official for official, theirs in KEYS["to_diffusers"].items()}
    for name, _ in transformer.named_parameters():
        if not name.startswith("source_embedding."):
            block = name.split(".")[1] if name.startswith("blocks.") else ""
            expected = table[name.replace(f"blocks.{block}.", "blocks.{i}.") if block else name]
            assert official_transformer_name(name) == "dit." + expected.replace("{i}", block)


@pytest.mark.parametrize("layout", ["diffusers", "sparkle", "official"])
def test_the_official_file_comes_back_bit_for_bit(tiny, tmp_path, layout):
    there, back = tmp_path / "there", tmp_path / "back.safetensors"
    convert(tiny.official, there, layout)
    convert(there, back, "official")
    before, after = load_file(tiny.official), load_file(back)
    assert set(before) == set(after)
    assert all(same_bits(before[name], after[name]) for name in before)


@pytest.mark.parametrize("layout", ["official", "sparkle"])
def test_the_diffusers_release_comes_back_bit_for_bit(tmp_path, layout):
    release = write_diffusers_release(tmp_path / "release", reference=True)
    there = convert(release, tmp_path / "there", layout)
    back = convert(there.path, tmp_path / "back", "diffusers")
    for file in sorted(release.rglob("*.safetensors")):
        if file.parent.name != "vae":
            before, after = load_file(file), load_file(back.path / file.relative_to(release))
            assert set(before) == set(after)
            assert all(same_bits(before[name], after[name]) for name in before)


def test_the_vae_and_the_processor_of_a_folder_go_with_it(tmp_path):
    release = write_diffusers_release(tmp_path / "release")
    (release / "vae" / "remote_code.py").write_text("raise SystemExit")
    there = convert(release, tmp_path / "there", "sparkle").path
    vae = "vae/diffusion_pytorch_model.safetensors"
    assert (there / vae).read_bytes() == (release / vae).read_bytes()
    assert (there / "processor" / "tokenizer.json").is_file()
    assert not list(there.rglob("*.py"))


def test_tensors_go_into_the_folders_and_names_of_the_release(tiny, tmp_path):
    folder = convert(tiny.official, tmp_path / "release", "diffusers").path
    official = load_file(tiny.official)
    queries = load_file(folder / "mllm_encoder" / "diffusion_pytorch_model.safetensors")
    source = load_file(folder / "source_embedder" / "diffusion_pytorch_model.safetensors")
    adapter = load_file(folder / "lora" / "adapter_model.safetensors")
    assert torch.equal(queries["video_queries"], official["mllm.video_queries.q"])
    assert torch.equal(queries["connector.2.bias"], official["mllm.connetor.2.bias"])
    assert set(source) == {"patch_embedding.weight", "patch_embedding.bias"}
    layer = "model.language_model.layers.1.self_attn.o_proj.lora_A"
    assert torch.equal(
        adapter[f"base_model.model.{layer}.weight"], official[f"mllm.model.{layer}.default.weight"]
    )
    assert json.loads((folder / "lora" / "adapter_config.json").read_text())["r"] == 2


def test_a_file_that_says_nothing_is_taken_for_the_published_model(tiny, tmp_path):
    bare = tmp_path / "bare.safetensors"
    save_file(load_file(tiny.official), bare)
    with pytest.raises(SetupError, match=r"dit\.blocks\.0\.cross_attn\.k\.bias is \[32\], needs \[3072\]"):
        read_checkpoint(bare)


def test_sharded_folders_are_read(tmp_path):
    release = write_diffusers_release(tmp_path / "release")
    folder = release / "transformer"
    whole = load_file(folder / "diffusion_pytorch_model.safetensors")
    (folder / "diffusion_pytorch_model.safetensors").unlink()
    names = sorted(whole)
    weight_map = {}
    for number, part in enumerate((names[::2], names[1::2])):
        file = f"diffusion_pytorch_model-0000{number}-of-00002.safetensors"
        save_file({name: whole[name] for name in part}, folder / file)
        weight_map |= dict.fromkeys(part, file)
    index = folder / "diffusion_pytorch_model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": weight_map}))
    found = dict(read_tensors(read_checkpoint(release).tensors.items()))
    assert torch.equal(found["dit.head.head.bias"], whole["proj_out.bias"])
    name, shard = names[0], folder / weight_map[names[1]]
    other = load_file(shard)
    save_file({**other, name: whole[name] + 1}, shard)
    with pytest.raises(SetupError, match=rf"'{name}' is in .*-00000-of-00002\.safetensors too"):
        read_checkpoint(release)
    save_file(whole, folder / "diffusion_pytorch_model.safetensors")
    with pytest.raises(SetupError, match=r"is there beside .*index\.json"):
        read_checkpoint(release)
    (folder / "diffusion_pytorch_model.safetensors").unlink()
    save_file(other, shard)
    shard.rename(shard.with_suffix(".gone"))
    with pytest.raises(SetupError, match=r"-00001-of-00002\.safetensors: no such file"):
        read_checkpoint(release)
    index.write_text(json.dumps({"weight_map": dict.fromkeys(weight_map, "../../secret.safetensors")}))
    with pytest.raises(SetupError, match="outside its folder"):
        read_checkpoint(release)


def test_older_names_of_the_language_model_are_read(tmp_path):
    release = write_diffusers_release(tmp_path / "release")
    file = release / "mllm_encoder" / "model.safetensors"
    modern = load_file(file)
    older = {}
    for name, tensor in modern.items():
        name = name.replace("model.visual.", "visual.").replace("model.language_model.", "model.")
        older[name] = tensor
    save_file(older | {"lm_head.weight": torch.zeros(2, 2)}, file)
    found = dict(read_tensors(read_checkpoint(release).tensors.items()))
    assert all(torch.equal(found[f"mllm.model.{name}"], tensor) for name, tensor in modern.items())


def change(tiny, tmp_path, edit):
    tensors = load_file(tiny.official)
    edit(tensors)
    path = tmp_path / "changed.safetensors"
    save_file(tensors, path, {"kiwi": tiny.config.model_dump_json()})
    return path


def test_missing_tensors_are_named(tiny, tmp_path):
    path = change(tiny, tmp_path, lambda tensors: tensors.pop("dit.blocks.1.ffn.2.bias"))
    with pytest.raises(SetupError, match=r"changed.*1 missing \(dit\.blocks\.1\.ffn\.2\.bias\)"):
        read_checkpoint(path)


def test_unknown_tensors_are_named(tiny, tmp_path):
    path = change(tiny, tmp_path, lambda tensors: tensors.update({"dit.evil": torch.zeros(1)}))
    with pytest.raises(SetupError, match=r"1 unknown \(dit\.evil\)"):
        read_checkpoint(path)


def test_misshaped_tensors_are_named_with_both_shapes(tiny, tmp_path):
    path = change(
        tiny, tmp_path, lambda tensors: tensors.update({"mllm.video_queries.q": torch.zeros(9, 32)})
    )
    with pytest.raises(SetupError, match=r"mllm\.video_queries\.q is \[9, 32\], needs \[4, 32\]"):
        read_checkpoint(path)


def test_a_long_list_of_faults_is_counted_and_cut(tiny, tmp_path):
    path = change(tiny, tmp_path, lambda tensors: [tensors.pop(name) for name in list(tensors)[:40]])
    with pytest.raises(SetupError, match=r"40 missing \(.*, and 32 more\)"):
        read_checkpoint(path)


@pytest.mark.parametrize("name", ["model.pth", "model.bin", "model.safetensors"])
def test_pickles_are_refused_whatever_they_are_called(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(pickle.dumps({"dit.head.head.bias": [0.0]}))
    with pytest.raises(SetupError, match=name):
        read_checkpoint(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff" * 64, (10**6).to_bytes(8, "little") + b"{}", (2).to_bytes(8, "little") + b"[]"],
    ids=["empty", "noise", "long header", "no object"],
)
def test_files_that_are_no_safetensors_are_refused(tmp_path, content):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(SetupError, match=r"model\.safetensors"):
        read_checkpoint(path)


def test_a_truncated_file_is_refused(tiny, tmp_path):
    path = tmp_path / "cut.safetensors"
    path.write_bytes(tiny.official.read_bytes()[:-100])
    with pytest.raises(SetupError, match="cut"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    "change",
    [
        {"num_layers": 10**9},
        {"image_queries": "many"},
        {"evil": 1},
        {"image_queries": 10**12},
        {"qwen": {"text_config": {"num_hidden_layers": 10**7}}},
        {"qwen": {"text_config": {"hidden_size": 10**9}, "vision_config": {"num_heads": 0}}},
        {"qwen": {"vision_config": 3}},
        {"qwen": {"text_config": {"hidden_act": "evil"}}},
        {"qwen": {"text_config": {"rope_parameters": {"rope_type": "evil"}}}},
    ],
    ids=["layers", "type", "unknown", "queries", "language layers", "sizes", "no mapping", "act", "rope"],
)
def test_hostile_configurations_are_refused(tiny, tmp_path, change):
    folder = convert(tiny.official, tmp_path / "ours", "sparkle").path
    config = json.loads((folder / "kiwi.json").read_text())
    (folder / "kiwi.json").write_text(json.dumps(config | change))
    with pytest.raises(SparkleError):
        read_checkpoint(folder)


def test_a_configuration_cannot_say_how_to_compute(tiny, tmp_path, monkeypatch):
    folder = convert(tiny.official, tmp_path / "ours", "sparkle").path
    config = json.loads((folder / "kiwi.json").read_text())
    for part in (config["qwen"], config["qwen"]["text_config"], config["qwen"]["vision_config"]):
        part |= {"attn_implementation": "evil-org/flash-attn", "dtype": "evil", "torch_dtype": "evil"}
        part |= {"_attn_implementation": "evil-org/flash-attn", "auto_map": {"AutoModel": "evil.Evil"}}
    (folder / "kiwi.json").write_text(json.dumps(config))
    found = read_checkpoint(folder).config.qwen_config()
    assert "evil" not in json.dumps([found.to_dict(), found._attn_implementation], default=str)


def test_the_code_of_a_tokenizer_is_never_run(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))  # whatever is answered to a question
    processor = write_diffusers_release(tmp_path / "release") / "processor"
    (processor / "evil.py").write_text(
        "from pathlib import Path\nfrom transformers import PreTrainedTokenizerFast\n"
        f"Path({str(tmp_path / 'ran')!r}).touch()\nclass EvilTok(PreTrainedTokenizerFast): pass\n"
    )
    config = json.loads((processor / "tokenizer_config.json").read_text())
    mapping = {"AutoTokenizer": ["evil.EvilTok", "evil.EvilTok"]}
    (processor / "tokenizer_config.json").write_text(
        json.dumps(config | {"tokenizer_class": "EvilTok", "auto_map": mapping})
    )
    with contextlib.suppress(SetupError):
        load_tokenizer(processor)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("layout", ["sparkle", "diffusers", "official"])
def test_a_disk_that_is_full_leaves_nothing_and_the_next_call_works(tiny, tmp_path, monkeypatch, layout):
    def full(path, *rest, **options):
        whole(path, *rest, **options)
        raise OSError(28, "No space left on device")

    whole = checkpoint.write_tensors
    monkeypatch.setattr(checkpoint, "write_tensors", full)
    with pytest.raises(SetupError, match=r"cannot be written .*No space left"):
        convert(tiny.official, tmp_path / "ours", layout)
    assert not list(tmp_path.iterdir())
    (tmp_path / ".ours.partial").mkdir()  # as after kill -9
    monkeypatch.undo()
    convert(tiny.official, tmp_path / "ours", layout)
    assert [path.name for path in tmp_path.iterdir()] == ["ours"]


def test_a_layout_of_folders_is_not_put_into_a_file(tiny, tmp_path):
    with pytest.raises(SetupError, match="name a folder"):
        convert(tiny.official, tmp_path / "model.safetensors", "diffusers")


def test_a_folder_that_is_no_checkpoint_says_what_one_is(tmp_path):
    with pytest.raises(SetupError, match="is no Kiwi checkpoint"):
        read_checkpoint(tmp_path)


def test_an_existing_destination_is_left_alone(tiny, tmp_path):
    with pytest.raises(SetupError, match="exists already"):
        convert(tiny.official, tmp_path, "sparkle")


def test_where_the_reference_goes_can_be_said_and_is_kept(tiny, tmp_path):
    folder = convert(tiny.official, tmp_path / "ours", "sparkle", reference_first=True).path
    assert read_checkpoint(folder).config.reference_first
    assert load_transformer(read_checkpoint(folder), torch.float32).reference_first


def test_models_are_filled_from_the_file(tiny):
    checkpoint, official = read_checkpoint(tiny.official), load_file(tiny.official)
    transformer = load_transformer(checkpoint, torch.float32)
    assert torch.equal(
        transformer.source_embedding.bias, official["vae_condition.patch_embedding.bias"].float()
    )
    assert not any(weight.is_meta for weight in [*transformer.parameters(), *transformer.buffers()])


def test_the_lora_is_merged_into_the_language_model(tiny):
    encoder = load_encoder(read_checkpoint(tiny.official), tiny.qwen, torch.float32)
    base, official = load_qwen(tiny.qwen, torch.float32), load_file(tiny.official)
    name = "language_model.layers.1.self_attn.v_proj"
    down, up = (official[f"mllm.model.model.{name}.lora_{part}.default.weight"].float() for part in "AB")
    found = encoder.qwen.get_submodule(name).weight
    assert torch.allclose(found, base.get_submodule(name).weight + up @ down, atol=1e-6)
    assert not any("lora" in name for name, _ in encoder.named_parameters())


def test_a_language_model_of_another_size_is_refused(tiny, tmp_path):
    config = tiny_config(tiny.config.reference)
    other = json.loads(json.dumps(dict(config.qwen)))
    other["text_config"]["num_key_value_heads"] = 2
    config = config.model_copy(update={"qwen": other})
    path = tmp_path / "other.safetensors"
    save_file(official_tensors(config), path, {"kiwi": config.model_dump_json()})
    with pytest.raises(SetupError, match=r"the checkpoint's LoRA of qwen\.language_model\.layers"):
        load_encoder(read_checkpoint(path), tiny.qwen, torch.float32)
