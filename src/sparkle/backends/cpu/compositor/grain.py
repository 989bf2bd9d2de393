"""Grain: subject and background get the same sensor noise, so that none looks drawn beside the other."""

from __future__ import annotations

from copy import copy

import cv2
import numpy as np

from sparkle.backends.cpu.compositor.light import Float
from sparkle.backends.cpu.compositor.window import sampled
from sparkle.core.seeds import generator
from sparkle.roles import Frames, Masks

_LARGEST = 3.0
_INVISIBLE = 0.5  # weaker grain only toggles last bits
_BLOCK = 16
_SPARE = 64


def temporal_noise(frames: Frames, mask: Masks | None = None) -> float:
    """Return the standard deviation of the noise between neighbouring frames, in levels.

    Taken from the quietest quarter of 16x16 blocks outside the mask, so that moving things do not count.
    A clip of one frame, or one without a free block, has none.
    """
    quiet: list[Float] = []
    for index in sampled(len(frames) - 1, 6) if len(frames) > 1 else []:
        change = frames[index + 1].astype(np.float32).mean(axis=2) - frames[index].astype(np.float32).mean(
            axis=2
        )
        height, width = (side // _BLOCK for side in change.shape)
        power = cv2.resize(
            change[: height * _BLOCK, : width * _BLOCK] ** 2, (width, height), interpolation=cv2.INTER_AREA
        )
        if mask is not None:
            power = power[
                cv2.resize(mask[index].astype(np.float32), (width, height), interpolation=cv2.INTER_AREA) == 0
            ]
        quiet.append(power.ravel())
    powers = np.concatenate(quiet) if quiet else np.zeros(0, np.float32)
    return float(np.sqrt(np.percentile(powers, 25) / 2)) if powers.size else 0.0


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
