"""Light that falls on a surface: shadows and reflected light change how bright a place is, not what it is."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.measure.shapes import Plane
from sparkle.roles import Mask

# In units of Lab. A cast shadow keeps the hue, its share of the light is smooth, and it is not black.
CHROMA_FLOOR, CHROMA_SHARE = 2.5, 0.2
ROUGHNESS, NOISE = 0.03, 1.2
WINDOW = 5
DARKEST, BRIGHTEST = 0.45, 1.6


def is_cast_light(lab: Plane, plate: Plane) -> Mask:
    """Return where pictures (..., h, w, 3) differ from the plate (h, w, 3) as light on it would, bool (..., h, w).

    It says so, too, where they hardly differ: ask only where they do.
    """
    # The floor keeps noise in the dark from looking like a change of light.
    ratio = ((lab[..., 0] + 5) / (plate[..., 0] + 5)).astype(np.float32)
    # Less light leaves less colour, in proportion.
    expected = plate[..., 1:] * ratio[..., None]
    tint = np.hypot(lab[..., 1] - expected[..., 0], lab[..., 2] - expected[..., 1])
    same = tint < CHROMA_FLOOR + CHROMA_SHARE * np.abs(lab[..., 0] - plate[..., 0])
    light: Mask = same & (ratio > DARKEST) & (ratio < BRIGHTEST) & (_roughness(np.log(ratio)) < ROUGHNESS)
    return light


def is_shadow(lab: Plane, plate: Plane) -> Mask:
    """Return where pictures are darker than a plate that is known to be lit, as under a cast shadow."""
    shadow: Mask = is_cast_light(lab, plate) & (lab[..., 0] < plate[..., 0])
    return shadow


def _roughness(values: Plane) -> Plane:
    """How far a map is from a plane nearby: the local mean of its second differences."""
    flat = values.reshape(-1, *values.shape[-2:])
    calm = [cv2.GaussianBlur(plane, (0, 0), NOISE) for plane in flat]
    rough = [cv2.blur(np.abs(cv2.Laplacian(plane, cv2.CV_32F)), (WINDOW, WINDOW)) for plane in calm]
    found: Plane = np.stack(rough).reshape(values.shape).astype(np.float32)
    return found
