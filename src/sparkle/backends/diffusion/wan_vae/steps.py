"""What lies between convolutions of Wan's VAEs: norm, activation, sum and residual, each as plain torch has it.

Tensors are (B, T, C, H, W). `kernels` has the same as one kernel each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import silu


def norm_activate(values: Tensor, gamma: Tensor) -> Tensor:
    """Divide by the root mean square over channels, scale by `gamma` (C,), and apply SiLU; computed in float32."""
    return silu(normed(values, gamma)).to(values.dtype)


def join(taps: Tensor, earlier: Tensor, bias: Tensor) -> Tensor:
    """Add the taps (B, T, 3, C, H, W) of a causal convolution; `earlier` (B, 3, C, H, W): see `later`."""
    frames = taps.shape[1]
    first = torch.cat([earlier[:, :2], taps[:, :, 0]], dim=1)[:, :frames]
    middle = torch.cat([earlier[:, 2:], taps[:, :, 1]], dim=1)[:, :frames]
    return taps[:, :, 2] + middle + first + bias.view(-1, 1, 1)


def join_norm_activate(taps: Tensor, earlier: Tensor, bias: Tensor, gamma: Tensor) -> Tensor:
    """`join`, then `norm_activate`."""
    return norm_activate(join(taps, earlier, bias), gamma)


def join_add(taps: Tensor, earlier: Tensor, bias: Tensor, residual: Tensor) -> Tensor:
    """`join`, and add the residual."""
    return join(taps, earlier, bias) + residual


@dataclass(frozen=True, slots=True)
class Steps:
    """What lies between convolutions."""

    norm_activate: Callable[..., Tensor]
    join: Callable[..., Tensor]
    join_norm_activate: Callable[..., Tensor]
    join_add: Callable[..., Tensor]


TORCH_STEPS = Steps(norm_activate, join, join_norm_activate, join_add)


def normed(values: Tensor, gamma: Tensor) -> Tensor:
    """Normalise over channels as WanRMS_norm does; float32 or wider."""
    wide = values.float() if values.dtype in (torch.float16, torch.bfloat16) else values
    length = wide.square().sum(dim=2, keepdim=True).sqrt().clamp(min=1e-12)
    return wide / length * (values.shape[2] ** 0.5 * gamma.to(wide.dtype).view(-1, 1, 1))
