"""A picture out of focus: under a disc of light, as a lens draws a point that it is not focused on."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

DISC = 6  # radius in pixels at which a disc is round enough
_LIGHT = (np.arange(256, dtype=np.float32) / 255) ** np.float32(2.2)

Field = NDArray[np.float32]


def blurred(picture: NDArray[np.uint8], weight: Field, radius: float) -> NDArray[np.uint8]:
    """Return uint8 (H, W, 3) under a disc of `radius` pixels, in linear light; pixels count by `weight` (H, W) in
    [0, 1], and where none counts within reach, what is farther away fills it."""
    height, width = picture.shape[:2]
    step = max(1.0, radius / DISC)
    small = (max(1, round(width / step)), max(1, round(height / step)))
    light = cv2.resize(_LIGHT[picture] * weight[..., None], small, interpolation=cv2.INTER_AREA)
    share = cv2.resize(weight, small, interpolation=cv2.INTER_AREA)
    disc = _disc(radius / step)
    light, share = (
        cv2.filter2D(each, -1, disc, borderType=cv2.BORDER_REFLECT_101) for each in (light, share)
    )
    filled = np.clip(20 * share, 0, 1)
    found = light / np.maximum(share, 1e-6)[..., None] * filled[..., None]
    reach = max(2, round(radius / step))
    while filled.min() < 1 and reach < 2 * max(small):
        reach *= 2
        wide_light, wide_share = (cv2.blur(each, (2 * reach + 1,) * 2) for each in (light, share))
        taken = (1 - filled) * np.clip(20 * wide_share, 0, 1)
        found = found + (taken / np.maximum(wide_share, 1e-6))[..., None] * wide_light
        filled = filled + taken
    levels = 255 * np.clip(found, 0, 1) ** np.float32(1 / 2.2)
    large = cv2.resize(levels.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(large + 0.5, 0, 255), np.uint8)


def _disc(radius: float) -> Field:
    reach = int(np.ceil(radius))
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.clip(radius + 0.5 - np.hypot(rows, columns), 0, 1).astype(np.float32)
    return np.asarray(disc / disc.sum(), np.float32)
