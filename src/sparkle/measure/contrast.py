"""What stands out from its surroundings: how large a step of colour lies on the smoothest way in from the border.

The minimum barrier distance of Strand et al. (2013), by sweeps as in Zhang et al. (2015), on each Lab channel.
"""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.measure.shapes import Plane
from sparkle.roles import Mask

PASSES = 3
# Who stands before a camera mostly stands on the lower border; only its corners are taken for background.
FREE_BELOW = 0.6
SMOOTHING = 1.0


def contrast_to_border(lab: Plane, background: Mask | None = None) -> Plane:
    """Return how far each pixel of Lab pictures (N, h, w, 3) stands out, float32 (N, h, w) >= 0, in units of Lab.

    background: bool (h, w), where ways in start; by default the border without the middle of its lower side. Where
    nothing can be reached, as without any start, the answer is 0.
    """
    start = border(lab.shape[1:3]) if background is None else background
    smooth = np.stack([cv2.GaussianBlur(picture, (0, 0), SMOOTHING) for picture in lab])
    values = np.ascontiguousarray(np.moveaxis(smooth, 0, 2).reshape(*start.shape, -1))
    distance = _barrier(values, start).reshape(*start.shape, len(lab), 3)
    together = np.sqrt(np.square(np.where(np.isfinite(distance), distance, 0)).sum(-1))
    stands_out: Plane = np.ascontiguousarray(np.moveaxis(together, 2, 0)).astype(np.float32)
    return stands_out


def border(shape: tuple[int, ...]) -> Mask:
    """Return the outermost pixels of a picture, bool (h, w), without the middle of the lower side."""
    height, width = shape
    around = np.zeros((height, width), bool)
    around[0] = around[-1] = around[:, 0] = around[:, -1] = True
    spared = int(width * (1 - FREE_BELOW) / 2)
    around[-1, spared : width - spared] = False
    return around


def _barrier(values: Plane, start: Mask) -> Plane:
    """The least, over ways from `start`, of the range of values on the way, for each plane of values (h, w, M)."""
    distance = np.where(start[..., None], 0, np.inf).astype(np.float32).repeat(values.shape[2], axis=2)
    highest, lowest = values.copy(), values.copy()
    planes = (values, distance, highest, lowest)
    for _ in range(PASSES):
        for turned in (planes, [plane.swapaxes(0, 1) for plane in planes]):
            _sweep(*turned)
            _sweep(*(plane[::-1] for plane in turned))
    return distance


def _sweep(values: Plane, distance: Plane, highest: Plane, lowest: Plane) -> None:
    """Carry ways from each row into the next, in place."""
    for row in range(1, len(values)):
        high = np.maximum(highest[row - 1], values[row])
        low = np.minimum(lowest[row - 1], values[row])
        reached = high - low
        reached[distance[row - 1] == np.inf] = np.inf
        better = reached < distance[row]
        np.copyto(distance[row], reached, where=better)
        np.copyto(highest[row], high, where=better)
        np.copyto(lowest[row], low, where=better)
