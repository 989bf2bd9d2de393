"""Activations that are computed again in the backward pass, instead of being kept: all of a block's but attention's.

Attention is two fifths of a block's arithmetic at 720p, and its output a twentieth of a block's activations: keeping
that one saves most of what computing again costs. Next come matrix products whose result is no wider than what goes
in: at 720p they are seven tenths of what is left to compute again, and take 0.8 GB a layer of the published model (both
by count). Blocks are changed inside, so that they may still be compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import CheckpointPolicy, checkpoint, create_selective_checkpoint_contexts

from sparkle.backends.attention_gradient import NAMESPACE

# How torch computes attention on CPUs and NVIDIA's GPUs; on others it is computed again.
ATTENTION = (
    torch.ops.aten._scaled_dot_product_cudnn_attention.default,
    torch.ops.aten._scaled_dot_product_flash_attention.default,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu.default,
    torch.ops.aten._scaled_dot_product_efficient_attention.default,
)
# Linear layers as torch runs them, with and without a bias; the weight is the last argument.
PRODUCTS = (torch.ops.aten.addmm.default, torch.ops.aten.mm.default)


def recompute_all_but_attention(blocks: Iterable[nn.Module]) -> None:
    """Let every block keep its inputs and its attention's output only, from its next forward pass on.

    A deep copy of such a block would still compute with the original's weights: copy before.
    """
    for block in blocks:
        block.forward = _recomputed(block.forward, keep_attention)


def recompute_what_is_wide(blocks: Iterable[nn.Module]) -> None:
    """Let every block also keep the results of the matrix products that do not widen: all but the feed-forward's first.

    What is computed again is that one product, norms and activations. The same holds for copies.
    """
    for block in blocks:
        block.forward = _recomputed(block.forward, keep_what_is_narrow)


def keep_attention(_: Any, operator: Any, *arguments: Any, **options: Any) -> CheckpointPolicy:
    """Say whether an operator's result is kept: attention's."""
    kept = operator in ATTENTION or operator.namespace == NAMESPACE
    return CheckpointPolicy.MUST_SAVE if kept else CheckpointPolicy.PREFER_RECOMPUTE


def keep_what_is_narrow(context: Any, operator: Any, *arguments: Any, **options: Any) -> CheckpointPolicy:
    """Say whether an operator's result is kept: attention's, and a product's that is no wider than what goes in."""
    if operator in PRODUCTS:
        inner, outer = arguments[-1].shape
        return CheckpointPolicy.MUST_SAVE if outer <= inner else CheckpointPolicy.PREFER_RECOMPUTE
    return keep_attention(context, operator)


def _recomputed(forward: Callable[..., Any], policy: Callable[..., CheckpointPolicy]) -> Callable[..., Any]:
    kept = partial(create_selective_checkpoint_contexts, policy)

    # A function of its own, not a partial: torch.compile does not look into its own checkpointing otherwise.
    def recomputed(*arguments: Any) -> Any:
        return checkpoint(forward, *arguments, use_reentrant=False, context_fn=kept)

    return recomputed
