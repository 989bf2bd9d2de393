"""A graph cut with unaries of one's own, by way of OpenCV's GrabCut.

GrabCut takes its unaries from two colour mixtures and its smoothness from the picture's contrast. Here one channel
of the "picture" carries the log-odds, and both "mixtures" are single Gaussians along that channel, so that the
difference of their log densities is exactly the log-odds; the other two channels carry the contrast.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.roles import Image, Mask

MIDDLE = 128.0
STEP = 12.0
LARGEST_ODDS = 10.0
FLAT_VARIANCE = 1e6
# GrabCut weighs a contrast-free neighbour pair with 50; log-odds are scaled to that unit.
ODDS_UNIT = 12.0


def cut(log_odds: NDArray[np.float32], lab: Image) -> Mask:
    """Return the labelling that minimises log-odds plus contrast-weighted length of contour.

    log_odds: float32 (H, W), positive for foreground; 1 nat weighs as much as a quarter of one flat contour pixel.
    lab: uint8 (H, W, 3), 8-bit Lab, gives the contrast. Deterministic.
    """
    limited = np.clip(log_odds, -LARGEST_ODDS, LARGEST_ODDS)
    if not ((limited > 0).any() and (limited < 0).any()):
        return limited > 0
    coded = np.clip(MIDDLE + STEP * limited, 0, 255)
    tint = (lab[..., 1].astype(np.int16) + lab[..., 2]) // 2
    picture = np.dstack([coded, lab[..., 0], tint]).astype(np.uint8)
    labels = np.where(limited > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    background, foreground = (_gaussian(MIDDLE + sign * STEP) for sign in (-1, 1))
    cv2.setRNGSeed(0)
    everywhere = (0, 0, picture.shape[1], picture.shape[0])
    cv2.grabCut(picture, labels, everywhere, background, foreground, 1, cv2.GC_EVAL_FREEZE_MODEL)
    return np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))


def _gaussian(mean: float) -> NDArray[np.float64]:
    # Two means 2*STEP apart with this variance: log-odds grow by ODDS_UNIT for every STEP along the channel.
    variance = 2.0 * STEP * STEP / ODDS_UNIT
    model = np.zeros((1, 65))
    model[0, 0] = 1.0
    model[0, 5:8] = mean, MIDDLE, MIDDLE
    model[0, 20:29] = np.diag([variance, FLAT_VARIANCE, FLAT_VARIANCE]).ravel()
    return model
