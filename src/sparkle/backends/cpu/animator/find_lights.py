"""Where lamps and flames are: small spots that outshine their surroundings."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.backends.cpu.animator.noise import Field
from sparkle.backends.cpu.animator.view import Bools, View

FILLED_FRAME = 0.78  # a disc fills 0.785 of its frame, a flame less, a window more


def find_lights(view: View, sky: Bools, cloth: Bools) -> tuple[Bools, Bools]:
    """Spots that outshine their surroundings: yellow to orange ones with a hot core are flames, the others lamps."""
    strongest = view.rgb.max(axis=2)
    around = cv2.GaussianBlur(view.light, (0, 0), max(strongest.shape) / 14)
    # A bright curtain hangs before a window; what shines there is no lamp.
    barred = sky | (cv2.dilate(cloth.astype(np.uint8), np.ones((15, 31), np.uint8)) > 0)
    core = (view.light - around > 80) & (strongest > 205) & (around < 135) & ~barred
    reach = 2 * (max(strongest.shape) // 40) + 1
    near = cv2.dilate(core.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    spot = _compact(near & (view.light - around > 45) & ~barred) | _compact(core)
    red, _, blue = cv2.split(view.rgb)
    warm = (red - blue > 60) & (view.hue < 58)
    return _without_panes(_with_hot_core(spot & warm, view.light)), spot


def _without_panes(flames: Bools) -> Bools:
    """Drop what fills its own frame: a lit window is as warm and as hot as a flame, and must not bend."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(flames.astype(np.uint8), connectivity=8)
    width, height, area = stats[:, 2], stats[:, 3], stats[:, 4]
    pane = (area > FILLED_FRAME * width * height) & (np.minimum(width, height) >= 5)
    pane[0] = True
    return np.asarray(~pane[labels], dtype=bool)


def _with_hot_core(mask: Bools, light: Field) -> Bools:
    """Keep parts that are white-hot somewhere: what a flame lights up, however warm, is not."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8))
    hot = [i for i in range(1, count) if float(np.quantile(light[labels == i], 0.9)) > 205]
    return np.asarray(np.isin(labels, hot), dtype=bool)


def _compact(mask: Bools) -> Bools:
    """Keep parts of a lamp's size and shape: not the lit edge of a wall, not a window pane, not a whole table."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    width, height, area = (
        stats[:, cv2.CC_STAT_WIDTH],
        stats[:, cv2.CC_STAT_HEIGHT],
        stats[:, cv2.CC_STAT_AREA],
    )
    longest = 0.17 * max(mask.shape)
    good = (
        (area > 0.0001 * mask.size) & (np.maximum(width, height) < longest) & (area > 0.25 * width * height)
    )
    good &= width < 2 * height + 4
    good[0] = False
    return np.asarray(good[labels], dtype=bool)
