"""Smoothed colour histograms as densities: cheap to learn, and to look up for a whole frame at once."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class ColourModels:
    """Densities over the bins of the subject's and the background's colours, as one pass knows them."""

    subject: PerBin
    background: PerBin

    @classmethod
    def guessed(cls, bins: BinIndex, subject: Weight, elsewhere: PerBin) -> ColourModels:
        """Start from a soft guess (H, W) of the subject and the colour counts of the known background."""
        return cls(density(count_colours(bins, subject)), density(elsewhere))

    @classmethod
    def learned(cls, bins: BinIndex, subject: Weight, rest: Weight, elsewhere: PerBin) -> ColourModels:
        """Learn from a labelled frame: subject and rest of its box (H, W), half of the background from elsewhere."""
        background = 0.5 * density(count_colours(bins, rest)) + 0.5 * density(elsewhere)
        return cls(density(count_colours(bins, subject)), background)
