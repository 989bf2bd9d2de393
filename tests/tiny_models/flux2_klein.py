"""A tiny random FLUX.2-klein checkpoint in diffusers' layout."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import AutoencoderKLFlux2, FlowMatchEulerDiscreteScheduler, Flux2Transformer2DModel
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import Qwen2TokenizerFast, Qwen3Config, Qwen3ForCausalLM

TEXT_WIDTH = 16
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


# Arguments of the transformer, the text encoder and the autoencoder. The text encoder has its many layers, because
# what it says after layers 9, 18 and 27 is read.
TINY_PARTS = (
    {
        "patch_size": 1,
        "in_channels": 16,
        "num_layers": 1,
        "num_single_layers": 1,
        "attention_head_dim": 16,
        "num_attention_heads": 2,
        "joint_attention_dim": 3 * TEXT_WIDTH,
        "timestep_guidance_channels": 16,
        "axes_dims_rope": (4, 4, 4, 4),
        "guidance_embeds": False,
    },
    {
        "vocab_size": 264,
        "hidden_size": TEXT_WIDTH,
        "intermediate_size": 16,
        "num_hidden_layers": 28,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 8,
        "max_position_embeddings": 512,
    },
    {
        "block_out_channels": (8, 8, 8, 8),
        "down_block_types": ("DownEncoderBlock2D",) * 4,
        "up_block_types": ("UpDecoderBlock2D",) * 4,
        "layers_per_block": 1,
        "latent_channels": 4,
        "norm_num_groups": 4,
    },
)


def save_flux2_klein(folder: Path) -> Path:
    """Write all components of the release, small."""
    torch.manual_seed(0)
    byte_tokenizer().save_pretrained(folder / "tokenizer")
    transformer, text_encoder, vae = TINY_PARTS
    parts = {
        "text_encoder": Qwen3ForCausalLM(Qwen3Config(**text_encoder)),
        "transformer": Flux2Transformer2DModel(**transformer),
        "vae": AutoencoderKLFlux2(**vae),
        "scheduler": FlowMatchEulerDiscreteScheduler(
            use_dynamic_shifting=True, base_shift=0.5, max_shift=1.15
        ),
    }
    index = {
        "_class_name": "Flux2KleinPipeline",
        "_diffusers_version": "0.37.0",
        "is_distilled": True,
        "tokenizer": ["transformers", "Qwen2TokenizerFast"],
    }
    _make_it_listen(parts["transformer"], parts["vae"])
    for name, part in parts.items():
        part.save_pretrained(folder / name)
        library = "transformers" if name == "text_encoder" else "diffusers"
        index[name] = [library, type(part).__name__]
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder


def _make_it_listen(transformer: torch.nn.Module, vae: torch.nn.Module) -> None:
    """Scale the random weights so that pictures and words change the result by much more than rounding does."""
    vae.bn.running_var.fill_(0.01)
    with torch.no_grad():
        for weight in transformer.parameters():
            if weight.ndim == 2:
                weight.mul_(3.0)


def byte_tokenizer() -> Qwen2TokenizerFast:
    """Return a tokenizer in which every byte is a token."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: i for i, letter in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    return Qwen2TokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",  # noqa: S106
        pad_token="<|endoftext|>",  # noqa: S106
        unk_token="<|endoftext|>",  # noqa: S106
        chat_template=CHAT_TEMPLATE,
    )
