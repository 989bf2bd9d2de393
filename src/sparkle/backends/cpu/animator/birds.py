"""Birds that cross the sky on slow arcs, beating their wings now and then."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.animator.layers import Layer, Moment
from sparkle.backends.cpu.animator.noise import Field
from sparkle.backends.cpu.animator.scenery import Scenery

OVERSAMPLING = 4


def fly_birds(scenery: Scenery, strength: float) -> Layer:
    """A loose flock, seen only where the sky is; each bird fades in far away, passes and fades out."""
    random = scenery.random("birds")
    count = round(5 + 6 * strength)
    top, bottom = 0.08 * scenery.height, max(0.2 * scenery.height, 0.8 * scenery.regions.horizon)
    centre = np.stack(
        [random.uniform(0.1, 0.9, count) * scenery.width, random.uniform(top, bottom, count)], axis=1
    )
    span = scenery.size * random.uniform(0.006, 0.014, count)
    heading = np.where(random.random(count) < 0.75, scenery.wind, -scenery.wind)
    flight = (
        heading * span * random.uniform(4.5, 6.5, count) * (0.8 + 0.5 * strength) * min(scenery.duration, 6.0)
    )
    lag, beat = random.random(count), random.uniform(2.2, 3.4, count)
    colour = _bird_colour(scenery)

    def layer(canvas: Field, moment: Moment) -> None:
        visible = moment.warp(scenery.regions.sky)
        for i in range(count):
            share = (moment.phase + lag[i]) % 1.0
            fade = float(min(1.0, share / 0.12, (1 - share) / 0.12))
            arc = np.sin(np.pi * share + i) * 0.02 * scenery.size
            where = centre[i] + ((share - 0.5) * flight[i], arc)
            clock = share * min(scenery.duration, 6.0)
            glide = 0.5 + 0.5 * np.sin(2 * np.pi * 0.35 * clock + 3 * i)
            flap = np.sin(2 * np.pi * beat[i] * clock) * (0.35 + 0.65 * glide)
            _draw_bird(canvas, visible, where, float(span[i]), float(flap), colour, 0.85 * fade)

    return layer


def _bird_colour(scenery: Scenery) -> NDArray[np.float64]:
    sky = scenery.image[scenery.regions.sky > 0.7]
    behind = sky.mean(axis=0) if len(sky) else np.full(3, 128.0)
    return np.asarray(behind * 0.28 if behind.mean() > 70 else behind + 35)


def _draw_bird(
    canvas: Field,
    visible: Field,
    where: NDArray[np.float64],
    span: float,
    flap: float,
    colour: NDArray[np.float64],
    opacity: float,
) -> None:
    """Two bent wings; `flap` from -1 (down) to 1 (up)."""
    reach = int(np.ceil(span)) + 3
    left, top = int(np.floor(where[0])) - reach, int(np.floor(where[1])) - reach
    if left < 0 or top < 0 or left + 2 * reach > canvas.shape[1] or top + 2 * reach > canvas.shape[0]:
        return
    side = 2 * reach
    drawn = np.zeros((side * OVERSAMPLING, side * OVERSAMPLING), np.uint8)
    body = where - (left, top)
    for wing in (-1, 1):
        points = body + np.array(
            [
                (0, 0),
                (wing * 0.45 * span, -0.34 * span * (0.35 + flap)),
                (wing * span, -0.12 * span - 0.5 * span * flap),
            ]
        )
        line = np.rint(points * OVERSAMPLING).astype(np.int32)
        cv2.polylines(drawn, [line], False, 255, max(1, round(0.22 * span * OVERSAMPLING)), cv2.LINE_AA)
    cover = cv2.resize(drawn, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    patch = canvas[top : top + side, left : left + side]
    seen = visible[top : top + side, left : left + side]
    patch += (opacity * cover * seen)[..., None] * (colour - patch)
