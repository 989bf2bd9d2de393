"""Runs that start from an official checkpoint with its base models: LoRA, VAE and layouts as in a real one, tiny."""

import pytest

torch = pytest.importorskip("torch")

import numpy as np  # noqa: E402
from tests.kiwi.training.tiny_training import tiny_settings  # noqa: E402
from tests.tiny_models.kiwi import tiny_tokenizer, write_tiny_kiwi  # noqa: E402

from sparkle.core.errors import SetupError  # noqa: E402
from sparkle.kiwi.checkpoint import convert, read_checkpoint  # noqa: E402
from sparkle.kiwi.loading import load_encoder, load_pipeline  # noqa: E402
from sparkle.kiwi.settings import EditSettings  # noqa: E402
from sparkle.kiwi.training.frames import encoder_input  # noqa: E402
from sparkle.kiwi.training.models import load_unmerged_encoder, make_models  # noqa: E402
from sparkle.kiwi.training.run import train  # noqa: E402


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return write_tiny_kiwi(tmp_path_factory.mktemp("kiwi"))


def settings_from(tiny, output, pairs, **changes):
    model = {"checkpoint": str(tiny.official), "qwen": str(tiny.qwen), "wan": str(tiny.vae.parent)}
    return tiny_settings(output, pairs, model=model, **changes)


def test_unmerged_lora_gives_the_context_of_the_merged_one(tiny):
    checkpoint = read_checkpoint(tiny.official)
    frames = np.random.default_rng(0).integers(0, 255, (1, 64, 64, 3), dtype=np.uint8)
    contexts = []
    for load in (load_encoder, load_unmerged_encoder):
        encoder = load(checkpoint, tiny.qwen, torch.float32).eval()
        sample = encoder_input(tiny_tokenizer(), encoder.query_counts, "put him on a beach", frames, None)
        contexts.append(encoder(sample).detach())
    assert torch.allclose(*contexts, atol=1e-4)


def test_the_published_set_is_trained_and_saved_as_the_pipeline_reads_it(tiny, pairs, tmp_path):
    settings = settings_from(
        tiny, tmp_path, pairs, trainable="published", steps=2, data={"max_pixels": 64 * 64}
    )
    outcome = train(settings)
    start, end = read_checkpoint(tiny.official), read_checkpoint(outcome.checkpoint)
    assert end.config == start.config
    assert end.tensors.keys() == start.tensors.keys()
    convert(outcome.checkpoint, tmp_path / "model.safetensors", "official")
    pipeline = load_pipeline(end, tiny.qwen, tiny.vae, torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    clip = np.zeros((5, 64, 64, 3), np.uint8)
    assert pipeline("put him on a beach", clip, settings=EditSettings(steps=1)).shape == clip.shape


def test_missing_weights_are_said_with_the_command_that_fetches_them(pairs, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    with pytest.raises(SetupError, match="sparkle models fetch --editor kiwi --model nobody/kiwi"):
        train(tiny_settings(tmp_path / "out", pairs, model={"checkpoint": "nobody/kiwi"}))


def test_only_the_named_set_changes(tiny, pairs, tmp_path):
    settings = settings_from(
        tiny, tmp_path, pairs, trainable="frozen_language", steps=2, precision="bfloat16"
    )
    models = make_models(settings)
    before = {name: value.clone() for name, value in models.encoder.named_parameters()}
    assert {value.dtype for name, value in before.items() if name.startswith("connector.")} == {torch.float32}
    assert {value.dtype for name, value in before.items() if name.startswith("qwen.")} == {torch.bfloat16}
    outcome = train(settings)
    after = load_unmerged_encoder(read_checkpoint(outcome.checkpoint), tiny.qwen, torch.bfloat16)
    changed = {
        name.split(".")[0]
        for name, value in after.named_parameters()
        if not torch.equal(value, before[name].to(torch.bfloat16))
    }
    assert changed == {"connector"}


def test_a_checkpoint_that_is_not_there_is_named(pairs, tmp_path):
    with pytest.raises(SetupError, match="nowhere"):
        train(tiny_settings(tmp_path, pairs, model={"checkpoint": "nowhere/at-all"}))
