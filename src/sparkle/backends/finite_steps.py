"""Sampling stops where it goes wrong: latents that are not finite become a black picture, and no step mends them."""

from __future__ import annotations

from typing import Any

from sparkle.core.errors import BackendError


class FiniteSteps:
    """Watches the latents of one sampling loop.

    It is told of every step, and asks about a step when the next one is under way, so that the device never waits
    for the answer: a loop stops one step late. Usable as a diffusers pipeline's `callback_on_step_end`.
    """

    def __init__(self, model: str) -> None:
        self._model = model
        self._step = 0
        self._finite: Any = None

    def after(self, step: int, latents: Any) -> None:
        """Take note of a step's latents, a torch tensor. Raises BackendError for those of the step before."""
        self.finish()
        self._step, self._finite = step, latents.isfinite().all()

    def finish(self) -> None:
        """Raise BackendError if the latest latents are not finite."""
        if self._finite is not None and not bool(self._finite):
            raise BackendError(
                f"{self._model}: sampling step {self._step + 1} made values that are not numbers, so it was stopped; "
                f"set dtype: bfloat16 or float32, or try another seed"
            )

    def __call__(self, pipeline: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        """Do as `after`, as diffusers' pipelines call it; change nothing."""
        self.after(step, tensors["latents"])
        return {}
