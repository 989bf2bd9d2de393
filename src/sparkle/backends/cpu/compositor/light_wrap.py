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
    rim = np.clip(
        2.0 * (1.0 - cv2.GaussianBlur(alpha, (0, 0), width, borderType=cv2.BORDER_REPLICATE)), 0.0, 1.0
    )
    glow = _glow(background, width)
    lit: Float = subject + (strength * rim**1.5)[..., None] * np.maximum(glow - subject, 0.0)
    return lit


def _glow(background: Image, width: float) -> Float:
    height, columns = background.shape[:2]
    small = cv2.resize(
        background, (max(columns // _SCALE, 1), max(height // _SCALE, 1)), interpolation=cv2.INTER_AREA
    )
    light = cv2.GaussianBlur(to_linear(small), (0, 0), 2.5 * width / _SCALE, borderType=cv2.BORDER_REPLICATE)
    glow = cv2.resize(to_encoded(light), (columns, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(glow, np.float32)
