"""FSDP2 between two processes on CPUs: the updates and the checkpoints of one process, and continuation."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

import yaml  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from tests.kiwi.training.tiny_training import losses, tiny_settings, tiny_values  # noqa: E402

from sparkle.kiwi.training.run import train  # noqa: E402

# What `accelerate launch` sets for a configuration with FSDP2.
FSDP = {
    "ACCELERATE_USE_FSDP": "true",
    "FSDP_VERSION": "2",
    "FSDP_AUTO_WRAP_POLICY": "TRANSFORMER_BASED_WRAP",
    "FSDP_TRANSFORMER_CLS_TO_WRAP": "WanTransformerBlock,Qwen2_5_VLDecoderLayer",
    "FSDP_RESHARD_AFTER_FORWARD": "true",
    "FSDP_STATE_DICT_TYPE": "SHARDED_STATE_DICT",
}


def launch(folder, values):
    config = folder / "config.yaml"
    config.write_text(yaml.safe_dump(values))
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    done = subprocess.run(
        [*command, str(Path(__file__).parent / "fsdp_on_cpu.py"), str(config)],
        env={**os.environ, **FSDP, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.slow
def test_sharded_weights_learn_what_whole_ones_learn_and_continue(pairs, tmp_path):
    values = {"trainable": "published", "batch": 4}
    launch(tmp_path, tiny_values(tmp_path / "two", pairs, **values, steps=2))
    # These pairs are videos: the queries of images have no gradient, and must not be missing in the state.
    again = launch(tmp_path, tiny_values(tmp_path / "two", pairs, **values, steps=4))
    assert "update 3 " in again
    assert "update 2 " not in again
    train(tiny_settings(tmp_path / "one", pairs, **values, steps=4))
    for one, two in zip(losses(tmp_path / "one"), losses(tmp_path / "two"), strict=True):
        assert two["loss"] == pytest.approx(one["loss"], rel=1e-5)
        assert two["gradient_norm"] == pytest.approx(one["gradient_norm"], rel=1e-4)
    for name in ("transformer/diffusion_pytorch_model", "encoder/model"):
        one, two = (
            load_file(tmp_path / run / "checkpoints/step-000004" / f"{name}.safetensors")
            for run in ("one", "two")
        )
        assert one.keys() == two.keys()
        # Adam makes whole steps even of rounding, where a gradient is nothing else.
        for key, value in one.items():
            assert (two[key] - value).abs().mean() < 1e-4, key


@pytest.mark.slow
@pytest.mark.parametrize("compiled", [False, True])
def test_sharded_weights_train_in_bfloat16_with_activations_computed_again(pairs, tmp_path, compiled):
    values = {"trainable": "published", "batch": 4, "steps": 2, "precision": "bfloat16"}
    again = {"gradient_checkpointing": "all", "compile": compiled}
    launch(tmp_path, tiny_values(tmp_path / "two", pairs, **values, **again))
    train(tiny_settings(tmp_path / "one", pairs, **values))
    for one, two in zip(losses(tmp_path / "one"), losses(tmp_path / "two"), strict=True):
        assert two["loss"] == pytest.approx(one["loss"], rel=2e-3)
