"""Colours extended from where they are known to where they are not (push and pull over a pyramid).

This is normalised convolution at every scale at once: near known pixels the finest scale answers, far from them
a coarser one (Gortler et al., "The Lumigraph", 1996, section 3.5).
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.compositor.light import Float

_ENOUGH = 0.25


def extend_colours(colours: NDArray[Any], weight: NDArray[Any]) -> Float:
    """Return `colours` (H, W, 3) where `weight` (H, W) is large, and colours drawn from there where it is 0.

    Weights lie in [0, 1]; the result is float32 in the range of the input, smooth where it was extended.
    Where no weight is anywhere the result is 0.
    """
    return _pushed_and_pulled(_weighted(colours, weight))


def extend_smoothly(colours: NDArray[Any], weight: NDArray[Any]) -> Float:
    """Return what `extend_colours` returns, without detail finer than two pixels, four times as fast."""
    height, width = weight.shape
    half = max(width // 2, 1), max(height // 2, 1)
    known = cv2.resize(_weighted(colours, weight), half, interpolation=cv2.INTER_AREA)
    extended = _pushed_and_pulled(np.asarray(known, np.float32))
    return np.asarray(cv2.resize(extended, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _weighted(colours: NDArray[Any], weight: NDArray[Any]) -> Float:
    """Return colours times their weights, and the weights, float32 (H, W, 4)."""
    values = np.empty((*weight.shape, 4), np.float32)
    np.multiply(colours, weight[..., None], out=values[..., :3], casting="same_kind")
    values[..., 3] = weight
    return values


def _pushed_and_pulled(values: Float) -> Float:
    pyramid = [values]
    while min(pyramid[-1].shape[:2]) > 2:
        pyramid.append(np.asarray(cv2.pyrDown(pyramid[-1]), np.float32))
    filled = pyramid[-1]
    for level in reversed(pyramid[:-1]):
        filled = _prefer_fine(level, filled)
    total = np.maximum(filled[..., 3:], 1e-6)
    return np.ascontiguousarray(filled[..., :3] / total)


def _prefer_fine(fine: Float, coarse: Float) -> Float:
    height, width = fine.shape[:2]
    above = np.asarray(cv2.pyrUp(coarse, dstsize=(width, height)), np.float32)
    colour = above / np.maximum(above[..., 3:], 1e-6)
    missing = np.clip(1.0 - fine[..., 3:] / _ENOUGH, 0.0, 1.0)
    filled: Float = fine + colour * (missing * _ENOUGH)
    return filled
