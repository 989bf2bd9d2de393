"""Do a mask and the boxes that its subject was found in tell the same story? Boxes know nothing of pixels: whoever lost
a head or took in a hedge shows it by where the mask ends.

Boxes are inexact, and some are wrong: the median over the frames counts, for each of the four sides.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sparkle.roles import Mask, Masks

# Of the mask's pixels, on each side: specks and threads do not say where it ends.
STRAY = 0.01
OUTWARDS = np.array([-1.0, -1.0, 1.0, 1.0])

Bounds = tuple[float, float, float, float]


def box_signs(mask: Masks, boxes: Mapping[int, Bounds]) -> tuple[float, float]:
    """Return how far a mask, bool (T, H, W), ends within its boxes and how far it reaches beyond them, both from 0 on.

    boxes: by frame, (x1, y1, x2, y2) in pixels, around all that the mask should hold there. A length of one is the
    box's own side in that direction; the worst of the four sides counts. 0, 0 where no frame has both.
    """
    beyond = [
        _beyond(mask[frame], np.array(box, np.float64))
        for frame, box in boxes.items()
        if mask[frame].any() and box[2] > box[0] and box[3] > box[1]
    ]
    if not beyond:
        return 0.0, 0.0
    usual = np.median(beyond, axis=0)
    return max(0.0, float(-usual.min())), max(0.0, float(usual.max()))


def _beyond(mask: Mask, box: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each side of a mask lies outside that of its box, by the box's sides (4,)."""
    sides = np.tile(box[2:] - box[:2], 2)
    found: NDArray[np.float64] = OUTWARDS * (_bounds(mask) - box) / sides
    return found


def _bounds(mask: Mask) -> NDArray[np.float64]:
    columns, rows = (np.cumsum(mask.sum(axis=axis)) / mask.sum() for axis in (0, 1))
    first = [np.searchsorted(sums, STRAY) for sums in (columns, rows)]
    last = [np.searchsorted(sums, 1 - STRAY) + 1 for sums in (columns, rows)]
    return np.array([*first, *last], np.float64)
