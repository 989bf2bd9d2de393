"""Smoke that rises and water that falls: their texture runs along, two copies changing over patch by patch."""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np

from sparkle.backends.cpu.animator.drift import drifting
from sparkle.backends.cpu.animator.layers import Layer, Moment
from sparkle.backends.cpu.animator.noise import Field
from sparkle.backends.cpu.animator.scenery import Scenery, filled


def _stream(
    scenery: Scenery, strength: float, name: str, way: tuple[float, float], seconds: float, grain: float
) -> Layer:
    """Let a region's texture run along `way` (shares of the size a second) for so many `seconds` before it changes
    over; what is coarser than `grain` (a share of the size) is the region's shape and stays."""
    region: Field = getattr(scenery.regions, name)
    rows = np.flatnonzero((region > 0.02).any(axis=1))
    span = slice(int(rows[0]), int(rows[-1]) + 1)
    inside, picture = region[span], scenery.image[span].astype(np.float32)
    whole = filled(picture, np.clip(2 * inside - 0.8, 0, 1).astype(np.float32))
    texture = np.asarray(whole - cv2.GaussianBlur(whole, (0, 0), grain * scenery.size), dtype=np.float32)
    loops = max(1, round(scenery.duration / seconds))
    reach = (0.6 + 0.8 * strength) * scenery.size * scenery.duration / loops
    across, down = (np.full(inside.shape, share * reach, np.float32) for share in way)
    drift = drifting(scenery.random(name), texture, across, down, 0.05 * scenery.size)

    def layer(canvas: Field, moment: Moment) -> None:
        canvas[span] += inside[..., None] * (drift.at((moment.phase * loops) % 1.0) - texture)

    return layer


billow = partial(_stream, name="smoke", way=(0.012, -0.03), seconds=3.0, grain=0.06)
pour = partial(_stream, name="fall", way=(0.0, 0.3), seconds=0.5, grain=0.02)
