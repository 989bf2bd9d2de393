"""Jumps of exposure, contrast and saturation at a clip's start, evened out.

Generated and heavily compressed clips often need some frames to settle. Each of the first frames is brought to
the look of the frame where the clip has settled, by one affine map of its colours. Maps are fitted between
neighbouring frames, pixel to pixel and robustly, where both show the subject; a subject that turns or moves its
arms leaves outliers, and a map that does not explain the change of the whole distribution is refused.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.compositor.light import Float
from sparkle.roles import Frames, Image, Mask, Masks

_NO_CHANGE = 0.8  # mean difference in levels below which two frames have the same exposure
_LEAST_PIXELS = 400
_MOST_PIXELS = 6000
_ROUNDS = 6
_STIFFNESS = 3.6  # levels; colours that vary less than this leave the map near the identity

IDENTITY = np.eye(3, 4, dtype=np.float32)


def settling_maps(source: Frames, mask: Masks, settle: int) -> Float:
    """Return (T, 3, 4) affine maps of a frame's colours (0..255) that give it the look of frame `settle`.

    The identity from frame `settle` on, and wherever neighbouring frames agree.
    """
    maps = np.tile(IDENTITY, (len(source), 1, 1))
    for index in range(min(settle, len(source) - 1) - 1, -1, -1):
        step = _map_between(source[index], source[index + 1], mask[index] & mask[index + 1])
        following = maps[index + 1]
        maps[index] = following[:, :3] @ step
        maps[index, :, 3] += following[:, 3]
    return maps


def settled(frame: Image, colour_map: Float) -> Image:
    """Return the frame with its colours mapped, clipped to 0..255."""
    if np.array_equal(colour_map, IDENTITY):
        return frame
    return np.asarray(cv2.transform(frame, colour_map), np.uint8)


def _map_between(first: Image, second: Image, both: Mask) -> Float:
    """(3, 4) map from `first` to `second`; the identity when there is no jump between them."""
    inner = cv2.erode(both.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    count = int(np.count_nonzero(inner))
    if count < _LEAST_PIXELS:
        return IDENTITY
    every = count // _MOST_PIXELS + 1
    before = cv2.blur(first, (5, 5))[inner][::every].astype(np.float32)
    after = cv2.blur(second, (5, 5))[inner][::every].astype(np.float32)
    colour_map = _robust_map(before, after)
    mapped = before @ colour_map[:, :3].T + colour_map[:, 3]
    change = float(np.abs(mapped - before).mean(axis=0).max())
    explained = _apart(mapped, after) < 0.6 * _apart(before, after)
    return colour_map if change >= _NO_CHANGE and explained else IDENTITY


def _apart(first: NDArray[np.floating], second: Float) -> float:
    """Mean distance of two distributions of colours, channel by channel, in levels."""
    return float(np.abs(np.sort(first, axis=0) - np.sort(second, axis=0)).mean())


def _robust_map(before: Float, after: Float) -> Float:
    """Least squares, reweighted so that outliers lose their say (Geman and McClure's weights)."""
    weight = np.ones(len(before), np.float64)
    colour_map = IDENTITY.astype(np.float64)
    for _ in range(_ROUNDS):
        total = weight.sum()
        x, y = weight @ before / total, weight @ after / total
        spread = (before - x).T @ ((before - x) * weight[:, None]) / total
        together = (after - y).T @ ((before - x) * weight[:, None]) / total
        stiff = _STIFFNESS**2 * np.eye(3)
        colour_map[:, :3] = np.linalg.solve(spread + stiff, (together + stiff).T).T
        colour_map[:, 3] = y - colour_map[:, :3] @ x
        residual = np.linalg.norm(after - before @ colour_map[:, :3].T - colour_map[:, 3], axis=1)
        scale = 2.0 * max(float(np.median(residual)), 1.5)
        weight = 1.0 / (1.0 + (residual / scale) ** 2) ** 2
    return colour_map.astype(np.float32)
