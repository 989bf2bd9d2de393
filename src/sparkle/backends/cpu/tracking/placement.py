"""Where the boxes say that subjects are, and where surely nobody is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sparkle.core.boxes import LabelledBox
from sparkle.roles import Anchor, Mask, Masks

BOX_MARGIN = 0.06
NEIGHBOURS = 2


def rasterise(boxes: Sequence[LabelledBox], scale: float, shape: tuple[int, int], margin: float) -> Mask:
    """Return the union of the boxes, times `scale`, as a mask of `shape`, each grown by `margin` of its longer side."""
    mask = np.zeros(shape, bool)
    for box in boxes:
        x1, y1, x2, y2 = (value * scale for value in box.xyxy)
        grow = margin * max(x2 - x1, y2 - y1)
        left, top = max(0, int(x1 - grow)), max(0, int(y1 - grow))
        mask[top : int(np.ceil(y2 + grow)) + 1, left : int(np.ceil(x2 + grow)) + 1] = True
    return mask


def surely_background(
    anchors: Sequence[Anchor], frame_count: int, scale: float, shape: tuple[int, int]
) -> Masks:
    """Return bool (T, H, W): outside the boxes of the two anchors before a frame and of the two after it.

    Asking several anchors makes one missing or misplaced box harmless.
    """
    ordered = sorted(anchors, key=lambda anchor: anchor.frame)
    inside = [rasterise(anchor.boxes, scale, shape, BOX_MARGIN) for anchor in ordered]
    times = np.array([anchor.frame for anchor in ordered])
    background = np.ones((frame_count, *shape), bool)
    for frame in range(frame_count):
        position = int(np.searchsorted(times, frame))
        for mask in inside[max(0, position - NEIGHBOURS) : position + NEIGHBOURS]:
            background[frame] &= ~mask
    return background
