"""Where two pictures show the same structure, whatever their light and colour.

The correlation of gradients of log lightness within a small window is 1 where the same thing stands in the
same place, also when it was relit, and about 0 where something else does.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.roles import Image, Mask

Map = NDArray[np.float32]

WIDTH = 208
WINDOW = 4.0
NOISE_FLOOR = 1.0
KEPT_CORRELATION = 0.45
# A colour difference (CIE Lab) that is seen at a glance, and one that cannot be overlooked.
SEEN, OBVIOUS = 5.0, 20.0


@dataclass(frozen=True, slots=True)
class Agreement:
    """Maps of WIDTH columns: correlation in [-1, 1], strength of the structure in either picture, and where
    something changed, in [0, 1]."""

    correlation: Map
    source_strength: Map
    edited_strength: Map
    changed: Map


def measure_agreement(source: Image, edited: Image) -> Agreement:
    """Compare two (H, W, 3) uint8 RGB pictures of one size."""
    first, second = shrink(source), shrink(edited)
    one, two = _gradients(first), _gradients(second)
    product = _window(one[0] * two[0] + one[1] * two[1])
    energy = _window(one[0] ** 2 + one[1] ** 2), _window(two[0] ** 2 + two[1] ** 2)
    correlation = product / (np.sqrt(energy[0] * energy[1]) + NOISE_FLOOR)
    strengths = np.sqrt(energy[0]), np.sqrt(energy[1])
    structured = np.clip(np.maximum(*strengths) - NOISE_FLOOR, 0, 2) / 2
    by_structure = np.clip((0.6 - correlation) / 0.4, 0, 1)
    by_colour = np.clip((colour_difference(first, second) - SEEN) / (OBVIOUS - SEEN), 0, 1)
    changed = structured * by_structure + (1 - structured) * by_colour
    return Agreement(correlation, *strengths, changed)


def kept_region(agreement: Agreement) -> Mask:
    """Return the region that both pictures share, bool of the maps' shape: the subject, when the mask is unknown."""
    shared = np.sqrt(agreement.source_strength * agreement.edited_strength) > NOISE_FLOOR
    region = ((agreement.correlation > KEPT_CORRELATION) & shared).astype(np.uint8)
    region = cv2.morphologyEx(region, cv2.MORPH_OPEN, disc(5)).astype(np.uint8)
    region = cv2.morphologyEx(region, cv2.MORPH_CLOSE, disc(11)).astype(np.uint8)
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(region)
    areas = statistics[1:count, cv2.CC_STAT_AREA]
    large = 1 + np.flatnonzero(areas >= max(0.25 * areas.max(initial=0), 0.004 * region.size))
    return np.isin(labels, large)


def shrink(picture: Image, width: int = WIDTH) -> Image:
    """Return the picture at `width` columns."""
    height = max(8, round(picture.shape[0] * width / picture.shape[1]))
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def shrink_mask(mask: Mask, width: int = WIDTH) -> Mask:
    """Return the mask at `width` columns: True where at least half of what was there is."""
    return shrink(mask.astype(np.uint8) * 255, width) > 127


def fit_mask(mask: Mask, shape: tuple[int, ...]) -> Mask:
    """Return the mask at the size (height, width, ...) of another picture or map."""
    size = shape[1], shape[0]
    return np.asarray(cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)) > 0


def grow(mask: Mask, pixels: int) -> Mask:
    """Return the mask widened by `pixels`, or narrowed where `pixels` is negative."""
    kernel = np.ones((2 * abs(pixels) + 1,) * 2, np.uint8)
    change = cv2.dilate if pixels > 0 else cv2.erode
    return np.asarray(change(mask.astype(np.uint8), kernel)) > 0


def disc(diameter: int) -> NDArray[np.uint8]:
    """Return a round structuring element."""
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (diameter, diameter)), np.uint8)


def log_lightness(picture: Image) -> Map:
    """Return float32 (H, W) that a change of exposure shifts by a constant."""
    lightness = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)[..., 0].astype(np.float32)
    return np.asarray(40 * np.log(lightness + 12), np.float32)


def gradient(values: Map) -> tuple[Map, Map]:
    """Return the gradient (dx, dy) in units of `values` per pixel."""
    return (
        np.asarray(cv2.Scharr(values, cv2.CV_32F, 1, 0, scale=1 / 32), np.float32),
        np.asarray(cv2.Scharr(values, cv2.CV_32F, 0, 1, scale=1 / 32), np.float32),
    )


def steepness(values: Map) -> Map:
    """Return the length of the gradient, in units of `values` per pixel.

    By NumPy: the last bits of cv2.magnitude depend on where in memory its answer happens to lie, and a score must not.
    """
    across, down = gradient(values)
    return np.asarray(np.sqrt(across * across + down * down), np.float32)


def colour_difference(first: Image, second: Image) -> Map:
    """Return the distance of colours in CIE Lab, float32 (H, W)."""
    one, two = (cv2.cvtColor(x.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for x in (first, second))
    return np.asarray(np.linalg.norm(one - two, axis=2), np.float32)


def _gradients(picture: Image) -> tuple[Map, Map]:
    return gradient(log_lightness(picture))


def _window(values: Map) -> Map:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), WINDOW), np.float32)
