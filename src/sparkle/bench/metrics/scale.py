"""From a measured quantity to a score: monotone, piecewise linear, constant beyond its ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Scale:
    """Points (value, score), ascending in value; scores from 1 to 5."""

    points: tuple[tuple[float, float], ...]

    def __call__(self, value: float) -> float:
        """Return the score of a value."""
        values, scores = zip(*self.points, strict=True)
        return float(np.interp(value, values, scores))

    def __str__(self) -> str:
        """For example `0.15→1, 0.75→5`, as tables print it."""
        return ", ".join(f"{value:g}→{score:g}" for value, score in self.points)


def scale(*points: tuple[float, float]) -> Scale:
    """Return the scale through these points."""
    return Scale(points)
