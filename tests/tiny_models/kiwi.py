"""Kiwi checkpoints small enough to write, convert and run in a test: random weights, every part that a real one has.

The base models (a Qwen2.5-VL with tokenizer, a VAE of Wan2.2's kind) and the three layouts of the checkpoint itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKLWan
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

from sparkle.kiwi import diffusers_layout
from sparkle.kiwi.config import KiwiConfig
from sparkle.kiwi.names import official_encoder_name, official_transformer_name, places

SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|object_ref_start|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
FIRST_SPECIAL = 256
CHANNELS = 8


def tiny_qwen_config() -> dict[str, object]:
    """Qwen2.5-VL of 2 layers whose vocabulary is the 256 bytes and the special tokens."""
    return {
        "vision_config": {
            "depth": 2,
            "hidden_size": 16,
            "intermediate_size": 24,
            "num_heads": 2,
            "out_hidden_size": 32,
            "tokens_per_second": 2,
            "fullatt_block_indexes": [1],
        },
        "text_config": {
            "vocab_size": FIRST_SPECIAL + len(SPECIAL),
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [2, 3, 3]},
            "bos_token_id": FIRST_SPECIAL,
            "eos_token_id": FIRST_SPECIAL + SPECIAL.index("<|im_end|>"),
        },
        "image_token_id": FIRST_SPECIAL + SPECIAL.index("<|image_pad|>"),
        "video_token_id": FIRST_SPECIAL + SPECIAL.index("<|video_pad|>"),
        "vision_start_token_id": FIRST_SPECIAL + SPECIAL.index("<|vision_start|>"),
        "vision_end_token_id": FIRST_SPECIAL + SPECIAL.index("<|vision_end|>"),
        "tie_word_embeddings": True,
    }


def tiny_config(reference: bool = False, **changes: object) -> KiwiConfig:
    """Two blocks of width 32, a handful of queries, LoRA of rank 2."""
    values: dict[str, object] = {
        "num_attention_heads": 2,
        "attention_head_dim": 16,
        "in_channels": CHANNELS,
        "text_dim": 16,
        "freq_dim": 32,
        "ffn_dim": 48,
        "num_layers": 2,
        "image_queries": 3,
        "video_queries": 4,
        "reference_queries": 5,
        "reference": reference,
        "lora_rank": 2,
        "lora_alpha": 2,
        "qwen": tiny_qwen_config(),
    }
    return KiwiConfig.model_validate(values | changes)


@dataclass(frozen=True)
class TinyKiwi:
    """Folders of the base models, and of one checkpoint with unmerged LoRA in the official layout."""

    config: KiwiConfig
    qwen: Path
    vae: Path
    official: Path


def write_tiny_kiwi(folder: Path, reference: bool = False, seed: int = 0) -> TinyKiwi:
    """Write base models and official checkpoint below `folder`."""
    torch.manual_seed(seed)
    config = tiny_config(reference)
    qwen, vae, official = folder / "qwen", folder / "wan" / "vae", folder / "model.safetensors"
    write_tiny_qwen(qwen)
    write_tiny_vae(vae)
    save_file(official_tensors(config), official, {"format": "pt", "kiwi": config.model_dump_json()})
    return TinyKiwi(config, qwen, vae, official)


def write_tiny_qwen(folder: Path) -> None:
    """Write language model and tokenizer."""
    Qwen2_5_VLForConditionalGeneration(Qwen2_5_VLConfig(**tiny_qwen_config())).save_pretrained(folder)  # type: ignore[arg-type]
    tiny_tokenizer().save_pretrained(folder)


def write_tiny_vae(folder: Path) -> None:
    """Write a VAE with the structure of Wan2.2's: residual blocks, patches of 2, 16 pixels and 4 frames a cell."""
    AutoencoderKLWan(
        base_dim=8,
        decoder_base_dim=8,
        z_dim=CHANNELS,
        dim_mult=[1, 1, 2, 2],
        num_res_blocks=1,
        latents_mean=[0.1 * channel for channel in range(CHANNELS)],
        latents_std=[1.0 + 0.1 * channel for channel in range(CHANNELS)],
        is_residual=True,
        in_channels=12,
        out_channels=12,
        patch_size=2,
        scale_factor_spatial=16,
    ).save_pretrained(folder)


def official_tensors(config: KiwiConfig) -> dict[str, torch.Tensor]:
    """Return random bfloat16 tensors of a checkpoint, by official name."""
    tensors = {}
    for model, rename in zip(
        config.empty_models(), (official_transformer_name, official_encoder_name), strict=True
    ):
        for name, weight in model.named_parameters():
            value = torch.randn(weight.shape) * (0.5 if "norm" in name else 0.15) + (
                1.0 if "norm" in name else 0.0
            )
            tensors[rename(name)] = value.to(torch.bfloat16)
    wanted = places(config, "official")
    return {name: tensor for name, tensor in tensors.items() if name in wanted}


def write_diffusers_release(folder: Path, reference: bool = False, seed: int = 0) -> Path:
    """Write a folder as the authors release it: the language model is inside, with the LoRA merged away."""
    torch.manual_seed(seed)
    config = tiny_config(reference, lora_rank=None, whole_qwen=True)
    tensors = official_tensors(config)
    groups: dict[str, dict[str, torch.Tensor]] = {}
    for name, place in places(config, "diffusers").items():
        groups.setdefault(place.group, {})[place.name] = tensors[name]
    for group, content in groups.items():
        (folder / group).parent.mkdir(parents=True, exist_ok=True)
        save_file(content, folder / f"{group}.safetensors", {"format": "pt"})
    for name, content in diffusers_layout.describe(config).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content))
    tiny_tokenizer().save_pretrained(folder / "processor")
    write_tiny_vae(folder / "vae")
    return folder


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    """Byte-level, one token a byte, with Qwen's special tokens behind the bytes."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(
        models.BPE(vocab={letter: index for index, letter in enumerate(alphabet)}, merges=[])
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer)
