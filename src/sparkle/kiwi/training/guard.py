"""Losses that must not be learnt from: not finite, or far beyond what is usual."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from sparkle.core.errors import SetupError
from sparkle.kiwi.training.settings import GuardSettings

FEWEST = 32  # losses to have seen before one can be called an outlier


@dataclass(frozen=True, slots=True)
class SampleLoss:
    """What came of one sample. loss: weighted, as optimised. error: mean squared error without the weight."""

    label: str
    loss: float
    error: float


class LossGuard:
    """Decides about each update. Its memory is part of a checkpoint.

    It compares weighted losses. Errors without weights differ by the noise level more than by the sample: near the
    clean end, where the weight is next to nothing, they are many times the usual in any trained model.
    """

    def __init__(self, settings: GuardSettings) -> None:
        self._settings = settings
        self._recent: deque[float] = deque(maxlen=settings.window)
        self._in_a_row = 0

    def reason_to_skip(self, losses: Sequence[SampleLoss], gradient_norm: float) -> str | None:
        """Return why the update must be left out, naming the samples, or None.

        Raises SetupError for too many in a row.
        """
        reason = self._find(losses, gradient_norm)
        if reason is None:
            self._in_a_row = 0
            self._recent.extend(loss.loss for loss in losses)
            return None
        self._in_a_row += 1
        if self._in_a_row >= self._settings.most_in_a_row:
            raise SetupError(
                f"{self._in_a_row} updates in a row could not be used; the last: {reason}. Look at these samples. If "
                "they are sound, start from the last checkpoint in another output folder with a lower "
                "optimizer.learning_rate or an optimizer.clip_norm; guard settings may be changed in this one"
            )
        return reason

    def state(self) -> dict[str, Any]:
        """Return what a continued run needs, as JSON values."""
        return {"recent": list(self._recent), "in_a_row": self._in_a_row}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a state."""
        self._recent = deque(state["recent"], maxlen=self._settings.window)
        self._in_a_row = int(state["in_a_row"])

    def _find(self, losses: Sequence[SampleLoss], gradient_norm: float) -> str | None:
        broken = [loss for loss in losses if not math.isfinite(loss.loss)]
        if broken:
            return f"loss not finite: {_listed(broken)}"
        factor = self._settings.outlier_factor
        if factor is not None and len(self._recent) >= FEWEST:
            usual = median(self._recent)
            far = [loss for loss in losses if loss.loss > factor * usual]
            if far:
                return f"loss more than {factor:g} times the usual {usual:.4g}: {_listed(far)}"
        if not math.isfinite(gradient_norm):
            return f"gradient not finite: {_listed(losses)}"
        return None


def _listed(losses: Sequence[SampleLoss]) -> str:
    return ", ".join(f"{loss.label} ({loss.loss:.4g})" for loss in losses)
