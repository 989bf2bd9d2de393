"""Other ways to read camera movement off the same matched points, for comparison: percent of the width."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.camera.movement import CUT_MOVEMENT
from sparkle.camera.points import Matches

Array = NDArray[np.float64]
LEAST_POINTS = 8


def homography(source: Array, target: Array, tolerance: float) -> Array | None:
    matrix, _ = cv2.findHomography(source, target, cv2.RANSAC, tolerance)
    return matrix


def affine(source: Array, target: Array, tolerance: float) -> Array | None:
    matrix, _ = cv2.estimateAffine2D(source, target, method=cv2.RANSAC, ransacReprojThreshold=tolerance)
    return None if matrix is None else np.vstack([matrix, [0, 0, 1]])


def similarity(source: Array, target: Array, tolerance: float) -> Array | None:
    matrix, _ = cv2.estimateAffinePartial2D(
        source, target, method=cv2.RANSAC, ransacReprojThreshold=tolerance
    )
    return None if matrix is None else np.vstack([matrix, [0, 0, 1]])


MODELS: Mapping[str, Callable[[Array, Array, float], Array | None]] = {
    "homography, RANSAC (paper)": homography,
    "affine, RANSAC": affine,
    "similarity, RANSAC": similarity,
}


def corner_movement(name: str, matches: Matches, corners: Array, tolerance: float) -> float:
    """Fit one model to one pair of frames; no fit at all counts as a cut."""
    if matches.found.sum() < LEAST_POINTS:
        return CUT_MOVEMENT
    source = matches.position[matches.found]
    cv2.setRNGSeed(0)
    matrix = MODELS[name](source, source + matches.displacement[matches.found] / 50, tolerance / 50)
    if matrix is None:
        return CUT_MOVEMENT
    moved = cv2.perspectiveTransform(corners[None], matrix)[0]
    return min(float(np.sqrt(((moved - corners) ** 2).sum(axis=1).mean()) * 50), CUT_MOVEMENT)


def points_that_left(matches: Matches, tolerance: float) -> float:
    """Share of the textured points that are not where they were."""
    still = matches.found & (np.linalg.norm(matches.displacement, axis=1) < tolerance)
    return 1 - float(still.sum() / max(matches.textured.sum(), 1))
