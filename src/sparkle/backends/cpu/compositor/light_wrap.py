"""Light wrap: a bright background spills over the subject's rim, as it does in a lens."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.backends.cpu.compositor.light import Float, to_encoded, to_linear
from sparkle.roles import Image

_SCALE = 4


def wrap_light(subject: Float, alpha: Float, background: Image, width: float, strength: float) -> Float:
    """Return the subject's encoded colours (H, W, 3) with the background's light over the rim.

    `width` in pixels is how far the light reaches inside; `strength` in [0, 1] its share at the contour. Only
    light that is brighter than the subject spills.
    """
    rim = strength * _rim(alpha, width) ** 1.5
    spilt = _glow(background, width)
    spilt -= subject
    np.maximum(spilt, 0.0, out=spilt)
    spilt *= cv2.resize(rim, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)[..., None]
    spilt += subject
    return spilt


def _rim(alpha: Float, width: float) -> Float:
    """Return how near the contour each part inside is, in [0, 1], at half the size."""
    rows, columns = alpha.shape
    half = cv2.resize(alpha, (max(columns // 2, 1), max(rows // 2, 1)), interpolation=cv2.INTER_AREA)
    inner = cv2.GaussianBlur(half, (0, 0), width / 2, borderType=cv2.BORDER_REPLICATE)
    rim: Float = np.clip(2.0 * (1.0 - inner), 0.0, 1.0).astype(np.float32)
    return rim


def _glow(background: Image, width: float) -> Float:
    height, columns = background.shape[:2]
    small = cv2.resize(
        background, (max(columns // _SCALE, 1), max(height // _SCALE, 1)), interpolation=cv2.INTER_AREA
    )
    light = cv2.GaussianBlur(to_linear(small), (0, 0), 2.5 * width / _SCALE, borderType=cv2.BORDER_REPLICATE)
    glow = cv2.resize(to_encoded(light), (columns, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(glow, np.float32)
