"""How good a mask, a matte or a box is. Axes: T frames, H rows, W columns. All are means over frames."""

from __future__ import annotations

import cv2
import numpy as np
from benchmarks.eyes.scene import Box, Picture
from numpy.typing import NDArray

from sparkle.roles import Masks

CONTOUR_TOLERANCE = 2 / 360
BAND = 6 / 360


def iou_per_frame(found: Masks, true: Masks) -> NDArray[np.float64]:
    """Return intersection over union of each frame (T,); 1 where both are empty."""
    shared = (found & true).sum(axis=(1, 2)).astype(np.float64)
    united = (found | true).sum(axis=(1, 2)).astype(np.float64)
    return np.divide(shared, united, out=np.ones_like(shared), where=united > 0)


def iou(found: Masks, true: Masks) -> float:
    """Return the mean of `iou_per_frame`."""
    return float(iou_per_frame(found, true).mean())


def boundary_f(found: Masks, true: Masks) -> float:
    """Return the mean F measure of contours that match within 2 pixels at 360 rows.

    Frames where neither has a contour do not count; one where only one of them has counts 0.
    """
    kernel = np.ones((3, 3), np.uint8)
    reach = 2 * max(1, round(CONTOUR_TOLERANCE * true.shape[1])) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    scores = []
    for one, two in zip(found.astype(np.uint8), true.astype(np.uint8), strict=True):
        a, b = (mask - cv2.erode(mask, kernel, borderValue=1) for mask in (one, two))
        if not a.any() and not b.any():
            continue
        precision = (a & cv2.dilate(b, disc)).sum() / max(1, a.sum())
        recall = (b & cv2.dilate(a, disc)).sum() / max(1, b.sum())
        scores.append(2 * precision * recall / max(precision + recall, 1e-9))
    return float(np.mean(scores)) if scores else 1.0


def flicker(found: Masks, true: Masks) -> float:
    """Return how much of the error comes and goes from frame to frame, in shares of the subject's area."""
    wrong = found ^ true
    change = (wrong[1:] ^ wrong[:-1]).sum(axis=(1, 2)).astype(np.float64)
    return float(change.mean() / max(1.0, float(true.sum(axis=(1, 2)).mean())))


def matte_error(matte: Picture, alpha: Picture) -> float:
    """Return the mean absolute error of a soft matte (T, H, W) against the true alpha, in a band around the true edge.

    The band is what lies within 6 pixels at 360 rows of a place that is neither all subject nor all background.
    Frames without the subject do not count.
    """
    reach = 2 * max(1, round(BAND * alpha.shape[1])) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    errors = []
    for found, true in zip(matte, alpha, strict=True):
        edge = ((true > 0.1) & (true < 0.9)).astype(np.uint8)
        band = cv2.dilate(edge, disc) > 0
        if band.any():
            errors.append(float(np.abs(found[band] - true[band]).mean()))
    return float(np.mean(errors)) if errors else 0.0


def box_iou(one: Box, other: Box) -> float:
    """Return intersection over union of two boxes."""
    width = max(min(one[2], other[2]) - max(one[0], other[0]), 0)
    height = max(min(one[3], other[3]) - max(one[1], other[1]), 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    united = sum(areas) - width * height
    return float(width * height / united) if united > 0 else 0.0


def correlation(first: list[float], second: list[float]) -> float | None:
    """Return Pearson's correlation, or None where one of the two does not vary or there are fewer than three."""
    if len(first) < 3 or np.std(first) == 0 or np.std(second) == 0:
        return None
    return float(np.corrcoef(first, second)[0, 1])
