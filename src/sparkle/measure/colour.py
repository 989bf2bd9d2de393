"""Smoothed colour histograms as densities: cheap to learn, and to look up for a whole frame at once."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.roles import Image

LEVELS = 32
BINS = LEVELS**3
BIN_VOLUME = 8 * 4 * 4
SMOOTHING = 0.9
UNSEEN = 0.03

BinIndex = NDArray[np.uint16]
PerBin = NDArray[np.float32]
Weight = NDArray[np.float32]


def colour_bins(lab: Image) -> BinIndex:
    """Return the bin of each pixel of an 8-bit Lab picture (.., 3); a and b are sampled more finely than lightness."""
    lightness = lab[..., 0].astype(np.uint16) >> 3
    red_green = (np.clip(lab[..., 1], 64, 191).astype(np.uint16) - 64) >> 2
    yellow_blue = (np.clip(lab[..., 2], 64, 191).astype(np.uint16) - 64) >> 2
    return ((lightness << 10) | (red_green << 5) | yellow_blue).astype(np.uint16)


def count_colours(bins: BinIndex, weight: Weight) -> PerBin:
    """Return the weighted count of each bin, float32 (BINS,)."""
    return np.bincount(bins.ravel(), weights=weight.ravel(), minlength=BINS).astype(np.float32)


def density(counts: PerBin) -> PerBin:
    """Return the probability of each bin: smoothed counts, mixed with a uniform share for colours never seen."""
    cube = counts.reshape(LEVELS, LEVELS, LEVELS)
    for _ in range(3):
        rows = np.ascontiguousarray(cube).reshape(LEVELS, -1)
        smooth = cv2.GaussianBlur(rows, (1, 5), sigmaX=SMOOTHING, borderType=cv2.BORDER_REPLICATE)
        # Rotate the axes, so that after three rounds each was smoothed and all are back in place.
        cube = smooth.astype(np.float32).reshape(LEVELS, LEVELS, LEVELS).transpose(1, 2, 0)
    total = float(cube.sum())
    if total <= 0:
        return np.full(BINS, 1.0 / BINS, np.float32)
    return ((1.0 - UNSEEN) * cube.ravel() / total + UNSEEN / BINS).astype(np.float32)


def shaded_bins(shade: float) -> BinIndex:
    """Return, for each bin, the bin of its colour in a shadow that leaves `shade` in (0, 1] of the light."""
    index = np.arange(BINS)
    lightness, red_green, yellow_blue = index >> 10, (index >> 5) & 31, index & 31
    middle = LEVELS // 2
    dark = (np.floor((lightness + 0.5) * shade)).astype(np.int64)
    chroma = [
        np.floor((part + 0.5 - middle) * shade + middle).astype(np.int64) for part in (red_green, yellow_blue)
    ]
    bins: BinIndex = ((dark << 10) | (chroma[0] << 5) | chroma[1]).astype(np.uint16)
    return bins
