"""From where a person was filmed, as far as a face tells: the row of the eyes, how large a metre is, where feet are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sparkle.measure.faces import find_heads
from sparkle.roles import Frames

LOOKED_AT = 5  # frames
# Of the face boxes of OpenCV's cascade, which go from the brow to below the lips, and of a grown person who stands.
EYES_IN_FACE = 0.38
FACE_M = 0.19
EYES_ABOVE_FEET_M = 1.57


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """The row of the largest person's eyes, and how many pixels a metre is there."""

    eye_row: float
    metre: float

    @property
    def feet_row(self) -> float:
        """Where the feet are of a grown person who stands; it may lie below the picture."""
        return self.eye_row + EYES_ABOVE_FEET_M * self.metre


def viewpoint_of(frames: Frames) -> Viewpoint | None:
    """Return the viewpoint of a clip (T, H, W, 3) by its largest frontal face; None where no face lasts."""
    indices = np.unique(np.linspace(0, len(frames) - 1, LOOKED_AT).astype(int)).tolist()
    heads = find_heads(frames, indices, np.zeros((1, 1), np.bool_))
    if not heads:
        return None
    _, top, _, high = heads[0].typical
    return Viewpoint(top + EYES_IN_FACE * high, high / FACE_M)
