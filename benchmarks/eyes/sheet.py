"""A contact sheet of a tracked clip: the only way to see what a figure means."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from benchmarks.eyes.scene import Clip

from sparkle.roles import Mask, Masks
from sparkle.video import write_image

SHOWN = 5
TRUE, FOUND = (60, 255, 60), (255, 40, 40)


def write_sheet(path: Path, clip: Clip, found: Masks) -> None:
    """Write frames side by side as PNG, above with the true outline green and the found one red, below as they are."""
    frames = np.linspace(0, len(clip.frames) - 1, SHOWN).round().astype(int)
    columns = []
    for frame in frames:
        marked = clip.frames[frame].copy()
        marked[_outline(clip.mask[frame])] = TRUE
        marked[_outline(found[frame])] = FOUND
        columns.append(np.vstack([marked, clip.frames[frame]]))
    write_image(path, np.hstack(columns))


def _outline(mask: Mask) -> Mask:
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
