"""The model of a training run as a checkpoint in our own layout, which the pipeline loads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from sparkle.kiwi.checkpoint import CONFIG_FILE
from sparkle.kiwi.names import ENCODER_GROUP, TRANSFORMER_GROUP, places
from sparkle.kiwi.training.models import Models
from sparkle.store import make_folder, write_text

_UP, _DOWN, _BASE = ".lora_B.default.weight", ".lora_A.default.weight", ".base_layer."


def write_model(
    folder: Path, models: Models, state: Mapping[str, Tensor], dtype: torch.dtype, lora_scale: float
) -> None:
    """Write transformer and encoder, in `dtype`; VAE and tokenizer too where the model has its own.

    state: of the Objective, whole and by its own names. The transformer's LoRA is merged with `lora_scale`, since no
    layout has a place for it; the language model's stays beside its weights, as published.
    """
    transformer = merge_lora(_below(state, "transformer."), lora_scale)
    encoder = dict(models.encoder.named_parameters())
    encoder |= _below(state, "encoder.")
    encoder |= {name: tensor for name, tensor in state.items() if name.startswith("connector.")}
    encoder = {name.replace(_BASE, "."): tensor for name, tensor in encoder.items()}
    found = {TRANSFORMER_GROUP: transformer, ENCODER_GROUP: encoder}
    for group, tensors in found.items():
        names = [place.name for place in places(models.config, "sparkle").values() if place.group == group]
        path = folder / f"{group}.safetensors"
        make_folder(path.parent)
        ready = {name: tensors[name].detach().to("cpu", dtype).contiguous() for name in names}
        save_file(ready, path, {"format": "pt"})
    if models.companions:
        models.vae.save_pretrained(folder / "vae")
        models.tokenizer.save_pretrained(folder / "processor")
    # Last: a folder without it is no checkpoint.
    config = json.loads(models.config.model_dump_json())
    write_text(folder / CONFIG_FILE, json.dumps(config, indent=2) + "\n")


def merge_lora(tensors: Mapping[str, Tensor], scale: float) -> dict[str, Tensor]:
    """Return the tensors with every LoRA added to its weight, by the names that they have without it."""
    merged = {}
    for name, tensor in tensors.items():
        if ".lora_" in name:
            continue
        module, is_base, _ = name.partition(f"{_BASE}weight")
        if is_base:
            up, down = tensors[module + _UP].float(), tensors[module + _DOWN].float()
            tensor = tensor.float() + scale * (up @ down)
        merged[name.replace(_BASE, ".")] = tensor
    return merged


def _below(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}
