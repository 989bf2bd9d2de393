"""Geodesic distance: how much colour changes on the smoothest way from one place to another.

Exact along rows (a running minimum), swept over the rows in both directions until nothing changes: no heap and no
graph, and many pictures at a time (compare Toivanen 1996, Criminisi et al. 2008).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.roles import Frames, Masks

Field = NDArray[np.float32]

CHROMA_WEIGHT = 1.5
UNNOTICED = 1.5
LENGTH_COST = 0.02
FAR = np.float32(1e4)
MOST_ROUNDS = 6
SETTLED = 0.05


def geodesic_distance(lab: Frames, seeds: Masks) -> Field:
    """Return float32 (N, H, W): the least sum of colour steps on a 4-connected way from a seed, in 8-bit Lab levels.

    lab: uint8 (N, H, W, 3); seeds: bool (N, H, W), where the distance is 0. Steps below 1.5 levels cost next to
    nothing. Where a picture has no seed the distance is 1e4.
    """
    smooth = np.stack([cv2.bilateralFilter(picture, 5, 12, 3) for picture in lab]).astype(np.float32)
    smooth[..., 1:] *= CHROMA_WEIGHT
    down, right = (_step_costs(np.diff(smooth, axis=axis)) for axis in (1, 2))
    # Cost of going along a row from its first pixel: the way between two pixels is the difference.
    along = np.pad(np.cumsum(right, axis=2, dtype=np.float32), ((0, 0), (0, 0), (1, 0)))
    distance = np.where(seeds, np.float32(0), FAR).astype(np.float32)
    for _ in range(MOST_ROUNDS):
        before = distance.copy()
        for order in (range(distance.shape[1]), range(distance.shape[1] - 1, -1, -1)):
            _sweep(distance, along, down, order)
        if float(np.abs(distance - before).max(initial=0.0)) < SETTLED:
            break
    return distance


def _step_costs(steps: Field) -> Field:
    largest = np.abs(steps).max(axis=-1)
    costs: Field = (np.maximum(largest - UNNOTICED, 0.0) + LENGTH_COST).astype(np.float32)
    return costs


def _sweep(distance: Field, along: Field, down: Field, order: range) -> None:
    previous = None
    for y in order:
        row = distance[:, y]
        if previous is not None:
            np.minimum(row, distance[:, previous] + down[:, min(y, previous)], out=row)
        way = along[:, y]
        np.minimum(row, np.minimum.accumulate(row - way, axis=1) + way, out=row)
        np.minimum(row, np.minimum.accumulate((row + way)[:, ::-1], axis=1)[:, ::-1] - way, out=row)
        previous = y
