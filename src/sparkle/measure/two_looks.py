"""Of two looks of one place, which is the background's: the one whose picture has no edge round what changed.

Whoever stands before something ends where his outline is; when he is gone, the background goes on through that outline.
So what differs from the calm picture is held against it along its contour: the picture with the stronger edges there
shows the subject. The calm picture itself may be the one, if the subject rested for most of the clip (the ghosts of
background subtraction; compare Cucchiara et al., 2003, where motion tells them).
"""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.measure.activity import Activity
from sparkle.measure.cast_light import is_cast_light
from sparkle.measure.shapes import Plane, closed, components, grown
from sparkle.roles import Mask

SMALLEST_SHARE = 0.001
FAINT = 2.0  # Lab a pixel: edges below it tell nothing
CLEAR = 0.3  # relative difference of the edges from which the answer is sure


def calm_is_background(activity: Activity) -> Plane:
    """Return how far the calm picture shows the background, float32 (h, w) in [-1, 1].

    -1: it shows the subject there; 0 where nothing ever differs from it, or where edges do not tell.
    """
    calm = np.median(activity.lab, axis=0).astype(np.float32)
    calm_edges = _edges(calm)
    light = is_cast_light(activity.lab, calm)
    total, count = np.zeros(activity.shape, np.float32), np.zeros(activity.shape, np.float32)
    smallest = max(int(SMALLEST_SHARE * calm_edges.size), 4)
    for lab, deviation, lit in zip(activity.lab, activity.deviation, light, strict=True):
        edges = _edges(lab)
        for part in components(closed((deviation > 1) & ~lit, 1), smallest):
            contour = _contour(part)
            if not contour.any():
                continue
            now, rest = float(edges[contour].mean()), float(calm_edges[contour].mean())
            total[part] += (now - rest) / (now + rest + FAINT)
            count[part] += 1
    mean = total / np.maximum(count, 1)
    told: Plane = np.clip(mean / CLEAR, -1, 1).astype(np.float32)
    return told


def _edges(lab: Plane) -> Plane:
    slopes = [cv2.Sobel(lab, cv2.CV_32F, *way, scale=1 / 8) for way in ((1, 0), (0, 1))]
    steep: Plane = np.sqrt(sum(np.square(slope).sum(-1) for slope in slopes)).astype(np.float32)
    return steep


def _contour(part: Mask) -> Mask:
    """Return the line along a part's contour, two pixels wide; the border of the picture is none."""
    inside = np.pad(part, 1, mode="edge")
    inner = cv2.erode(inside.astype(np.uint8), np.ones((3, 3), np.uint8))[1:-1, 1:-1] > 0
    line: Mask = grown(part, 1) & ~inner
    return line
