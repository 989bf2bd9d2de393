"""What every tensor of a Kiwi checkpoint is called: in the official file, in the diffusers release, in our folders.

The official name is the common one. Each layout says in which group (a folder and the stem of its files) a tensor
lies and how it is called there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from sparkle.kiwi.config import KiwiConfig

Layout = Literal["official", "diffusers", "sparkle"]
Shape = tuple[int, ...]


class Place(NamedTuple):
    """Where a tensor is stored: `group` is "folder/stem" ("" for the official file), `name` its name in there."""

    group: str
    name: str


TRANSFORMER_GROUP = "transformer/diffusion_pytorch_model"
ENCODER_GROUP = "encoder/model"
QWEN_GROUP = "mllm_encoder/model"
LORA_GROUP = "lora/adapter_model"
QUERIES_GROUP = "mllm_encoder/diffusion_pytorch_model"
SOURCE_GROUP = "source_embedder/diffusion_pytorch_model"
REFERENCE_GROUP = "ref_embedder/diffusion_pytorch_model"

GROUPS: dict[Layout, tuple[str, ...]] = {
    "official": ("",),
    "diffusers": (TRANSFORMER_GROUP, QUERIES_GROUP, QWEN_GROUP, LORA_GROUP, SOURCE_GROUP, REFERENCE_GROUP),
    "sparkle": (TRANSFORMER_GROUP, ENCODER_GROUP),
}

# diffusers' module names of WanTransformer3DModel, and the official ones.
_TRANSFORMER = {
    "patch_embedding": "patch_embedding",
    "condition_embedder.text_embedder.linear_1": "text_embedding.0",
    "condition_embedder.text_embedder.linear_2": "text_embedding.2",
    "condition_embedder.time_embedder.linear_1": "time_embedding.0",
    "condition_embedder.time_embedder.linear_2": "time_embedding.2",
    "condition_embedder.time_proj": "time_projection.1",
    "proj_out": "head.head",
}
_BLOCK = {
    "attn1.to_q": "self_attn.q",
    "attn1.to_k": "self_attn.k",
    "attn1.to_v": "self_attn.v",
    "attn1.to_out.0": "self_attn.o",
    "attn1.norm_q": "self_attn.norm_q",
    "attn1.norm_k": "self_attn.norm_k",
    "attn2.to_q": "cross_attn.q",
    "attn2.to_k": "cross_attn.k",
    "attn2.to_v": "cross_attn.v",
    "attn2.to_out.0": "cross_attn.o",
    "attn2.norm_q": "cross_attn.norm_q",
    "attn2.norm_k": "cross_attn.norm_k",
    "norm2": "norm3",
    "ffn.net.0.proj": "ffn.0",
    "ffn.net.2": "ffn.2",
}
_QUERIES = {
    "image_queries": "mllm.image_queries.q",
    "video_queries": "mllm.video_queries.q",
    "reference_queries": "mllm.ref_queries.q",
}
_CONNECTORS = {"connector.": "mllm.connetor.", "reference_connector.": "mllm.ref_connector."}

_BLOCK_NAME = re.compile(r"blocks\.(\d+)\.(.+)")
_LORA = re.compile(r"\.lora_[AB]\.")


def official_transformer_name(name: str) -> str:
    """Return the official name of one of KiwiTransformer's tensors."""
    if name.startswith("source_embedding."):
        return name.replace("source_embedding.", "vae_condition.patch_embedding.")
    if name.startswith("reference_embedding."):
        return name.replace("reference_embedding.", "ref_vae_condition.patch_embedding.")
    if name == "scale_shift_table":
        return "dit.head.modulation"
    block = _BLOCK_NAME.fullmatch(name)
    if block is None:
        module, _, kind = name.rpartition(".")
        return f"dit.{_TRANSFORMER[module]}.{kind}"
    if block[2] == "scale_shift_table":
        return f"dit.blocks.{block[1]}.modulation"
    module, _, kind = block[2].rpartition(".")
    return f"dit.blocks.{block[1]}.{_BLOCK[module]}.{kind}"


def official_encoder_name(name: str) -> str:
    """Return the official name of one of KiwiEncoder's tensors, with or without LoRA around it."""
    if name in _QUERIES:
        return _QUERIES[name]
    for ours, official in _CONNECTORS.items():
        if name.startswith(ours):
            return name.replace(ours, official, 1)
    return "mllm.model.model." + name.removeprefix("qwen.").replace(".base_layer.", ".")


def is_lora(official: str) -> bool:
    """Tell whether an official name is a LoRA matrix's."""
    return _LORA.search(official) is not None


def checkpoint_tensors(config: KiwiConfig) -> dict[str, Shape]:
    """Return the official names and shapes of all tensors of a checkpoint."""
    return {name: shape for name, _, shape in _tensors(config)}


def places(config: KiwiConfig, layout: Layout) -> dict[str, Place]:
    """Return where `layout` keeps each tensor, by official name."""
    if layout == "official":
        return {name: Place("", name) for name, _, _ in _tensors(config)}
    if layout == "sparkle":
        return {name: place for name, place, _ in _tensors(config)}
    return {name: _diffusers_place(name, place) for name, place, _ in _tensors(config)}


def _tensors(config: KiwiConfig) -> Iterator[tuple[str, Place, Shape]]:
    """Yield official name, our place and shape of every tensor, from the models themselves."""
    transformer, encoder = config.empty_models()
    for name, weight in transformer.named_parameters():
        yield official_transformer_name(name), Place(TRANSFORMER_GROUP, name), tuple(weight.shape)
    for name, weight in encoder.named_parameters():
        official = official_encoder_name(name)
        if config.whole_qwen or not _is_qwen(official):
            yield official, Place(ENCODER_GROUP, name.replace(".base_layer.", ".")), tuple(weight.shape)


def _diffusers_place(official: str, ours: Place) -> Place:
    if official.startswith("dit."):
        return ours
    if official.startswith("vae_condition."):
        return Place(SOURCE_GROUP, official.removeprefix("vae_condition."))
    if official.startswith("ref_vae_condition."):
        return Place(REFERENCE_GROUP, official.removeprefix("ref_vae_condition."))
    if is_lora(official):
        return Place(
            LORA_GROUP, "base_model.model." + official.removeprefix("mllm.model.").replace(".default.", ".")
        )
    if _is_qwen(official):
        return Place(QWEN_GROUP, official.removeprefix("mllm.model."))
    return Place(QUERIES_GROUP, ours.name.replace("reference_", "ref_"))


def _is_qwen(official: str) -> bool:
    return official.startswith("mllm.model.") and not is_lora(official)
