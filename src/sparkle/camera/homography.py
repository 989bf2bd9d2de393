"""A homography of two pictures from points that moved: a similarity, and as much more as the points insist on.

Eight numbers fitted to points that lie in one corner say anything about the others. So the six that a similarity does
not have (stretch, shear, perspective) are drawn to zero by a prior in units of evidence: few or badly spread points
give a similarity, many give what they show. How well the corners are known follows from the same equations.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEAST_POINTS = 8
ROUNDS = 12
CLOSE = 0.0035  # of the width: points that miss a first guess by more do not belong to it
LEAST_NOISE = 0.0002  # of the width; points are never found better
TOGETHER = 2.0  # points of one thing err together: so much less is known than from points that err apart
# How far the numbers of `_rows` are likely to go beyond the similarity that most points agree on.
LIKELY = np.array([1.0, 1.0, 1.0, 1.0, 0.01, 0.01, 0.01, 0.01])


@dataclass(frozen=True, slots=True)
class Fit:
    """A homography (3, 3) in units of the width from the centre, the share of the points that agree with it, and the
    variance of the picture's corners under it, in percent of the width squared."""

    homography: Array
    support: float
    variance: float


def moved(homography: Array, points: Array) -> Array:
    """Return points (N, 2) where a homography puts them."""
    x, y = points.T
    bottom = homography[2, 0] * x + homography[2, 1] * y + homography[2, 2]
    across = homography[0, 0] * x + homography[0, 1] * y + homography[0, 2]
    down = homography[1, 0] * x + homography[1, 1] * y + homography[1, 2]
    return np.stack([across / bottom, down / bottom], axis=1)


def scaled(homography: Array) -> Array:
    """Return the same homography with 1 as its last number."""
    return np.asarray(homography / homography[2, 2])


def relative_to(first: Array, second: Array) -> Array:
    """Return the second of two places as it lies in the first."""
    return np.asarray(np.linalg.solve(first, second), np.float64)


def corners_of(aspect: float) -> Array:
    """Return the corners (4, 2) of a picture whose height is `aspect` of its width, in units of the width."""
    return np.array([[-0.5, -aspect / 2], [0.5, -aspect / 2], [0.5, aspect / 2], [-0.5, aspect / 2]])


def corner_errors(first: Array, second: Array, aspect: float) -> Array:
    """Return how far apart two homographies put a picture's corners (4,), in percent of the width."""
    corners = corners_of(aspect)
    return np.asarray(100 * np.linalg.norm(moved(first, corners) - moved(second, corners), axis=1))


def fit_homography(source: Array, target: Array, aspect: float) -> Fit | None:
    """Return the homography from points (N, 2) to where they went (N, 2), in units of the width from the centre.

    Points that disagree (a subject that moves) are left out. None for fewer than LEAST_POINTS, or where no
    similarity explains as many.
    """
    if len(source) < LEAST_POINTS:
        return None
    guess, inliers = cv2.estimateAffinePartial2D(
        source, target, method=cv2.RANSAC, ransacReprojThreshold=CLOSE, maxIters=500, confidence=0.999
    )
    if guess is None or inliers.sum() < LEAST_POINTS:
        return None
    homography = np.vstack([guess, [0.0, 0.0, 1.0]])
    prior = np.diag(1 / LIKELY**2)
    total = np.zeros(8)
    for _ in range(ROUNDS):
        there = moved(homography, source)
        miss = target - there
        distance = np.linalg.norm(miss, axis=1)
        near = distance < 3 * CLOSE
        noise = min(CLOSE, max(LEAST_NOISE, 1.2 * float(np.median(distance[near])) if near.any() else CLOSE))
        weight = np.square(np.clip(1 - (distance / (4 * noise)) ** 2, 0.0, None))
        rows = _rows(there)
        pull = np.repeat(weight, 2)[:, None] * rows / noise**2
        normal = pull.T @ rows + prior
        step = np.asarray(np.linalg.solve(normal, pull.T @ miss.ravel() - prior @ total), np.float64)
        total += step
        homography = scaled(_small(step) @ homography)
        if np.abs(step).max() < 1e-7:
            break
    kept = float(weight.sum())
    if kept < LEAST_POINTS / 2:
        return None
    spread = _rows(moved(homography, corners_of(aspect)))
    variance = (
        np.einsum("ij,jk,ik->i", spread, np.linalg.inv(normal), spread).reshape(-1, 2).sum(axis=1).max()
    )
    return Fit(homography, float((weight > 0).mean()), TOGETHER**2 * float(variance) * 1e4)


def _rows(points: Array) -> Array:
    """Return (2 N, 8): how a small homography's numbers move points: x, y, zoom, turn, stretch, shear, perspective."""
    x, y = points.T
    one, zero = np.ones_like(x), np.zeros_like(x)
    across = np.stack([one, zero, x, -y, x, y, x * x, x * y], axis=1)
    down = np.stack([zero, one, y, x, -y, x, x * y, y * y], axis=1)
    return np.stack([across, down], axis=1).reshape(-1, 8)


def _small(step: Array) -> Array:
    """Return the homography that moves points as `_rows` says, to the first order."""
    x, y, zoom, turn, stretch, shear, left, up = step
    return np.array(
        [[1 + zoom + stretch, shear - turn, x], [shear + turn, 1 + zoom - stretch, y], [-left, -up, 1.0]]
    )
