"""VEFX-Reward in its published layout, with tiny random weights: no Hub, seconds on a CPU."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen3VLConfig, Qwen3VLForConditionalGeneration

CHAT = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
REWARDS = tuple(f"<|{name}_reward|>" for name in ("VQ", "MQ", "TA", "IF", "RQ", "EE"))
HIDDEN = 32
PROMPT = "Edit: {text_prompt}\nfirst <|IF_reward|>\nsecond <|RQ_reward|>\nthird <|EE_reward|>\n"


def write_tiny_vefx(folder: Path, tokens: tuple[str, ...] = REWARDS) -> Path:
    """Write a checkpoint as `save_pretrained` leaves one; `tokens`: the reward tokens that its tokenizer knows."""
    tokenizer = _tokenizer((*CHAT, *tokens))
    ids = dict(zip(CHAT, tokenizer.convert_tokens_to_ids(list(CHAT)), strict=True))
    config = Qwen3VLConfig(
        text_config={
            "vocab_size": 288,
            "hidden_size": HIDDEN,
            "intermediate_size": 48,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 8,
            "rope_parameters": {"rope_type": "default", "rope_theta": 5e6, "mrope_section": [2, 1, 1]},
        },
        vision_config={
            "depth": 3,
            "hidden_size": HIDDEN,
            "intermediate_size": 48,
            "num_heads": 4,
            "patch_size": 16,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "out_hidden_size": HIDDEN,
            "num_position_embeddings": 64,
            "deepstack_visual_indexes": [0, 1],
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
    )
    torch.manual_seed(3)
    Qwen3VLForConditionalGeneration(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    weights = load_file(folder / "model.safetensors")
    weights["rm_head.weight"] = torch.randn(3, HIDDEN) * 0.3
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    write_json(
        folder / "vefx_config.json",
        num_classes=4,
        output_dim=3,
        use_ordinal=True,
        reward_token="special",  # noqa: S106 - names of tokens
    )
    write_json(
        folder / "video_preprocessor_config.json",
        size={"shortest_edge": 4096, "longest_edge": 25165824},
        patch_size=16,
        temporal_patch_size=2,
        merge_size=2,
        image_mean=[0.5] * 3,
        image_std=[0.5] * 3,
    )
    return folder


def write_json(file: Path, **values: object) -> None:
    """Write an object, over what the file holds."""
    before = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps(before | values))


def _tokenizer(special: tuple[str, ...]) -> PreTrainedTokenizerFast:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(
        models.BPE(vocab={letter: place for place, letter in enumerate(letters)}, merges=[])
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",  # noqa: S106 - names of tokens
        pad_token="<|endoftext|>",  # noqa: S106 - names of tokens
    )
