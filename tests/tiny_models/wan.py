"""Tiny random Wan checkpoints in diffusers' layout: image to video (two experts, or TI2V-5B's kind) and VACE."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKLWan,
    FlowMatchEulerDiscreteScheduler,
    WanTransformer3DModel,
    WanVACETransformer3DModel,
)
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import T5TokenizerFast, UMT5Config, UMT5EncoderModel

TEXT_WIDTH = 16
SMALL_TRANSFORMER = {
    "num_attention_heads": 2,
    "attention_head_dim": 12,
    "text_dim": TEXT_WIDTH,
    "freq_dim": 16,
    "ffn_dim": 32,
    "num_layers": 2,
    "rope_max_seq_len": 32,
}


def save_wan_i2v(folder: Path) -> Path:
    """Wan2.2-I2V-A14B's kind: 36 input channels, two experts, boundary 0.9."""
    torch.manual_seed(0)
    experts = [WanTransformer3DModel(in_channels=36, out_channels=16, **SMALL_TRANSFORMER) for _ in range(2)]
    _save(folder, "WanImageToVideoPipeline", _vae(), experts, {"boundary_ratio": 0.9})
    return folder


def save_wan_ti2v(folder: Path) -> Path:
    """Wan2.2-TI2V-5B's kind: 48 latent channels, 16 times smaller sides, one time step per token."""
    torch.manual_seed(0)
    vae = AutoencoderKLWan(
        base_dim=4,
        decoder_base_dim=4,
        z_dim=48,
        dim_mult=[1, 1, 1, 1],
        num_res_blocks=1,
        temperal_downsample=[False, True, True],
        in_channels=12,
        out_channels=12,
        is_residual=True,
        patch_size=2,
        latents_mean=[0.0] * 48,
        latents_std=[1.0] * 48,
        scale_factor_spatial=16,
        scale_factor_temporal=4,
    )
    expert = WanTransformer3DModel(in_channels=48, out_channels=48, **SMALL_TRANSFORMER)
    # The published repository names the text-to-video class.
    _save(folder, "WanPipeline", vae, [expert], {"boundary_ratio": None, "expand_timesteps": True})
    return folder


def save_wan_vace(folder: Path) -> Path:
    """Wan2.1-VACE's kind."""
    torch.manual_seed(0)
    transformer = WanVACETransformer3DModel(
        in_channels=16, out_channels=16, vace_layers=[0, 1], vace_in_channels=96, **SMALL_TRANSFORMER
    )
    _save(folder, "WanVACEPipeline", _vae(), [transformer], {"boundary_ratio": None})
    return folder


def save_text_encoder(folder: Path) -> None:
    """Write `tokenizer/` and `text_encoder/` as the Wan repositories have them: UMT5, embedding stored once."""
    words = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    words += [(chr(letter), -3.0) for letter in range(ord("a"), ord("z") + 1)]
    tokenizer = Tokenizer(models.Unigram(words, unk_id=2))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    special = {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    fast = T5TokenizerFast(tokenizer_object=tokenizer, extra_ids=0, **special)
    fast.save_pretrained(folder / "tokenizer")
    config = UMT5Config(
        vocab_size=len(words),
        d_model=TEXT_WIDTH,
        d_kv=8,
        d_ff=16,
        num_layers=2,
        num_heads=2,
        relative_attention_num_buckets=8,
        tie_word_embeddings=False,
    )
    UMT5EncoderModel(config).save_pretrained(folder / "text_encoder")


def save_official_lora(file: Path, rank: int = 4, alpha: float = 0.5, width: int = 24, seed: int = 1) -> Path:
    """Write a LoRA of every block linear in the official key format, as the LightX2V pair has it."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {}
    for block in range(SMALL_TRANSFORMER["num_layers"]):
        sides = {
            f"{attention}_attn.{name}": (width, width) for attention in ("self", "cross") for name in "qkvo"
        }
        sides |= {"ffn.0": (32, width), "ffn.2": (width, 32)}
        for name, (out, into) in sides.items():
            key = f"diffusion_model.blocks.{block}.{name}"
            tensors[f"{key}.lora_down.weight"] = torch.randn(rank, into, generator=generator)
            tensors[f"{key}.lora_up.weight"] = torch.randn(out, rank, generator=generator)
            tensors[f"{key}.alpha"] = torch.tensor(alpha)
    save_file(tensors, file)
    return file


def _vae() -> AutoencoderKLWan:
    vae = AutoencoderKLWan(
        base_dim=4,
        z_dim=16,
        dim_mult=[1, 1, 1, 1],
        num_res_blocks=1,
        temperal_downsample=[False, True, True],
    )
    with torch.no_grad():
        vae.quant_conv.weight.mul_(50.0)  # else random weights hardly see what they encode
    return vae


def _save(folder: Path, pipeline: str, vae: object, transformers: list, config: dict[str, object]) -> None:
    names = ("transformer", "transformer_2")
    index: dict[str, object] = {"_class_name": pipeline, "_diffusers_version": "0.35.0", **config}
    for name, transformer in zip(names, [*transformers, None], strict=False):
        index[name] = ["diffusers", type(transformer).__name__] if transformer else [None, None]
        if transformer:
            transformer.save_pretrained(folder / name)
    vae.save_pretrained(folder / "vae")
    FlowMatchEulerDiscreteScheduler(shift=3.0).save_pretrained(folder / "scheduler")
    save_text_encoder(folder)
    index |= {
        "vae": ["diffusers", "AutoencoderKLWan"],
        "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
        "tokenizer": ["transformers", "T5TokenizerFast"],
        "text_encoder": ["transformers", "UMT5EncoderModel"],
    }
    if pipeline == "WanImageToVideoPipeline":
        index |= {"image_encoder": [None, None], "image_processor": [None, None]}
    (folder / "model_index.json").write_text(json.dumps(index))
