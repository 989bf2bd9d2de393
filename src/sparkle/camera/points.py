"""Well-spread points, and where they went: one corner in each cell of the picture, followed by optical flow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Image = NDArray[np.uint8]
FlowFunction = Callable[[Image, Image], NDArray[np.float32]]

PATCH_RADIUS = 5


@dataclass(frozen=True, slots=True)
class Points:
    """One point for each cell of the picture.

    `xy` (N, 2) in pixels, `strength` (N,) its corner strength, `patches` (N, P): the centred grey values around it.
    """

    xy: Array
    strength: Array
    patches: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Matches:
    """Points of one frame found again in another.

    `position` (N, 2): x in [-1, 1] across the width, y by the same scale, from the picture's centre.
    `displacement` (N, 2): in percent of the width. `textured` (N,) bool: the point can be recognised at all;
    `found` (N,) bool: it is textured and looks the same where the flow ends.
    """

    position: Array
    displacement: Array
    textured: NDArray[np.bool_]
    found: NDArray[np.bool_]


def spread_points(grey: Image, cells: int) -> Points:
    """Return the strongest corner (least eigenvalue of the gradient's covariance) of each cell of an (H, W) image."""
    height, width = grey.shape
    side = -(-width // cells)
    strength = cv2.cornerMinEigenVal(cv2.GaussianBlur(grey, (0, 0), 1.0), 7, ksize=3)
    margin = PATCH_RADIUS + 1
    inner = np.full((-(-height // side) * side, -(-width // side) * side), -1.0, np.float32)
    inner[margin : height - margin, margin : width - margin] = strength[margin:-margin, margin:-margin]
    rows, columns = inner.shape[0] // side, inner.shape[1] // side
    by_cell = (
        inner.reshape(rows, side, columns, side).transpose(0, 2, 1, 3).reshape(rows * columns, side * side)
    )
    best = by_cell.argmax(axis=1)
    cell = np.arange(rows * columns)
    xy = np.stack([cell % columns * side + best % side, cell // columns * side + best // side], axis=1)
    kept = by_cell[cell, best] >= 0
    places = xy[kept].astype(float)
    return Points(places, by_cell[cell, best][kept].astype(float), _patches(grey, places))


def follow_points(
    points: Points, target: Image, flow: NDArray[np.float32], texture: float, correlation: float
) -> Matches:
    """Follow the points of one frame along a dense flow (H, W, 2) in pixels into the grey image `target` (H, W).

    Points are found again by the normalised correlation of small patches, which neither brightness nor contrast
    changes.
    """
    height, width = target.shape
    columns, rows = points.xy.T.astype(int)
    shift = flow[rows, columns].astype(float)
    textured = points.strength > texture
    patches, others = points.patches[textured], _patches(target, (points.xy + shift)[textured])
    squares = np.einsum("np,np->n", patches, patches) * np.einsum("np,np->n", others, others)
    likeness = np.einsum("np,np->n", patches, others) / np.sqrt(np.maximum(squares, 1e-6))
    found = textured.copy()
    found[textured] = likeness > correlation
    centre = np.array([width, height]) / 2
    position, displacement = (points.xy - centre) / (width / 2), shift / width * 100
    return Matches(position, displacement, textured, found)


def _patches(image: Image, xy: Array) -> NDArray[np.float32]:
    if not len(xy):
        return np.zeros((0, (2 * PATCH_RADIUS + 1) ** 2), np.float32)
    offset = np.arange(-PATCH_RADIUS, PATCH_RADIUS + 1, dtype=np.float32)
    x, y = xy.astype(np.float32).T
    columns = x[:, None] + np.tile(offset, len(offset))
    rows = y[:, None] + np.repeat(offset, len(offset))
    values = cv2.remap(image.astype(np.float32), columns, rows, cv2.INTER_LINEAR)
    values -= values.mean(axis=1, keepdims=True)
    return np.asarray(values, np.float32)
