"""The training loss of Kiwi-Edit."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sparkle.kiwi.schedule import TrainingTable
from sparkle.kiwi.transformer import KiwiTransformer


@dataclass(frozen=True, slots=True)
class LossTerms:
    """Each (B,) but `total`. The `total` that is optimised is the mean over the batch of weight * error."""

    total: Tensor
    error: Tensor
    weight: Tensor
    timestep: Tensor


def training_loss(
    transformer: KiwiTransformer,
    table: TrainingTable,
    clean: Tensor,
    noise: Tensor,
    timestep: Tensor,
    context: Tensor,
    source: Tensor | None = None,
    reference: Tensor | None = None,
) -> LossTerms:
    """Return the weighted squared error of the predicted flow.

    clean, noise: (B, C, F, H, W), of one dtype; clean are the target's latents. timestep: (B,), of `table.draw`.
    context: (B, N, D). source: latents shaped as `clean`. reference: (B, C, 1, H, W). The error is a mean in float32.
    """
    sigma, weight = table.look_up(timestep)
    level = sigma.view(-1, 1, 1, 1, 1)
    noisy = ((1 - level) * clean.float() + level * noise.float()).to(clean.dtype)
    flow = transformer(noisy, timestep, context, source=source, sigma=sigma, reference=reference)
    difference = flow.float() - (noise - clean).float()
    error = torch.mean(difference**2, dim=(1, 2, 3, 4))
    return LossTerms((error * weight).mean(), error.detach(), weight, timestep)
