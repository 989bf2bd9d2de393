"""A contact shadow on the ground, when the subject's base is in the picture.

Half-length subjects, whom the lower border cuts, get none. The shadow is the lowest part of the matte, pressed
flat, centred on the base line and blurred.
"""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.backends.cpu.compositor.light import Float
from sparkle.roles import Mask, Masks

_CLEAR_OF_BORDER = 0.02
_FOOT_SHARE = 0.12
_FLATNESS = 0.3
_SMOOTHING = 4.0


def base_lines(mask: Masks) -> Float | None:
    """Return the row on which the subject stands for every frame, smooth in time, or None when the subject is cut
    by the lower border in some frame or is never there."""
    height = mask.shape[1]
    rows_taken: Mask = np.any(mask, axis=2)
    present: Mask = np.any(rows_taken, axis=1)
    if not present.any():
        return None
    lowest = height - 1 - np.argmax(rows_taken[:, ::-1], axis=1)
    if lowest[present].max() >= (1 - _CLEAR_OF_BORDER) * height:
        return None
    times = np.arange(len(mask))
    rows = np.interp(times, times[present], lowest[present]).astype(np.float32)
    smooth: Float = cv2.GaussianBlur(rows[None], (0, 0), _SMOOTHING, borderType=cv2.BORDER_REPLICATE)[0]
    return smooth


def contact_shadow(alpha: Float, base: float, subject_height: float, strength: float) -> Float:
    """Return what part of the light is left, (H, W) in (0, 1], for a subject standing on row `base` of `alpha`."""
    foot = max(_FOOT_SHARE * subject_height, 4.0)
    flatten = np.array([[1, 0, 0], [0, _FLATNESS, base * (1 - _FLATNESS) + _FLATNESS * foot / 2]], np.float32)
    rows = np.arange(alpha.shape[0], dtype=np.float32)[:, None]
    low = alpha * np.clip((rows - (base - foot)) / (0.5 * foot), 0.0, 1.0)
    pressed = cv2.warpAffine(low, flatten, alpha.shape[::-1], flags=cv2.INTER_LINEAR)
    spread = cv2.GaussianBlur(pressed, (0, 0), sigmaX=0.5 * foot, sigmaY=max(0.18 * foot, 1.0))
    left: Float = (1.0 - strength * np.clip(1.6 * spread, 0.0, 1.0)).astype(np.float32)
    return left
