"""Rain as streaks at several depths, with the splashes it makes on the ground."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.animator.layers import Layer, Moment
from sparkle.backends.cpu.animator.noise import Field
from sparkle.backends.cpu.animator.scenery import Scenery

Values = NDArray[np.float64]

# From far to near: share of the drops, streak length and speed (shares of the size, per second), thickness, opacity.
SHEETS = ((0.55, 0.030, 1.1, 1, 0.22), (0.32, 0.055, 1.7, 1, 0.30), (0.13, 0.10, 2.5, 2, 0.32))


def pour_rain(scenery: Scenery, strength: float) -> Layer:
    """Let it rain; `strength` sets how many drops fall and how far the wind slants them."""
    random = scenery.random("rain")
    drops = 130 + 420 * strength
    sheets = [_sheet(scenery, random, round(drops * share), speed) for share, _, speed, _, _ in SHEETS]
    slant = scenery.wind * (0.06 + 0.28 * strength)
    colour = np.clip(0.6 * scenery.light_colour + 60, 70, 235)
    splash = _splashes(scenery, random, round(50 + 120 * strength))

    def layer(canvas: Field, moment: Moment) -> None:
        for (_, length, _, thickness, opacity), (start, cycles) in zip(SHEETS, sheets, strict=True):
            mask = np.zeros(canvas.shape[:2], np.uint8)
            _draw_streaks(mask, scenery, start, cycles, moment.phase, length, slant, thickness)
            cover = cv2.GaussianBlur(mask, (0, 0), 0.6 + 0.5 * (thickness - 1)).astype(np.float32) * (
                opacity / 255
            )
            canvas += cover[..., None] * (colour - canvas)
        splash(canvas, moment)

    return layer


def _sheet(scenery: Scenery, random: np.random.Generator, count: int, speed: float) -> tuple[Values, Values]:
    """Starts (count, 2) as shares of a slightly larger picture, and whole falls through it per loop (count,)."""
    falls = speed * scenery.size * scenery.duration / (1.3 * scenery.height)
    return random.random((count, 2)), np.maximum(1, np.rint(falls * random.uniform(0.85, 1.15, count)))


def _draw_streaks(
    mask: NDArray[np.uint8],
    scenery: Scenery,
    start: Values,
    cycles: Values,
    phase: float,
    length: float,
    slant: float,
    thickness: int,
) -> None:
    height, width = 1.3 * scenery.height, 1.5 * scenery.width
    y = ((start[:, 1] + cycles * phase) % 1.0) * height - 0.15 * scenery.height
    x = start[:, 0] * width - 0.25 * scenery.width + slant * y
    tail = length * scenery.size
    ends = np.stack([x, y, x - slant * tail, y - tail], axis=1)
    for x1, y1, x2, y2 in np.rint(ends * 16).astype(int):
        cv2.line(mask, (x1, y1), (x2, y2), 255, thickness, cv2.LINE_AA, shift=4)


def _splashes(scenery: Scenery, random: np.random.Generator, count: int) -> Layer:
    """Small flat rings on the lower ground that open and vanish within a seventh of a second."""
    nearness = random.random(count) ** 0.7
    top = max(scenery.regions.horizon, 0.55 * scenery.height)
    y = top + nearness * (scenery.height - top)
    x = random.uniform(0, scenery.width, count)
    cycles = np.maximum(1, np.rint(scenery.duration * random.uniform(1.5, 3.0, count)))
    starts = random.random(count)

    def layer(canvas: Field, moment: Moment) -> None:
        age = ((moment.phase * cycles + starts) % 1.0) * scenery.duration / cycles / 0.14
        mask = np.zeros(canvas.shape[:2], np.uint8)
        for i in np.flatnonzero(age < 1):
            radius = scenery.size * (0.002 + 0.006 * nearness[i]) * (0.3 + 0.7 * age[i])
            centre, axes = (round(x[i] * 16), round(y[i] * 16)), (round(radius * 16), round(radius * 5))
            cv2.ellipse(mask, centre, axes, 0, 0, 360, int(110 * (1 - age[i])), 1, cv2.LINE_AA, shift=4)
        canvas += (
            (mask.astype(np.float32) / 255)[..., None]
            * 0.8
            * (np.clip(scenery.light_colour, 90, 230) - canvas)
        )

    return layer
