"""Attention within the windows of Qwen2.5-VL's vision tower, all windows of one length at once.

transformers computes them one after the other: for a clip at 720p 144 windows in each of 28 layers, thousands of
launches on a GPU for a tenth of a second of arithmetic. The results are the same but for rounding.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, Qwen2_5_VLModel

# What has "flash" in its name is given all windows, and where they begin.
NAME = "flash_by_length"


def attend_by_length(
    module: Any, query: Tensor, key: Tensor, value: Tensor, *_: Any, cu_seq_lens_q: Tensor, **options: Any
) -> tuple[Tensor, None]:
    """Return (1, L, heads, head size) of query, key and value (1, heads, L, head size), as transformers wants it.

    cu_seq_lens_q: int (windows + 1,), where the windows begin along L, and L.
    """
    lengths = cu_seq_lens_q.diff()
    places, attended = [], []
    for length in lengths.unique().tolist():
        begin = cu_seq_lens_q[:-1][lengths == length]
        place = (begin[:, None] + torch.arange(length, device=begin.device)).flatten()
        query_of, key_of, value_of = (
            whole[0, :, place].unflatten(1, (-1, length)).transpose(0, 1) for whole in (query, key, value)
        )
        found = scaled_dot_product_attention(query_of, key_of, value_of, scale=options["scaling"])
        places.append(place)
        attended.append(found.transpose(1, 2).flatten(0, 1))
    sorted_by_length = torch.cat(attended)
    return torch.empty_like(sorted_by_length).index_copy(0, torch.cat(places), sorted_by_length)[None], None


def attend_all_windows_at_once(qwen: Qwen2_5_VLModel) -> None:
    """Let this model's vision tower compute its attention with `attend_by_length` from now on."""
    AttentionInterface.register(NAME, attend_by_length)
    # The tower's own copy: the configuration it came with may be used for another model, and says nothing of this.
    config = copy.copy(qwen.visual.config)
    config._attn_implementation = NAME
    qwen.visual.config = config
    for block in qwen.visual.blocks:
        block.attn.config = config
