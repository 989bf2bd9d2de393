"""The release's own names: what its config.json and its files say about the models, in diffusers' terms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sparkle.backends.diffusion.fun_control.stored_tensors import CheckpointError

Shapes = Mapping[str, tuple[int, ...]]

TEXT_ENCODER_NAMES: tuple[tuple[str, str], ...] = (
    (r"^token_embedding\.weight$", "shared.weight"),
    (r"^blocks\.(\d+)\.norm1\.weight$", r"encoder.block.\1.layer.0.layer_norm.weight"),
    (r"^blocks\.(\d+)\.attn\.([qkvo])\.weight$", r"encoder.block.\1.layer.0.SelfAttention.\2.weight"),
    (
        r"^blocks\.(\d+)\.pos_embedding\.embedding\.weight$",
        r"encoder.block.\1.layer.0.SelfAttention.relative_attention_bias.weight",
    ),
    (r"^blocks\.(\d+)\.norm2\.weight$", r"encoder.block.\1.layer.1.layer_norm.weight"),
    (r"^blocks\.(\d+)\.ffn\.gate\.0\.weight$", r"encoder.block.\1.layer.1.DenseReluDense.wi_0.weight"),
    (r"^blocks\.(\d+)\.ffn\.fc1\.weight$", r"encoder.block.\1.layer.1.DenseReluDense.wi_1.weight"),
    (r"^blocks\.(\d+)\.ffn\.fc2\.weight$", r"encoder.block.\1.layer.1.DenseReluDense.wo.weight"),
    (r"^norm\.weight$", "encoder.final_layer_norm.weight"),
)


def text_encoder_name(name: str) -> str:
    """Return the name that transformers' UMT5EncoderModel has for a tensor; unknown names stay as they are."""
    for pattern, replacement in TEXT_ENCODER_NAMES:
        renamed, count = re.subn(pattern, replacement, name)
        if count:
            return renamed
    return name


def transformer_config(official: Mapping[str, Any], file: Path) -> dict[str, Any]:
    """Return the transformer's arguments of an official config.json. Raises CheckpointError for missing fields."""

    def positive(name: str, alias: str | None = None, default: int | None = None) -> int:
        value = official.get(name, official.get(alias, default) if alias else default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= 1_000_000:
            raise CheckpointError(
                f"{file}: '{name}' must be a positive number, got {value!r}; fetch it again"
            )
        return value

    heads = positive("num_heads")
    width = positive("dim", "hidden_size")
    if width % heads:
        raise CheckpointError(f"{file}: dim {width} is no multiple of num_heads {heads}; fetch it again")
    has_reference = bool(official.get("add_ref_conv", False))
    return {
        "patch_size": tuple(official.get("patch_size", (1, 2, 2))),
        "num_attention_heads": heads,
        "attention_head_dim": width // heads,
        "in_channels": positive("in_dim", "in_channels"),
        "out_channels": positive("out_dim", default=16),
        "text_dim": positive("text_dim", default=4096),
        "freq_dim": positive("freq_dim", default=256),
        "ffn_dim": positive("ffn_dim"),
        "num_layers": positive("num_layers"),
        "cross_attn_norm": bool(official.get("cross_attn_norm", True)),
        "eps": float(official.get("eps", 1e-6)),
        "reference_channels": positive("in_dim_ref_conv", default=16) if has_reference else None,
    }


def vae_config(shapes: Shapes, file: Path) -> dict[str, Any]:
    """Return the arguments of AutoencoderKLWan that a file of the Wan 2.1 VAE was made with."""
    return {
        "base_dim": _shape(shapes, "encoder.conv1.weight", file)[0],
        "z_dim": _shape(shapes, "conv2.weight", file)[0],
    }


def text_encoder_config(shapes: Shapes, file: Path) -> dict[str, Any]:
    """Return the fields of UMT5Config that a text encoder file was made with."""
    vocabulary, width = _shape(shapes, "token_embedding.weight", file)
    buckets, heads = _shape(shapes, "blocks.0.pos_embedding.embedding.weight", file)
    layers = {name.split(".")[1] for name in shapes if name.startswith("blocks.")}
    return {
        "vocab_size": vocabulary,
        "d_model": width,
        "d_kv": _shape(shapes, "blocks.0.attn.q.weight", file)[0] // heads,
        "d_ff": _shape(shapes, "blocks.0.ffn.fc1.weight", file)[0],
        "num_layers": len(layers),
        "num_heads": heads,
        "relative_attention_num_buckets": buckets,
        "relative_attention_max_distance": 128,
        "feed_forward_proj": "gated-gelu",
        "is_encoder_decoder": False,
    }


def _shape(shapes: Shapes, name: str, file: Path) -> tuple[int, ...]:
    if name not in shapes:
        raise CheckpointError(f"{file}: has no '{name}'; fetch it again, or give a checkpoint of this model")
    return shapes[name]
