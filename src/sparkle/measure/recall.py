"""Finds again what stood in a box on frame 0, by its looks: for boxes that a person or another model drew."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.core.boxes import LabelledBox
from sparkle.roles import Image

SEARCH_WIDTH = 320
REACH = 0.6
ALIKE = 0.6


def find_patch(first: Image, frame: Image, wanted: LabelledBox) -> LabelledBox | None:
    """Return where the contents of `wanted` on the first frame lie on `frame`, or None if nothing looks like them.

    Normalised cross-correlation at one size, within about half a box's size around the old place.
    """
    height, width = first.shape[:2]
    scale = min(SEARCH_WIDTH / max(width, height), 1.0)
    x1, y1, x2, y2 = (round(value * scale) for value in wanted.xyxy)
    patch = _small(first, scale)[y1:y2, x1:x2]
    reach_x, reach_y = int(REACH * (x2 - x1)) + 4, int(REACH * (y2 - y1)) + 4
    left, top = max(x1 - reach_x, 0), max(y1 - reach_y, 0)
    around = _small(frame, scale)[top : y2 + reach_y, left : x2 + reach_x]
    if min(patch.shape[:2]) < 4 or float(patch.std()) < 1.0:
        return None
    _, best, _, (dx, dy) = cv2.minMaxLoc(cv2.matchTemplate(around, patch, cv2.TM_CCOEFF_NORMED))
    if best < ALIKE:
        return None
    shift_x, shift_y = (left + dx - x1) / scale, (top + dy - y1) / scale
    moved = np.add(wanted.xyxy, (shift_x, shift_y, shift_x, shift_y))
    x1, y1, x2, y2 = np.clip(moved, 0, (width, height, width, height)).tolist()
    return LabelledBox(wanted.label, (x1, y1, x2, y2)) if x2 - x1 > 1 and y2 - y1 > 1 else None


def _small(image: Image, scale: float) -> Image:
    resized = cv2.resize(np.ascontiguousarray(image), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return resized.astype(np.uint8, copy=False)
