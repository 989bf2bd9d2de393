"""The background plate of a fixed camera: what each pixel looks like when nobody stands in front of it.

All colours are 8-bit Lab. Axes: H rows, W columns, K moments sampled from the clip, N places.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.roles import Frames, Mask, Masks

Field = NDArray[np.float32]

MOST_SAMPLES = 32
FEWEST_SIGHTINGS = 3
SMALLEST_NOISE = 1.0


@dataclass(frozen=True, slots=True)
class BackgroundPlate:
    """Per pixel: `colour` (H, W, 3) float32, `noise` (H, W, 3) float32, standard deviation in levels, and `known`
    (H, W) float32 in [0, 1], how far the place was really seen. Unseen places carry a smooth continuation."""

    colour: Field
    noise: Field
    known: Field


def build_plate(lab: Frames, background: Masks) -> BackgroundPlate:
    """Take the temporal median (and median deviation) of each pixel over the times when it showed the background.

    lab: (T, H, W, 3) uint8, colour aligned; background: bool (T, H, W).
    """
    chosen = sampled_moments(len(lab))
    shown = np.ascontiguousarray(background[chosen].transpose(1, 2, 0))
    count = shown.sum(axis=-1)
    middle = np.maximum(count - 1, 0) // 2
    pixels = lab[chosen].transpose(1, 2, 3, 0)
    colour = _masked_rank(pixels, shown, middle)
    deviation = np.abs(pixels.astype(np.int16) - colour[..., None]).astype(np.uint8)
    noise = 1.4826 * _masked_rank(deviation, shown, middle).astype(np.float32)
    known = np.clip((count - FEWEST_SIGHTINGS + 1) / 3.0, 0.0, 1.0).astype(np.float32)
    seen = known > 0
    return BackgroundPlate(
        colour=continue_smoothly(colour.astype(np.float32), seen),
        noise=np.maximum(continue_smoothly(cv2.blur(noise, (3, 3)).astype(np.float32), seen), SMALLEST_NOISE),
        known=known,
    )


def sampled_moments(count: int) -> NDArray[np.int64]:
    """Return at most MOST_SAMPLES frame numbers, evenly spread over `count` frames."""
    return np.unique(np.linspace(0, count - 1, min(count, MOST_SAMPLES)).astype(np.int64))


def continue_smoothly(values: Field, known: Mask) -> Field:
    """Fill unknown places of (H, W, C) with ever wider averages of the known ones; zeros if nothing is known."""
    weight = known.astype(np.float32)
    levels = [(values * weight[..., None], weight)]
    while min(levels[-1][1].shape) > 2:
        height, width = levels[-1][1].shape
        size = ((width + 1) // 2, (height + 1) // 2)
        total = cv2.resize(levels[-1][0], size, interpolation=cv2.INTER_AREA).astype(np.float32)
        weight = cv2.resize(levels[-1][1], size, interpolation=cv2.INTER_AREA).astype(np.float32)
        levels.append((total, weight))
    total, weight = levels[-1]
    mean = total.sum(axis=(0, 1)) / max(float(weight.sum()), 1e-6)
    filled = np.broadcast_to(mean, total.shape).astype(np.float32)
    for total, weight in reversed(levels):
        wider = cv2.resize(filled, weight.shape[::-1], interpolation=cv2.INTER_LINEAR)
        share = np.minimum(weight, 1.0)[..., None]
        filled = (share * total / np.maximum(weight, 1e-6)[..., None] + (1.0 - share) * wider).astype(
            np.float32
        )
    return filled


def _masked_rank(
    pixels: NDArray[np.uint8], shown: NDArray[np.bool_], rank: NDArray[np.int64]
) -> NDArray[np.uint8]:
    # Hidden samples become 255 and sort to the end, where the rank never reaches.
    ordered = np.sort(np.where(shown[:, :, None, :], pixels, 255).astype(np.uint8), axis=-1)
    return np.take_along_axis(ordered, rank[:, :, None, None], axis=-1)[..., 0]
