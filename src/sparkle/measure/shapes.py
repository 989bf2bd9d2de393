"""Small operations on working-size masks: closing, holes, components, bounds."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.roles import Mask

Plane = NDArray[np.float32]


def closed(mask: Mask, radius: int) -> Mask:
    """Close gaps up to twice the radius; what touches the frame's border is closed as if it went on beyond."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    padded = np.pad(mask.astype(np.uint8), radius, mode="edge")
    return cv2.morphologyEx(padded, cv2.MORPH_CLOSE, kernel)[radius:-radius, radius:-radius] > 0


def filled(mask: Mask) -> Mask:
    """Fill what is enclosed, by the mask alone or by the mask and the frame's sides and lower border."""
    open_above = np.pad(~mask, ((1, 0), (0, 0)), constant_values=True).astype(np.uint8)
    _, labels = cv2.connectedComponents(open_above, connectivity=4)
    enclosed: Mask = labels[1:] != labels[0, 0]
    return enclosed


def components(mask: Mask, smallest: int) -> list[Mask]:
    """Return the 8-connected components of at least `smallest` pixels, the largest first."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    sizes = stats[:, cv2.CC_STAT_AREA]
    order = sorted(range(1, count), key=lambda index: -int(sizes[index]))
    return [labels == index for index in order if sizes[index] >= smallest]


def grown(mask: Mask, radius: int) -> Mask:
    """Dilate by a disc."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cv2.dilate(mask.astype(np.uint8), kernel) > 0


def depth(mask: Mask) -> Plane:
    """Return each pixel's distance to the outside, float32 (h, w); the frame's border is no outside."""
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    return cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1].astype(np.float32, copy=False)


def coordinates(shape: tuple[int, int]) -> tuple[Plane, Plane]:
    """Return x and y of each pixel, float32 (h, w)."""
    rows, columns = np.indices(shape)
    return columns.astype(np.float32), rows.astype(np.float32)


def bounds(mask: Mask) -> tuple[int, int, int, int]:
    """Return (x1, y1, x2, y2) of a mask that is not empty; x2 and y2 are one past the last pixel."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
