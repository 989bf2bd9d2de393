"""Anti-aliased shapes on the picture that `Canvas.drawing` gives: points in pixels, tones in sRGB from 0 to 255."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

SHIFT = 4  # OpenCV takes points in 16ths of a pixel
Drawing = NDArray[np.uint8]
Tone = Sequence[float]


def sixteenths(points: ArrayLike) -> NDArray[np.int32]:
    """Pixels as the fixed-point numbers of OpenCV's drawing functions."""
    return np.asarray(np.asarray(points, dtype=np.float64) * (1 << SHIFT), dtype=np.int32)


def fill(drawing: NDArray[Any], shape: ArrayLike, tone: Tone) -> None:
    """Fill a convex polygon (K, 2)."""
    cv2.fillConvexPoly(drawing, sixteenths(shape), tuple(tone), cv2.LINE_AA, SHIFT)


def stroke(drawing: Drawing, points: ArrayLike, tone: Tone, thick: int = 1) -> None:
    """Draw a line through points (K, 2)."""
    cv2.polylines(drawing, [sixteenths(points)], False, tuple(tone), thick, cv2.LINE_AA, SHIFT)


def disc(
    drawing: Drawing, centre: Sequence[float], radii: Sequence[float], tone: Tone, turn: float = 0.0
) -> None:
    """Fill an ellipse, turned by `turn` degrees."""
    (cx, cy), (rx, ry) = sixteenths(centre).tolist(), sixteenths(radii).tolist()
    cv2.ellipse(drawing, (cx, cy), (rx, ry), turn, 0, 360, tuple(tone), -1, cv2.LINE_AA, SHIFT)
