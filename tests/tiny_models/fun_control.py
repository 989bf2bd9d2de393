"""Tiny Wan2.2-Fun-Control checkpoints in the release's layout and in diffusers', with the vectors' random weights."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import T5Tokenizer

from sparkle.backends.diffusion.fun_control.checkpoint import load_text_encoder, load_transformer, load_vae
from sparkle.backends.diffusion.fun_control.pipeline import WanFunControlPipeline
from sparkle.backends.diffusion.fun_control.schedules import Schedule, make_scheduler

VECTORS = Path(__file__).parents[1] / "fixtures" / "fun_control"
EXPERT_FILES = {
    "high_noise_model": "high_noise_transformer.safetensors",
    "low_noise_model": "transformer.safetensors",
}
# What the tiny text encoder's token ids of the vectors stand for.
WORDS = {"a": 99, "small": 59, "red": 77, "cat": 74, "bad": 57}
PROMPT, NEGATIVE_PROMPT = "a small red cat", "bad cat"


def vectors(name: str) -> dict[str, torch.Tensor]:
    return load_file(VECTORS / f"{name}.safetensors")


def relative_error(found: torch.Tensor, expected: torch.Tensor) -> float:
    assert found.shape == expected.shape
    return float((found - expected).abs().max() / expected.abs().max())


def write_release(folder: Path, shards: int = 2) -> Path:
    """Write a checkpoint as it is released: official names, `shards` files per expert, pickled VAE and encoder."""
    for name, file in EXPERT_FILES.items():
        write_expert(folder / name, load_file(VECTORS / file), shards)
    torch.save(_weights("vae_cases"), folder / "Wan2.1_VAE.pth")
    torch.save(_weights("t5_cases"), folder / "models_t5_umt5-xxl-enc-bf16.pth")
    tokenizer().save_pretrained(folder / "google" / "umt5-xxl")
    return folder


def write_expert(folder: Path, tensors: dict[str, torch.Tensor], shards: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text((VECTORS / "transformer_config.json").read_text())
    names = sorted(tensors)
    for shard in range(shards):
        part = {name: tensors[name].contiguous() for name in names[shard::shards]}
        save_file(part, folder / f"diffusion_pytorch_model-{shard + 1:05d}-of-{shards:05d}.safetensors")


def write_diffusers(folder: Path, release: Path) -> Path:
    """Write the same checkpoint in diffusers' layout."""
    load_pipeline(release).save_pretrained(folder)
    return folder


def load_pipeline(release: Path, schedule: Schedule = "flow") -> Any:
    """Load a pipeline in float32 on the CPU, text encoder included."""
    text = load_text_encoder(release, torch.float32)
    pipeline = WanFunControlPipeline(
        tokenizer=text.tokenizer,
        text_encoder=text.model,
        vae=load_vae(release, torch.float32),
        scheduler=make_scheduler(schedule, shift=5.0),
        transformer=load_transformer(release, "transformer", torch.float32),
        transformer_2=load_transformer(release, "transformer_2", torch.float32),
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def tokenizer() -> T5Tokenizer:
    by_id = {number: f"▁{word}" for word, number in WORDS.items()}
    special = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    return T5Tokenizer(
        vocab=special + [(by_id.get(number, f"▁unused{number}"), -1.0) for number in range(3, 128)],
        extra_ids=0,
    )


def full_size_names() -> dict[str, dict[str, list[int]]]:
    found = json.loads((VECTORS / "full_size_keys.json").read_text())
    return {model: facts["names"] for model, facts in found.items()}


def _weights(name: str) -> dict[str, torch.Tensor]:
    prefix = "weights."
    return {key.removeprefix(prefix): value for key, value in vectors(name).items() if key.startswith(prefix)}
