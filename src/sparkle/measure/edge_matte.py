"""The exact edge of a coarse mask: along it, every pixel is held against the colours on either side of it.

A mask made at low resolution is off by a pixel or two and steps; so is one whose maker was unsure about mixed pixels.
Within a band along its contour the colours well inside and well outside, taken nearby, say how much of a pixel is
subject (the linear mixture of matting; compare Wang & Cohen 2007, section 2). Where the two sides look alike the
contour stays where it was.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.roles import Image, Mask, Matte

Field = NDArray[np.float32]

# All lengths in pixels of a picture whose longer side is 640. Coarse masks are rather too large than too small.
NOMINAL_SIDE = 640
BAND_INSIDE, BAND_OUTSIDE = 6.0, 4.0
# With 6 for 4 inside, boundary F on `choose` (benchmarks/eyes) falls from 0.689 to 0.672.
SURELY_INSIDE, SURELY_OUTSIDE = 4.0, 3.0
NEARBY = 8.0
# Thin parts have no pixel well inside: these weigh where nothing better is near.
THIN_WEIGHT = 0.02
NOISE = 6.0
# How far the two sides must be apart, in squared deviations, to weigh as much as the contour that is there.
FAITH = 4.0
RAMP_SHIFT, RAMP_WIDTH = 0.5, 1.5
# The colours nearby change slowly: they are gathered at this share of the size.
GATHERED = 0.5


@dataclass(frozen=True, slots=True)
class _Side:
    """The colours nearby on one side of the contour: `mean` and `spread` (variance), float32 (h, w, 3)."""

    mean: Field
    spread: Field


def edge_matte(image: Image, belief: Matte) -> Matte:
    """Return how much of each pixel is subject, float32 (H, W) in [0, 1]; 0 and 1 beyond the band along the contour.

    image: uint8 RGB (H, W, 3); belief: float32 (h, w) in [0, 1] of any size, above 0.5 where the mask is.
    """
    height, width = image.shape[:2]
    unit = max(height, width) / NOMINAL_SIDE
    coarse = cv2.resize(belief, (width, height), interpolation=cv2.INTER_LINEAR)
    mask = coarse > 0.5
    matte = mask.astype(np.float32)
    window = _around_contour(mask, int(np.ceil((NEARBY + BAND_INSIDE + SURELY_INSIDE) * unit)))
    if window is None:
        return matte
    matte[window] = _in_window(image[window], coarse[window].astype(np.float32), unit)
    return matte


def _in_window(image: Image, coarse: Field, unit: float) -> Field:
    mask = coarse > 0.5
    inside, outside = _distance(mask), _distance(~mask)
    band = np.where(mask, inside <= BAND_INSIDE * unit, outside <= BAND_OUTSIDE * unit)
    held, behind = _sides(image, coarse, inside, outside, unit)
    colours, means = image[band].astype(np.float32), behind.mean[band]
    step = held.mean[band] - means
    variance = held.spread[band] + behind.spread[band] + np.float32(NOISE**2)
    apart = (step * step / variance).sum(axis=-1)
    share = np.clip(((colours - means) * step / variance).sum(axis=-1) / np.maximum(apart, 1e-6), -0.2, 1.2)
    depth = np.where(mask, inside - 0.5, 0.5 - outside)[band] / unit
    ramp = 1 / (1 + np.exp(-(depth - RAMP_SHIFT) / RAMP_WIDTH))
    weight = apart / (apart + FAITH)
    matte = mask.astype(np.float32)
    matte[band] = np.clip(weight * share + (1 - weight) * ramp, 0, 1)
    return matte


def _sides(image: Image, coarse: Field, inside: Field, outside: Field, unit: float) -> tuple[_Side, _Side]:
    """Return the colours nearby well inside and well outside, at the size of the image."""
    height, width = coarse.shape
    small = (max(1, round(width * GATHERED)), max(1, round(height * GATHERED)))
    picture = cv2.resize(image, small, interpolation=cv2.INTER_AREA).astype(np.float32)
    weights = (
        (inside > SURELY_INSIDE * unit) + THIN_WEIGHT * (inside > 0) * coarse,
        (outside > SURELY_OUTSIDE * unit) + THIN_WEIGHT * (outside > 0) * (1 - coarse),
    )
    reach = 2 * max(1, round(NEARBY * GATHERED * unit)) + 1
    sides = []
    for weight in weights:
        light = cv2.resize(weight.astype(np.float32), small, interpolation=cv2.INTER_AREA)[..., None]
        total = cv2.blur(light, (reach, reach))[..., None] + np.float32(1e-6)
        mean = cv2.blur(picture * light, (reach, reach)) / total
        spread = np.maximum(cv2.blur(picture * picture * light, (reach, reach)) / total - mean * mean, 0)
        mean, spread = (
            cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)
            for part in (mean, spread)
        )
        sides.append(_Side(mean, spread))
    return sides[0], sides[1]


def _around_contour(mask: Mask, margin: int) -> tuple[slice, slice] | None:
    """Return the window that holds every contour, and a margin; None for a mask without contour."""
    contour = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    rows, columns = np.flatnonzero(contour.any(axis=1)), np.flatnonzero(contour.any(axis=0))
    if not len(rows):
        return None
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + 1 + margin),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + 1 + margin),
    )


def _distance(mask: Mask) -> Field:
    """Return each pixel's distance to where the mask is not; the picture's border is no contour."""
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    return cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1].astype(np.float32, copy=False)
