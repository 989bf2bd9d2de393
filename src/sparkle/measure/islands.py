"""Specks: islands and holes too small to be part of the subject or a view through it."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.roles import Mask

ISLAND_SHARE = 0.004
HOLE_SHARE = 0.01


def without_specks(mask: Mask) -> Mask:
    """Return the mask (H, W) without islands and enclosed holes that are tiny against its own area.

    Islands and holes at the border of the picture stay: they may go on outside.
    """
    area = float(mask.sum())
    kept = _large_parts(mask, ISLAND_SHARE * area)
    return ~_large_parts(~kept, HOLE_SHARE * area)


def _large_parts(mask: Mask, limit: float) -> Mask:
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    left, top, width, height, area = statistics.T
    at_border = (left == 0) | (top == 0) | (left + width == mask.shape[1]) | (top + height == mask.shape[0])
    large = (area > limit) | at_border
    large[0] = False
    parts: Mask = large[labels]
    return parts
