"""Does a mask contradict itself? A fixed camera's place that looks the same at two moments shows the same thing.

A hole that opens and closes, a piece of background that is kept for a while, hair that is lost on half of the frames:
each is held at one moment and left out at another, though nothing there has changed. A subject that comes to cover a
place changes how it looks, unless it has the background's colours there.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.measure.masked_clip import Field, MaskedClip
from sparkle.roles import Frames, Mask

# Of the usual difference of two moments (their median, in Lab levels): noise is no change.
USUAL_FACTOR, LEAST_TOLERANCE, MOST_TOLERANCE = 1.5, 3.0, 8.0
SMOOTHED = 3  # pixels a side
DECIDED = 1.5  # pixels from the contour: nearer, masks may differ
WITNESSES = 2  # other moments that contradict


def contradicted(clip: MaskedClip) -> Field:
    """Return how much is held or left out against the mask of other moments, by the mask's area, float32 (N,)."""
    held, left_out = clip.beyond < -DECIDED, clip.beyond > DECIDED
    smooth = np.stack([cv2.blur(one, (SMOOTHED, SMOOTHED)) for one in clip.lab])
    found = np.zeros(len(clip.mask), np.float32)
    for at, mask in enumerate(clip.mask):
        alike = _alike(smooth, at)
        against = np.where(mask, (alike & left_out).sum(axis=0), (alike & held).sum(axis=0)) >= WITNESSES
        against &= held[at] | left_out[at]
        found[at] = _opened(against).sum() / clip.sides[at] ** 2
    return found


def _alike(lab: Frames, at: int) -> NDArray[np.bool_]:
    """Return where each moment looks as one of them, bool (N, H, W); that one itself nowhere."""
    alike = np.zeros(lab.shape[:3], np.bool_)
    for other in range(len(lab)):
        if other != at:
            difference = cv2.absdiff(lab[at], lab[other]).max(axis=-1)
            usual = USUAL_FACTOR * float(np.median(difference))
            alike[other] = difference <= np.clip(usual, LEAST_TOLERANCE, MOST_TOLERANCE)
    return alike


def _opened(mask: Mask) -> Mask:
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0
