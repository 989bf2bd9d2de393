"""Activations that are computed again in the backward pass, instead of being kept: all of a block's but attention's.

Attention is two fifths of a block's arithmetic at 720p, and its output a twentieth of a block's activations: keeping
that one saves most of what computing again costs. Blocks are changed inside, so that they may still be compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint, create_selective_checkpoint_contexts

# How torch computes attention on CPUs and NVIDIA's GPUs; on others it is computed again.
KEPT = (
    torch.ops.aten._scaled_dot_product_cudnn_attention.default,
    torch.ops.aten._scaled_dot_product_flash_attention.default,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu.default,
    torch.ops.aten._scaled_dot_product_efficient_attention.default,
)


def recompute_all_but_attention(blocks: Iterable[nn.Module]) -> None:
    """Let every block keep its inputs and its attention's output only, from its next forward pass on.

    A deep copy of such a block would still compute with the original's weights: copy before.
    """
    for block in blocks:
        block.forward = _recomputed(block.forward)


def _recomputed(forward: Callable[..., Any]) -> Callable[..., Any]:
    kept = partial(create_selective_checkpoint_contexts, list(KEPT))

    # A function of its own, not a partial: torch.compile does not look into its own checkpointing otherwise.
    def recomputed(*arguments: Any) -> Any:
        return checkpoint(forward, *arguments, use_reentrant=False, context_fn=kept)

    return recomputed
