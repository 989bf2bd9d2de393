"""The old background, seen by the fixed camera whenever the subject was elsewhere."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.backends.cpu.compositor.extend import extend_colours
from sparkle.backends.cpu.compositor.light import Float
from sparkle.backends.cpu.compositor.window import sampled
from sparkle.roles import Frames, Masks

PLATE_FRAMES = 24


def source_plate(source: Frames, mask: Masks, clearance: int) -> Float:
    """Return the old background without the subject, float32 (H, W, 3) in [0, 255].

    Mean of the frames in which a pixel lies more than `clearance` pixels from the mask; pixels that were never
    seen take colours extended from their surroundings.
    """
    height, width = mask.shape[1:]
    total = np.zeros((height, width, 3), np.float32)
    count = np.zeros((height, width), np.float32)
    size = 2 * clearance + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    for index in sampled(len(source), PLATE_FRAMES):
        seen = cv2.dilate(mask[index].astype(np.uint8), kernel) == 0
        total += source[index] * seen[..., None]
        count += seen
    mean = total / np.maximum(count, 1.0)[..., None]
    return extend_colours(mean, (count > 0).astype(np.float32))
