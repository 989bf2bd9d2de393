"""Weights in the Hub's cache: what counts as there, and what is recorded of them."""

import json
from pathlib import Path

import pytest

constants = pytest.importorskip("huggingface_hub.constants")

from tests.conftest import Command  # noqa: E402

from sparkle.backends.snapshot import is_whole  # noqa: E402
from sparkle.backends.weights import Weights, joined_card  # noqa: E402

COMMIT = "c" * 40
MODEL = "somebody/some-model"
DIFFUSERS = ("model_index.json", "transformer/*", "transformer_2/*", "vae/*", "tokenizer/*")


@pytest.fixture
def snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of MODEL's COMMIT in a cache of the test's own."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    folder = tmp_path / "models--somebody--some-model" / "snapshots" / COMMIT
    folder.mkdir(parents=True)
    return folder


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def write_index(folder: Path, **parts: object) -> None:
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "Pipeline", **parts}))


def test_a_config_that_something_else_loaded_is_no_model(snapshot: Path) -> None:
    weights = Weights(MODEL, COMMIT, ("config.json", "model.safetensors"))
    assert weights.cached_folder() is None
    write(snapshot, "config.json")
    assert weights.cached_folder() is None
    write(snapshot, "model.safetensors")
    assert weights.cached_folder() == snapshot


def test_one_lora_of_a_pair_is_not_the_other(snapshot: Path) -> None:
    write(snapshot, "pair/high.safetensors")
    assert Weights(MODEL, COMMIT, ("pair/high.safetensors",)).cached_folder() == snapshot
    assert Weights(MODEL, COMMIT, ("pair/low.safetensors",)).cached_folder() is None


def test_a_pipeline_is_there_when_all_its_parts_are(tmp_path: Path) -> None:
    write_index(
        tmp_path,
        transformer=["diffusers", "T"],
        transformer_2=[None, None],
        tokenizer=["transformers", "T"],
        boundary_ratio=0.9,
    )
    write(tmp_path, "transformer/config.json", "transformer/model.safetensors")
    assert not is_whole(tmp_path, DIFFUSERS)
    write(tmp_path, "tokenizer/tokenizer_config.json")
    assert is_whole(tmp_path, DIFFUSERS)
    (tmp_path / "transformer/model.safetensors").unlink()
    assert not is_whole(tmp_path, DIFFUSERS)


def test_every_shard_must_be_there(tmp_path: Path) -> None:
    write_index(tmp_path, transformer=["diffusers", "T"])
    write(tmp_path, "transformer/config.json", "transformer/1-of-2.safetensors")
    index = {"weight_map": {"a": "1-of-2.safetensors", "b": "2-of-2.safetensors"}}
    (tmp_path / "transformer/model.safetensors.index.json").write_text(json.dumps(index))
    assert not is_whole(tmp_path, DIFFUSERS)
    write(tmp_path, "transformer/2-of-2.safetensors")
    assert is_whole(tmp_path, DIFFUSERS)


def test_a_release_in_its_own_layout_needs_no_index_of_diffusers(tmp_path: Path) -> None:
    patterns = ("high_noise_model/*", "VAE.pth", *DIFFUSERS)
    write(tmp_path, "high_noise_model/config.json")
    assert not is_whole(tmp_path, patterns)
    write(tmp_path, "high_noise_model/model.safetensors", "VAE.pth")
    assert is_whole(tmp_path, patterns)


@pytest.mark.parametrize("text", ["", "[]", "[" * 9, '{"weight_map": 3}', "{}"])
def test_a_damaged_index_is_no_whole_model(tmp_path: Path, text: str) -> None:
    write(tmp_path, "transformer/model.safetensors")
    (tmp_path / "transformer/model.safetensors.index.json").write_text(text)
    assert not is_whole(tmp_path, DIFFUSERS)


def test_a_recipe_without_weights_has_nothing_to_fetch(sparkle: Command) -> None:
    done = sparkle("models", "fetch", "--recipe", "cpu", "--json")
    assert (done.returncode, done.stdout.split()) == (0, ["{}"]), done.stderr


def test_merged_loras_stand_on_the_card_with_their_revision_and_licence() -> None:
    base = Weights("Wan-AI/Wan2.2-I2V-A14B-Diffusers", "a" * 40)
    pair = [Weights("lightx2v/Wan2.2-Lightning", "b" * 40, (f"{name}.safetensors",)) for name in "hl"]
    assert joined_card([base]) == base.card()
    card = joined_card([base, *pair])
    assert card.name == "Wan-AI/Wan2.2-I2V-A14B-Diffusers + lightx2v/Wan2.2-Lightning"
    assert card.revision == "a" * 40 + " + " + "b" * 40
    assert card.licence == "Apache-2.0"
    other = joined_card([base, Weights("black-forest-labs/FLUX.2-klein-9B")])
    assert other.licence == "Apache-2.0 + FLUX Non-Commercial License"


def test_what_other_backends_need_of_a_repository_is_not_asked_for(tmp_path: Path) -> None:
    write_index(tmp_path, transformer=["diffusers", "T"], vae=["diffusers", "V"])
    write(tmp_path, "vae/config.json", "vae/model.safetensors")
    assert is_whole(tmp_path, ("vae/*",))
    assert not is_whole(tmp_path, ("transformer/*",))
    assert not is_whole(tmp_path, ("transformer/*", "vae/*"))
    assert is_whole(tmp_path, ("*.safetensors", "*.json"))
    assert is_whole(tmp_path, ())
