"""Does the subject belong to the new place: is its contour clean, and did its light change with the background's?"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.bench.metrics.inputs import Pair
from sparkle.measure.agreement import grow, shrink, shrink_mask
from sparkle.measure.contour import contour_hardness, old_background_rim
from sparkle.roles import Image, Mask

MOMENTS = 7
RIM_WIDTH = 416
CLEARANCE = 3  # pixels at the width to which `shrink` brings a picture
# Lab units: where the background's light changed less, the subject's need not have changed.
OTHER_LIGHT = 10.0


def measure_harmony(pair: Pair) -> dict[str, float]:
    """Return the quantities of contour and light, by name (see quantities.py); what cannot be told is absent."""
    rims: list[float] = []
    hardness: list[float] = []
    changes: list[NDArray[np.float64]] = []
    for key in pair.some_keys(MOMENTS):
        frame, mask = pair.keys[key], pair.masks[key]
        source, edited = pair.source[frame], pair.edited[frame]
        rim = old_background_rim(
            shrink(source, RIM_WIDTH), shrink(edited, RIM_WIDTH), shrink_mask(mask, RIM_WIDTH)
        )
        hard = contour_hardness(np.asarray(cv2.cvtColor(edited, cv2.COLOR_RGB2GRAY), np.float32), mask)
        rims += [] if rim is None else [rim]
        hardness += [] if hard is None else [hard]
        small = shrink_mask(mask)
        inside, outside = grow(small, -1), ~grow(small, CLEARANCE)
        if inside.any() and outside.any():
            changes.append(
                np.stack(
                    [_mean_light(edited, part) - _mean_light(source, part) for part in (inside, outside)]
                )
            )
    found = {}
    if rims:
        found["old_background_rim"] = float(np.median(rims))
    if hardness:
        found["contour_hardness"] = float(np.median(hardness))
    if changes:
        subject, background = np.linalg.norm(np.median(changes, axis=0), axis=1)
        if background > OTHER_LIGHT:
            found["light_followed"] = float(subject / background)
    return found


def _mean_light(picture: Image, where: Mask) -> NDArray[np.float64]:
    """Return the mean lightness and chroma, Lab (3,), of the shrunken picture."""
    lab = cv2.cvtColor(shrink(picture).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return np.asarray(lab[where].mean(axis=0), np.float64)
