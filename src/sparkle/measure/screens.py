"""Surfaces that light up: screens, windows, signs. Their pixels change, their outline never moves."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.measure.activity import Activity
from sparkle.measure.shapes import closed, components, filled, grown
from sparkle.roles import Mask

SMALLEST_SHARE, LARGEST_SHARE = 0.001, 0.2
ALMOST_RECTANGLE, RECTANGLE = 0.8, 0.93
CHANGES, AT_ONCE = 0.05, 0.5
EDGE = 3.0  # units of lightness a pixel
STRONG = 1.6
ALWAYS, OUTLINE_SHARE = 0.7, 0.6


def find_screens(activity: Activity) -> Mask:
    """Return where screens change, bool (h, w).

    A screen changes as a whole, and is a rectangle, or nearly one whose outline always shows.
    """
    steep = np.stack([_steepness(picture) for picture in activity.lab[..., 0]])
    always = np.mean([cv2.dilate(plane, np.ones((3, 3))) > EDGE for plane in steep], axis=0) > ALWAYS
    screens = np.zeros(activity.shape, bool)
    for part in components(closed(activity.ever > STRONG, 1), int(SMALLEST_SHARE * always.size)):
        whole = filled(part)
        outline = grown(whole, 1) & ~whole
        if whole.mean() > LARGEST_SHARE or not _changes_at_once(activity, part):
            continue
        filling = _share_of_rectangle(whole)
        shown = filling > ALMOST_RECTANGLE and float(always[outline].mean()) > OUTLINE_SHARE
        if shown or filling > RECTANGLE:
            screens |= grown(whole, 1)
    return screens


def _changes_at_once(activity: Activity, part: Mask) -> bool:
    """Whether the part changes as a whole when it changes: a thing that passes covers little of its way at a time."""
    shares = (activity.deviation[:, part] > 1).mean(1)
    changing = shares[shares > CHANGES]
    return bool(changing.size and np.median(changing) > AT_ONCE)


def _steepness(lightness: np.ndarray) -> np.ndarray:
    plane = np.ascontiguousarray(lightness)
    across, down = (cv2.Sobel(plane, cv2.CV_32F, *way, scale=1 / 8) for way in ((1, 0), (0, 1)))
    return np.sqrt(across * across + down * down)  # cv2.magnitude: see measure/agreement.py


def _share_of_rectangle(part: Mask) -> float:
    points = np.argwhere(part)[:, ::-1].astype(np.float32)
    _, (width, height), _ = cv2.minAreaRect(points)
    return float(part.sum()) / ((width + 1) * (height + 1))
