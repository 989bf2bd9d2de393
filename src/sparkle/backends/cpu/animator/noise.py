"""Periodic noise: sums of travelling waves that return to their start after one loop, and still fractal textures.

A phase runs from 0 to 1 over the loop. Everything here is a pure function of the phase, so frames can be computed
in any order, and the last frame meets the first without a jump.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
Values = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class WaveSum:
    """A sum of K travelling waves over (H, W), about unit variance: `cosine` and `sine` are (K, H, W)."""

    cosine: Field
    sine: Field
    cycles: NDArray[np.int64]

    def at(self, phase: float) -> Field:
        """Return the field at `phase`, float32 (H, W)."""
        angle = (2 * np.pi * phase) * self.cycles
        moving = np.tensordot(np.cos(angle), self.cosine, axes=1) + np.tensordot(
            np.sin(angle), self.sine, axes=1
        )
        return np.asarray(moving, dtype=np.float32)

    def change(self, phase: float) -> Field:
        """Return what has changed since phase 0: zero there, so that the first frame is the image itself."""
        return self.at(phase) - self.at(0.0)


def travelling_waves(
    random: np.random.Generator,
    coordinates: tuple[Values, Values],
    wavelength: float,
    direction: float,
    spread: float,
    cycles: float,
    count: int = 7,
) -> WaveSum:
    """Waves that run along `direction` (radians, +- `spread`) over `coordinates` (x and y, each (H, W), any unit).

    Wavelengths scatter around `wavelength`, and whole cycles per loop around `cycles` (at least one each).
    """
    x, y = coordinates
    lengths = wavelength * random.uniform(0.65, 1.6, count)
    angles = direction + random.uniform(-spread, spread, count)
    # Shorter waves turn faster, as waves on water and twigs in the wind do.
    whole = np.maximum(1, np.rint(cycles * np.sqrt(wavelength / lengths) * random.uniform(0.8, 1.25, count)))
    weights = lengths / np.sqrt(0.5 * np.sum(lengths**2))
    starts = random.uniform(0, 2 * np.pi, count)
    space = [
        (2 * np.pi / length) * (np.cos(angle) * x + np.sin(angle) * y) + start
        for length, angle, start in zip(lengths, angles, starts, strict=True)
    ]
    cosine = np.stack([weight * np.cos(term) for weight, term in zip(weights, space, strict=True)])
    sine = np.stack([weight * np.sin(term) for weight, term in zip(weights, space, strict=True)])
    return WaveSum(cosine.astype(np.float32), sine.astype(np.float32), whole.astype(np.int64))


def fractal_noise(
    random: np.random.Generator, height: int, width: int, scale: float, octaves: int = 4
) -> Field:
    """Still cloud-like noise in [0, 1], its largest features about `scale` pixels across."""
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        cell = max(scale / 2**octave, 1.0)
        grid = random.uniform(-1, 1, (int(height / cell) + 4, int(width / cell) + 4)).astype(np.float32)
        total += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC) / 2**octave
    low, high = np.quantile(total, (0.01, 0.99))
    return np.asarray(np.clip((total - low) / max(float(high - low), 1e-6), 0, 1), dtype=np.float32)


def whole_cycles(rate: float, duration: float) -> tuple[int, float]:
    """Fit `rate` (Hz) to a loop of `duration` seconds: whole cycles, and the share of the amplitude that is in place.

    A loop too short for one cycle at that rate keeps one cycle but a smaller swing, so that speeds stay natural.
    """
    cycles = max(1, round(rate * duration))
    return cycles, float(min(1.0, rate * duration / cycles * 1.2))


def grid_coordinates(height: int, width: int, step: int) -> tuple[Field, Field]:
    """Pixel coordinates (x, y) of a grid with one sample per `step` pixels, each (ceil(H/step), ceil(W/step))."""
    rows, columns = -(-height // step), -(-width // step)
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    return (x + 0.5) * (width / columns) - 0.5, (y + 0.5) * (height / rows) - 0.5


def smoothstep(low: float, high: float, values: NDArray[Any]) -> Field:
    """Rise smoothly from 0 at `low` to 1 at `high`."""
    ramp = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(ramp * ramp * (3 - 2 * ramp), dtype=np.float32)
