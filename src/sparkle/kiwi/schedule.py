"""Noise levels of Kiwi-Edit: what inference steps through, and what training draws from.

Flow matching, t = 1000 * sigma: x_t = (1 - sigma) * clean + sigma * noise, and the model predicts noise - clean.
All tables are float32 and equal the reference's to the last digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from torch import Tensor

SHIFT = 5.0
TRAINING_STEPS = 1000

Rounding = Literal["bfloat16", "none"]


def make_scheduler(shift: float = SHIFT) -> FlowMatchEulerDiscreteScheduler:
    """Return diffusers' Euler scheduler; give it `set_timesteps(sigmas=unshifted_sigmas(steps))`."""
    return FlowMatchEulerDiscreteScheduler(num_train_timesteps=TRAINING_STEPS, shift=shift)


def unshifted_sigmas(steps: int) -> list[float]:
    """Return `steps` evenly spaced noise levels from 1 down to 1 / steps; the scheduler shifts them itself."""
    return [float(sigma) for sigma in torch.linspace(1.0, 0.0, steps + 1)[:-1]]


def seen_by_the_model(
    scheduler: FlowMatchEulerDiscreteScheduler, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Return timesteps and noise levels, float32 (steps,), as the transformer is told them at every step.

    As in the reference the timestep is rounded to the latents' precision, and the noise level is that of the entry
    nearest to the rounded one: in bfloat16 and from 60 steps on, now and then a neighbour's. The Euler step takes
    the exact ones.
    """
    exact = scheduler.timesteps.float()
    rounded = exact.to(dtype).float()
    nearest = (exact[None] - rounded[:, None]).abs().argmin(dim=1)
    return rounded, scheduler.sigmas[nearest]


@dataclass(frozen=True, slots=True)
class TrainingTable:
    """The 1000 noise levels of training, from high to low, each with the weight of its loss.

    timesteps, sigmas, weights: float32 (1000,). The weights are a bell around t = 500, are zero at t = 1000, and
    average to 1.
    """

    timesteps: Tensor
    sigmas: Tensor
    weights: Tensor

    @classmethod
    def make(cls, shift: float = SHIFT, device: torch.device | str = "cpu") -> TrainingTable:
        """Compute the table; on the CPU, so that it is the same everywhere, and then move it."""
        even = torch.linspace(1.0, 0.0, TRAINING_STEPS + 1)[:-1]
        sigmas = shift * even / (1 + (shift - 1) * even)
        timesteps = sigmas * TRAINING_STEPS
        bell = torch.exp(-2 * ((timesteps - 500) / 1000) ** 2)
        bell = bell - bell.min()
        weights = bell * (TRAINING_STEPS / bell.sum())
        return cls(timesteps.to(device), sigmas.to(device), weights.to(device))

    def draw(self, count: int, generator: torch.Generator, rounding: Rounding = "bfloat16") -> Tensor:
        """Draw (count,) timesteps uniformly from the table; `generator` lives on the CPU.

        rounding "bfloat16" is the reference's: the drawn timestep is rounded BEFORE its noise level is looked up, so
        that 1000 entries become 294 and one draw in a hundred lands on t = 1000, whose weight is zero.
        """
        indices = torch.randint(0, len(self.timesteps), (count,), generator=generator)
        timesteps = self.timesteps[indices.to(self.timesteps.device)]
        return timesteps.to(torch.bfloat16).float() if rounding == "bfloat16" else timesteps

    def look_up(self, timesteps: Tensor) -> tuple[Tensor, Tensor]:
        """Return sigma and weight, each (B,), of the entries nearest to the timesteps (B,)."""
        nearest = (self.timesteps[None] - timesteps[:, None]).abs().argmin(dim=1)
        return self.sigmas[nearest], self.weights[nearest]
