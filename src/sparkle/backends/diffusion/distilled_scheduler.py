"""The sampling schedules of Wan's pipelines, which take a scheduler and a number of steps but no noise levels."""

from __future__ import annotations

from typing import Any

from diffusers import FlowMatchEulerDiscreteScheduler

from sparkle.backends.diffusion.fun_control.schedules import Schedule, make_scheduler, sigmas


class DistilledScheduler(FlowMatchEulerDiscreteScheduler):
    """Euler steps from evenly spaced noise levels: 1000, 937.5, 833.3, 625 for four steps and shift 5 (LightX2V)."""

    def set_timesteps(self, num_inference_steps: int, device: Any = None, **_: Any) -> None:
        """Set the levels for `num_inference_steps` steps."""
        super().set_timesteps(sigmas=sigmas("distilled", num_inference_steps), device=device)


def pipeline_scheduler(schedule: Schedule, shift: float) -> Any:
    """Return a scheduler that follows `schedule` when it is told no more than a number of steps."""
    if schedule == "distilled":
        return DistilledScheduler(num_train_timesteps=1000, shift=shift)
    return make_scheduler(schedule, shift)
