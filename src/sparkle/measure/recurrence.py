"""How often a place looks the same again: a fixed camera's background comes back exactly, a moving subject does not."""

from __future__ import annotations

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.roles import Frames

MOMENTS = 17
NEAREST = 3
USUAL_FACTOR = 1.5
LEAST_TOLERANCE, MOST_TOLERANCE = 4.0, 12.0


def recurrence(lab: Frames, frame: int) -> NDArray[np.float32]:
    """Return float32 (H, W) in [0, 1]: how far each pixel of `frame` looks as it does at other moments, on average.

    lab: uint8 (T, H, W, 3), 8-bit Lab of a clip in steady colours. What counts as the same is the usual difference of
    the two frames (their median), so that noise and compression do not count as change. A clip of fewer than five
    frames has no other moments: 1 everywhere.
    """
    moments = np.unique(np.linspace(0, len(lab) - 1, MOMENTS).astype(np.int64))
    others = moments[np.abs(moments - frame) >= NEAREST]
    if not len(others):
        return np.ones(lab.shape[1:3], np.float32)
    total = np.zeros(lab.shape[1:3], np.float32)
    for other in others:
        difference = functools.reduce(cv2.max, cv2.split(cv2.absdiff(lab[frame], lab[other])))
        tolerance = float(np.clip(USUAL_FACTOR * np.median(difference), LEAST_TOLERANCE, MOST_TOLERANCE))
        likeness = np.exp(-0.5 * (np.arange(256, dtype=np.float32) / tolerance) ** 2).astype(np.float32)
        total += likeness[difference]
    return total / np.float32(len(others))
