"""Attention that is learnt through, by FlashAttention 4: two operators of torch, which its compiler takes as they are.

Queries, keys and values are (B, N, heads, head size), of any float; the kernel gets bfloat16. No mask.
"""

from __future__ import annotations

import importlib
from functools import cache
from types import ModuleType
from typing import Any

import torch

from sparkle.backends.attention_kernels import Attend, check_installed, sdpa
from sparkle.core.errors import SetupError

TOKENS, ERROR = 333, 0.02  # of the check: no multiple of a tile; bf16 alone makes 0.006 in a gradient
NAMESPACE = "sparkle_learning"


def attention_with_gradient(heads: int, head_size: int, device: Any) -> Attend:
    """Return attention with a gradient by FlashAttention 4, held against torch's own on this device at a model's shape.

    Raises SetupError where it is not installed, does not run here, or where result or gradients are others.
    """
    check_installed("fa4")
    attend = _made(importlib.import_module("flash_attn.cute"))
    try:
        error = gradient_difference(attend, heads, head_size, device)
    except (RuntimeError, ValueError, TypeError, NotImplementedError, AssertionError) as failure:
        said = " ".join(str(failure).split()) or type(failure).__name__
        raise SetupError(
            f"attention: fa4: flash_attn.cute does not learn here at {heads} heads of {head_size} ({said}); install a "
            "build of it for this GPU and this torch, or set attention: sdpa"
        ) from failure
    if not error <= ERROR:  # NaN, too
        raise SetupError(
            f"attention: fa4: flash_attn.cute's gradients are off by {error:.3g} here, at most {ERROR:g} is right; "
            "install another build of it, or set attention: sdpa"
        )
    return attend


def gradient_difference(attend: Attend, heads: int, head_size: int, device: Any) -> float:
    """Return the largest ||found - exact|| / ||exact|| of a result and its three gradients, on random inputs."""
    generator = torch.Generator("cpu").manual_seed(0)
    drawn = [torch.randn(1, TOKENS, heads, head_size, generator=generator) for _ in range(4)]
    *inputs, upward = (each.to(device, torch.bfloat16) for each in drawn)

    def results(run: Attend, dtype: Any) -> list[Any]:
        with torch.enable_grad():
            given = [each.detach().to(dtype).requires_grad_() for each in inputs]
            out = run(*given)
            return [out.detach(), *torch.autograd.grad(out, given, upward.to(out.dtype))]

    pairs = zip(results(attend, torch.bfloat16), results(sdpa, torch.float32), strict=True)
    return max(float((found.float() - exact).norm() / exact.norm()) for found, exact in pairs)


@cache
def _made(module: ModuleType) -> Attend:
    """One pair of operators for all models."""
    backward_of = importlib.import_module(f"{module.__name__}.interface")._flash_attn_bwd
    forward = torch.library.custom_op(
        f"{NAMESPACE}::forward",
        lambda query, key, value: module.flash_attn_func(query, key, value, return_lse=True)[:2],
        mutates_args=(),
        schema="(Tensor query, Tensor key, Tensor value) -> (Tensor, Tensor)",
    )
    backward = torch.library.custom_op(
        f"{NAMESPACE}::backward",
        lambda up, query, key, value, out, normaliser: tuple(
            backward_of(query, key, value, out, up.contiguous(), normaliser)[:3]
        ),
        mutates_args=(),
        schema="(Tensor up, Tensor query, Tensor key, Tensor value, Tensor out, Tensor normaliser) "
        "-> (Tensor, Tensor, Tensor)",
    )

    def shapes(query: Any, key: Any, value: Any) -> Any:
        batch, tokens, heads, _ = query.shape
        return torch.empty_like(query), query.new_empty((batch, heads, tokens), dtype=torch.float32)

    def keep(ctx: Any, inputs: Any, output: Any) -> None:  # torch calls it by these names
        ctx.save_for_backward(*inputs, *output)
        ctx.set_materialize_grads(False)

    def differentiate(context: Any, up: Any, _: Any) -> Any:
        return backward(up, *context.saved_tensors)

    forward.register_fake(shapes)
    backward.register_fake(
        lambda up, query, key, value, out, normaliser: tuple(map(torch.empty_like, (query, key, value)))
    )
    forward.register_autograd(differentiate, setup_context=keep)

    def attend(query: Any, key: Any, value: Any) -> Any:
        return forward(*(each.to(torch.bfloat16).contiguous() for each in (query, key, value)))[0]

    return attend
