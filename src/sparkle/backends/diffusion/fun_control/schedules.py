"""The noise schedules that Wan2.2 and its distilled variants are sampled with."""

from __future__ import annotations

from typing import Any, Literal, get_args

from diffusers import FlowMatchEulerDiscreteScheduler, UniPCMultistepScheduler

Schedule = Literal["flow", "distilled", "unipc"]
SCHEDULES: tuple[str, ...] = get_args(Schedule)


def make_scheduler(schedule: Schedule, shift: float) -> Any:
    """Return the scheduler of a schedule.

    "flow" is the model's own (Euler, 50 steps, shift 5), "distilled" that of the 4-step LoRAs (Euler, shift 5, on
    evenly spaced sigmas, see `sigmas`), "unipc" the second-order solver that Wan2.2-I2V is published with.
    """
    if schedule == "unipc":
        return UniPCMultistepScheduler(
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
