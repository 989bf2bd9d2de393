"""Grain: subject and background get the same sensor noise, so that none looks drawn beside the other."""

from __future__ import annotations

from copy import copy

import cv2
import numpy as np

from sparkle.backends.cpu.compositor.light import Float
from sparkle.core.seeds import generator

_LARGEST = 3.0
_INVISIBLE = 0.5  # weaker grain only toggles last bits
_SPARE = 64


def missing_grain(first: float, second: float) -> float:
    """Return the standard deviation, in levels, that the quieter of two noises lacks; 0 when nobody would see it."""
    missing = float(np.sqrt(abs(first**2 - second**2)))
    return min(missing, _LARGEST) if missing >= _INVISIBLE else 0.0


class Grain:
    """Deterministic noise, another one on every frame, of unit variance, float32 (H, W); the same in all channels."""

    def __init__(self, height: int, width: int, frames: int, seed: int) -> None:
        random = generator(seed, "compositor", "grain")
        field = random.standard_normal((height + _SPARE, width + _SPARE), dtype=np.float32)
        soft = cv2.GaussianBlur(field, (0, 0), 0.6)
        self._field: Float = soft / soft.std()
        self._offsets = random.integers(0, _SPARE, size=(frames, 2))
        self._shape = height, width

    def beginning_at(self, index: int) -> Grain:
        """Return the same grain of a part of the clip that begins with frame `index`; it goes on for ever."""
        part = copy(self)
        part._offsets = np.roll(self._offsets, -index, axis=0)
        return part

    def __getitem__(self, index: int) -> Float:
        top, left = self._offsets[index % len(self._offsets)]
        return self._field[top : top + self._shape[0], left : left + self._shape[1]]
