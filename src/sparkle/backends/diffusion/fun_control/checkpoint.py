"""Loads Wan2.2-Fun-Control from the folder of its release, or from one in diffusers' layout.

The release: `high_noise_model/` and `low_noise_model/` (config.json and one or more safetensors), `Wan2.1_VAE.pth`,
`models_t5_umt5-xxl-enc-bf16.pth`, `google/umt5-xxl/` (tokenizer). diffusers: model_index.json and a folder each for
`transformer` (high noise), `transformer_2` (low noise), `vae`, `text_encoder`, `tokenizer`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKLWan
from diffusers.loaders.single_file_utils import (
    convert_wan_transformer_to_diffusers,
    convert_wan_vae_to_diffusers,
)
from transformers import AutoTokenizer, UMT5Config, UMT5EncoderModel

from sparkle.backends.diffusion.fun_control.official_names import (
    text_encoder_config,
    text_encoder_name,
    transformer_config,
    vae_config,
)
from sparkle.backends.diffusion.fun_control.stored_tensors import (
    CheckpointError,
    StoredTensor,
    build_empty,
    fill,
    open_pickled,
    open_safetensors,
)
from sparkle.backends.diffusion.fun_control.transformer import WanFunControlTransformer3DModel
from sparkle.backends.diffusion.text_embeddings import TextEncoder
from sparkle.backends.sound_weights import check_folder, refuse_huge
from sparkle.store import read_text

OFFICIAL_EXPERTS = {"transformer": "high_noise_model", "transformer_2": "low_noise_model"}
OFFICIAL_VAE = "Wan2.1_VAE.pth"
OFFICIAL_TEXT_ENCODER = "models_t5_umt5-xxl-enc-bf16.pth"
OFFICIAL_TOKENIZER = "google/umt5-xxl"


def load_transformer(folder: Path, expert: str, dtype: torch.dtype) -> WanFunControlTransformer3DModel:
    """Load an expert, "transformer" (high noise) or "transformer_2" (low noise). Raises CheckpointError."""
    if _is_diffusers(folder):
        check_folder(_existing(folder / expert))
        config = WanFunControlTransformer3DModel.load_config(folder / expert)
        model: WanFunControlTransformer3DModel = build_empty(
            lambda: WanFunControlTransformer3DModel.from_config(config)
        )
        return fill(model, _shards(folder / expert), dtype, folder / expert)
    place = _existing(folder / OFFICIAL_EXPERTS[expert])
    official = _read_json(place / "config.json")
    refuse_huge(place / "config.json", official)
    settings = transformer_config(official, place / "config.json")
    model = build_empty(lambda: WanFunControlTransformer3DModel(**settings))
    return fill(model, _renamed(_shards(place), convert_wan_transformer_to_diffusers), dtype, place)


def load_vae(folder: Path, dtype: torch.dtype) -> AutoencoderKLWan:
    """Load the VAE. Raises CheckpointError."""
    if _is_diffusers(folder):
        check_folder(_existing(folder / "vae"))
        config = AutoencoderKLWan.load_config(folder / "vae")
        model = build_empty(lambda: AutoencoderKLWan.from_config(config))
        return fill(model, _shards(folder / "vae"), dtype, folder / "vae")
    file = _existing(folder / OFFICIAL_VAE)
    stored = open_pickled(file)
    settings = vae_config(_shapes(stored), file)
    model = build_empty(lambda: AutoencoderKLWan(**settings))
    return fill(model, _renamed(stored, convert_wan_vae_to_diffusers), dtype, file)


def load_text_encoder(folder: Path, dtype: torch.dtype) -> TextEncoder:
    """Load the text encoder and its tokenizer. Raises CheckpointError."""
    if _is_diffusers(folder):
        place, tokenizer = _existing(folder / "text_encoder"), folder / "tokenizer"
        check_folder(place)
        config = UMT5Config.from_pretrained(place, local_files_only=True)
        stored = _shards(place)
    else:
        place, tokenizer = _existing(folder / OFFICIAL_TEXT_ENCODER), folder / OFFICIAL_TOKENIZER
        official = open_pickled(place)
        config = UMT5Config(**text_encoder_config(_shapes(official), place))
        stored = {text_encoder_name(name): tensor for name, tensor in official.items()}
    model = fill(build_empty(lambda: UMT5EncoderModel(config)), stored, dtype, place)
    return TextEncoder(AutoTokenizer.from_pretrained(_existing(tokenizer), local_files_only=True), model)


def _is_diffusers(folder: Path) -> bool:
    return (folder / "model_index.json").is_file()


def _existing(path: Path) -> Path:
    if not path.exists():
        raise CheckpointError(
            f"{path}: not there. Expected the release's layout ({', '.join(OFFICIAL_EXPERTS.values())}, "
            f"{OFFICIAL_VAE}, {OFFICIAL_TEXT_ENCODER}, {OFFICIAL_TOKENIZER}/) or diffusers' (model_index.json, "
            f"transformer, transformer_2, vae, text_encoder, tokenizer); fetch it again or set `model`"
        )
    return path


def _shards(folder: Path) -> dict[str, StoredTensor]:
    files = list(folder.glob("*.safetensors"))
    if not files:
        raise CheckpointError(f"{folder}: no .safetensors file in it; fetch the checkpoint again")
    return open_safetensors(files)


def _renamed(stored: Mapping[str, StoredTensor], convert: Any) -> dict[str, StoredTensor]:
    # diffusers' converters rename the keys of a dictionary and leave its values alone.
    renamed: dict[str, StoredTensor] = convert(dict(stored))
    return renamed


def _shapes(stored: Mapping[str, StoredTensor]) -> dict[str, tuple[int, ...]]:
    return {name: tensor.shape for name, tensor in stored.items()}


def _read_json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_text(_existing(file)))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CheckpointError(f"{file}: not readable JSON ({error}); fetch it again") from error
    if not isinstance(found, dict):
        raise CheckpointError(f"{file}: no JSON object; fetch it again")
    return found
