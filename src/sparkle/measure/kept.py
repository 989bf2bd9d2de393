"""What an edit kept: places where the edited frame has the structure of the source frame, whatever their light."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.measure.shapes import Plane
from sparkle.roles import Image, Mask

WINDOW = 9
SAME_STRUCTURE = 0.75
TEXTURE = 4.0
INFORMATIVE = (0.02, 0.65)


def kept_structure(source: Image, edited: Image, size: tuple[int, int]) -> Mask | None:
    """Return where the edit kept the source, bool (h, w) for `size` = (w, h).

    None if that says nothing about the foreground: the edit kept nearly everything, or nearly nothing.
    """
    one, other = _grey(source, size), _grey(edited, size)
    covariance = _mean(one * other) - _mean(one) * _mean(other)
    spread_one = np.sqrt(np.maximum(_mean(one * one) - _mean(one) ** 2, 0))
    spread_other = np.sqrt(np.maximum(_mean(other * other) - _mean(other) ** 2, 0))
    textured = np.maximum(spread_one, spread_other) > TEXTURE
    correlation = covariance / np.maximum(spread_one * spread_other, 1.0)
    kept = textured & (correlation > SAME_STRUCTURE)
    share = kept.sum() / max(int(textured.sum()), 1)
    return kept if INFORMATIVE[0] < share < INFORMATIVE[1] else None


def _grey(image: Image, size: tuple[int, int]) -> Plane:
    small = cv2.resize(np.ascontiguousarray(image), size, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)


def _mean(plane: Plane) -> Plane:
    return cv2.boxFilter(plane, -1, (WINDOW, WINDOW)).astype(np.float32, copy=False)
