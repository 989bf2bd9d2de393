"""A subject's contour in an edit: how much of the old background hangs on it, and how hard it is cut."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.measure.agreement import Map, grow, steepness
from sparkle.roles import Image, Mask

LEAST_RIM_PIXELS = 60
# A rim pixel is told from its new surroundings only where old and new background differ by this much (RGB
# levels).
TELLING_DIFFERENCE = 35.0
# Likewise a contour point must be this much steeper than what is around it, and enough of the contour must be so.
DOMINANT, LEAST_TELLING_CONTOUR = 1.6, 0.3


def old_background_rim(source: Image, edited: Image, mask: Mask) -> float | None:
    """Return the share of the pixels just outside the mask that look like the source and unlike what lies beyond.

    None where old and new background are too alike to tell.
    """
    distance = np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5))
    near, beyond = (distance >= 1) & (distance <= 2.5), ((distance > 5) & (distance <= 9)).astype(np.float32)
    old, new = source.astype(np.float32), edited.astype(np.float32)
    weight = _blur(beyond, 4.0)
    surroundings = _blur(new * beyond[..., None], 4.0) / (weight[..., None] + 1e-3)
    near &= weight > 0.05
    telling = np.linalg.norm((old - surroundings)[near], axis=1)
    told = telling > TELLING_DIFFERENCE
    if told.sum() < LEAST_RIM_PIXELS:
        return None
    left = np.linalg.norm((new - old)[near], axis=1)[told] / telling[told]
    return float(np.mean(left < 0.45))


def contour_hardness(grey: Map, mask: Mask) -> float | None:
    """Return how much steeper the contour is than after a blur; pasted cutouts exceed 4.

    Told only where the contour is the strongest edge around; None where that is too little of it, as with a mask
    that runs through the background's own texture.
    """
    fine = cv2.dilate(steepness(grey), np.ones((5, 5), np.uint8))
    coarse = steepness(_blur(grey, 2.5))
    contour = grow(mask, 1) & ~grow(mask, -1)
    told = contour & (coarse > np.maximum(6, DOMINANT * _blur(coarse, 8.0)))
    if told.sum() < max(50, LEAST_TELLING_CONTOUR * contour.sum()):
        return None
    return float(np.median(fine[told] / coarse[told]))


def _blur(values: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), np.float32)
