"""Masks made to fit the edge maps that they divide."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.core.errors import SampleError
from sparkle.roles import Masks

_ASPECT_TOLERANCE = 0.02


def resample_masks(mask: Masks, height: int, width: int) -> Masks:
    """Return the masks (T, height, width); a pixel belongs to the subject when more than half of its area does.

    Raises SampleError when the shape of the picture would change by more than 2 % (a crop is not a resampling).
    """
    _, own_height, own_width = mask.shape
    if (own_height, own_width) == (height, width):
        return mask
    if abs(own_width * height / (own_height * width) - 1) > _ASPECT_TOLERANCE:
        raise SampleError(
            f"the mask is {own_width}x{own_height}, the edges are {width}x{height}: not the same picture; "
            "track and draw edges on the same crop"
        )
    shrinks = height < own_height
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resampled = np.empty((len(mask), height, width), np.bool_)
    for index, frame in enumerate(mask):
        resampled[index] = (
            cv2.resize(frame.astype(np.float32), (width, height), interpolation=interpolation) > 0.5
        )
    return resampled


def dilate_masks(mask: Masks, pixels: int) -> Masks:
    """Return the masks (T, H, W) grown by a disc of `pixels` radius; 0 returns them as they are."""
    if pixels < 0:
        raise SampleError(f"a mask is dilated by 0 or more pixels, got {pixels}")
    if pixels == 0:
        return mask
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1))
    return np.stack([cv2.dilate(frame.astype(np.uint8), disc) > 0 for frame in mask])
