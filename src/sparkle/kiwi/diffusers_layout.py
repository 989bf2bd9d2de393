"""The folder that Kiwi-Edit's authors release for diffusers: what its JSON files say, and how to write them.

Their pipeline class is Python code inside the folder; it is not needed here, and never copied or executed.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from sparkle.config.settings import parse_settings
from sparkle.core.errors import SetupError
from sparkle.core.parsing import parse_json
from sparkle.kiwi.config import QWEN_CONFIG, KiwiConfig
from sparkle.kiwi.names import LORA_GROUP, QWEN_GROUP, REFERENCE_GROUP
from sparkle.store import read_text

_SIZES = (
    "num_attention_heads",
    "attention_head_dim",
    "in_channels",
    "text_dim",
    "freq_dim",
    "ffn_dim",
    "num_layers",
)
_QUERIES = {
    "num_image_queries": "image_queries",
    "num_video_queries": "video_queries",
    "num_ref_queries": "reference_queries",
}
_NO_LORA = "without_lora"


def read_config(path: Path, groups: Set[str]) -> KiwiConfig:
    """Return what the folder is a checkpoint of; `groups` are the groups of tensors found in it.

    Raises SetupError for JSON files that are missing or invalid.
    """
    transformer = read_json(path / "transformer" / "config.json")
    encoder = read_json(path / "mllm_encoder" / "config.json")
    reference = read_json(path / "ref_embedder" / "config.json") if REFERENCE_GROUP in groups else {}
    qwen_file = path / "processor" / "qwen_config.json"
    adapter = _read_adapter(path, encoder, groups)
    values: dict[str, Any] = {name: transformer[name] for name in _SIZES if name in transformer}
    values |= {ours: encoder[theirs] for theirs, ours in _QUERIES.items() if theirs in encoder}
    values |= {
        "reference": REFERENCE_GROUP in groups,
        "reference_first": reference.get("ref_pad_first", False),
        "lora_rank": adapter.get("r"),
        "lora_alpha": adapter.get("lora_alpha", KiwiConfig().lora_alpha),
        "whole_qwen": QWEN_GROUP in groups,
    }
    if "query_slice" in encoder:
        values["query_slice"] = encoder["query_slice"]
    if qwen_file.is_file():
        values["qwen"] = read_json(qwen_file)
    return parse_settings(KiwiConfig, values, str(path))


def _read_adapter(path: Path, encoder: Mapping[str, Any], groups: Set[str]) -> dict[str, Any]:
    """Return what lora/ says; empty for a folder that needs none.

    The authors' folders have the LoRA apart, or the language model that it was merged into; a model that never had
    any says so. One without either was never taught to see: its LoRA is lost.
    """
    file = path / "lora" / "adapter_config.json"
    if file.is_file() or LORA_GROUP in groups:
        return read_json(file)
    if QWEN_GROUP not in groups and encoder.get(_NO_LORA) is not True:
        raise SetupError(
            f"{path}: has neither lora/ nor a language model that it was merged into (mllm_encoder/model.safetensors); "
            "the checkpoint is incomplete, fetch it again"
        )
    return {}


def describe(config: KiwiConfig) -> dict[str, dict[str, Any]]:
    """Return the JSON files of the folder, by path."""
    patches = {"in_dim": config.in_channels, "dim": config.width, "patch_size": [1, 2, 2], "zero_init": True}
    files: dict[str, dict[str, Any]] = {
        "transformer/config.json": {
            "_class_name": "WanTransformer3DModel",
            "patch_size": [1, 2, 2],
            "in_channels": config.in_channels,
            "out_channels": config.in_channels,
            "num_attention_heads": config.num_attention_heads,
            "attention_head_dim": config.attention_head_dim,
            "text_dim": config.text_dim,
            "freq_dim": config.freq_dim,
            "ffn_dim": config.ffn_dim,
            "num_layers": config.num_layers,
            "cross_attn_norm": True,
            "qk_norm": "rms_norm_across_heads",
            "eps": 1e-6,
            "rope_max_seq_len": 1024,
        },
        "mllm_encoder/config.json": {
            "_class_name": "MLLMEncoder",
            "mllm_model_path": ".",
            "dit_dim": config.width,
            "hidden_size": config.qwen_config().text_config.hidden_size,
            "num_image_queries": config.image_queries,
            "num_video_queries": config.video_queries,
            "num_ref_queries": config.reference_queries,
            "max_object_token": 768,
            "max_frames": 16,
            "max_pixels_per_frame": 262144,
            "query_slice": config.query_slice,
            _NO_LORA: config.lora_rank is None,
        },
        "source_embedder/config.json": {"_class_name": "ConditionalEmbedder", **patches, "ref_pad_first": False},
        "ref_embedder/config.json": {
            "_class_name": "ConditionalEmbedder", **patches, "ref_pad_first": config.reference_first,
        },
        "scheduler/scheduler_config.json": {
            "_class_name": "FlowMatchEulerDiscreteScheduler", "num_train_timesteps": 1000, "shift": 5.0,
        },
    }  # fmt: skip
    if config.lora_rank is not None:
        files["lora/adapter_config.json"] = {
            "peft_type": "LORA",
            "r": config.lora_rank,
            "lora_alpha": config.lora_alpha,
            "lora_dropout": 0.0,
            "bias": "none",
            "target_modules": r".*language_model.*\.(q_proj|k_proj|v_proj|o_proj)",
        }
    if dict(config.qwen) != dict(QWEN_CONFIG):
        files["processor/qwen_config.json"] = dict(config.qwen)
    return files


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object. Raises SetupError that names the file, for a missing or an invalid one."""
    try:
        values = parse_json(read_text(path))
    except FileNotFoundError:
        raise SetupError(f"{path}: is missing; the checkpoint is incomplete, fetch it again") from None
    except (ValueError, UnicodeDecodeError, RecursionError) as error:
        raise SetupError(f"{path}: is no JSON ({error}); fetch the checkpoint again") from error
    if not isinstance(values, dict):
        raise SetupError(f"{path}: holds no JSON object; fetch the checkpoint again")
    return values
