"""The noise schedules that Wan2.2 and its distilled variants are sampled with."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from diffusers import FlowMatchEulerDiscreteScheduler, UniPCMultistepScheduler

Schedule = Literal["flow", "distilled", "unipc"]
SCHEDULES: tuple[str, ...] = get_args(Schedule)


class WanUniPCScheduler(UniPCMultistepScheduler):
    """The second-order solver at the noise levels of Wan's own scripts: 0.999 to 0 before the shift, without the 0.

    diffusers' own levels run from 1 to 0.001. Where a step falls on the other side of the experts' boundary for that,
    it is made by the other expert.
    """

    def set_timesteps(
        self,
        num_inference_steps: Any = None,
        device: Any = None,
        sigmas: Any = None,
        mu: Any = None,
    ) -> None:
        """Set Wan's levels for `num_inference_steps` steps, or those that are given, both before the shift."""
        if sigmas is None:
            sigmas = np.linspace(self._first_level, 0.0, num_inference_steps + 1)[:-1]
        super().set_timesteps(device=device, sigmas=np.asarray(sigmas), mu=mu)

    @property
    def _first_level(self) -> float:
        # In float32, where Wan's scripts have it from: the timesteps are cut to whole numbers, so every digit counts.
        return float(np.float32(1.0 - 1.0 / self.config.num_train_timesteps))


def make_scheduler(schedule: Schedule, shift: float) -> Any:
    """Return the scheduler of a schedule.

    "flow" is the model's own (Euler, 50 steps, shift 5), "distilled" that of the 4-step LoRAs (Euler, shift 5, on
    evenly spaced sigmas, see `sigmas`), "unipc" the second-order solver that Wan2.2-I2V and VACE are published with.
    """
    if schedule == "unipc":
        return WanUniPCScheduler(
            prediction_type="flow_prediction",
            use_flow_sigmas=True,
            num_train_timesteps=1000,
            flow_shift=shift,
        )
    return FlowMatchEulerDiscreteScheduler(num_train_timesteps=1000, shift=shift)


def sigmas(schedule: Schedule, steps: int) -> list[float] | None:
    """Return the sigmas before the shift that a schedule needs, or None where the scheduler has its own.

    The distilled models were trained on 1, 0.75, 0.5, 0.25 (which the shift of 5 turns into 1, 0.9375, 0.8333,
    0.625); the scheduler's own four would end near 0.02 instead.
    """
    return [1.0 - step / steps for step in range(steps)] if schedule == "distilled" else None
