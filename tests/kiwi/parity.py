"""The official code's vectors, and our models filled with its tiny weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLModel

from sparkle.kiwi.encoder import KiwiEncoder
from sparkle.kiwi.names import official_encoder_name, official_transformer_name
from sparkle.kiwi.transformer import KiwiTransformer

FIXTURES = Path(__file__).parent.parent / "fixtures" / "kiwi"
TOLERANCE = 1e-4  # relative, float32


def tensors(name: str) -> dict[str, Tensor]:
    return load_file(FIXTURES / f"{name}.safetensors")


def facts(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text())


def relative_error(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).abs().max() / expected.abs().max())


def tiny_transformer(reference_first: bool = False) -> KiwiTransformer:
    model = KiwiTransformer(
        num_attention_heads=4,
        attention_head_dim=32,
        text_dim=64,
        ffn_dim=320,
        num_layers=2,
        reference=True,
        reference_first=reference_first,
    )
    official = tensors("transformer")
    names = {name: official_transformer_name(name) for name, _ in model.named_parameters()}
    assert sorted(names.values()) == sorted(official)
    model.load_state_dict({name: official[theirs] for name, theirs in names.items()})
    return model.eval()


def tiny_encoder() -> KiwiEncoder:
    config = {name: value for name, value in facts("encoder_cases")["config"].items() if _is_qwens(name)}
    encoder = KiwiEncoder(Qwen2_5_VLModel(Qwen2_5_VLConfig(**config)), 128, 4, 6, 8)
    official = tensors("encoder")
    table = torch.zeros(151936, 64)
    table[official["mllm.embed_tokens.ids"]] = official["mllm.embed_tokens.rows"]
    official["mllm.model.model.language_model.embed_tokens.weight"] = table
    names = {name: official_encoder_name(name) for name, _ in encoder.named_parameters()}
    encoder.load_state_dict({name: official[theirs] for name, theirs in names.items()})
    return encoder.eval()


def _is_qwens(name: str) -> bool:
    return name.endswith(("vision_config", "text_config", "token_id", "tie_word_embeddings"))
