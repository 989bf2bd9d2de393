"""Faces that a mask leaves out although it holds the body below them, and heads that it holds without a body."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sparkle.measure.faces import Box, Head, find_heads
from sparkle.roles import Frames, Mask, Masks

LOOKS = 7


def frontal_heads(frames: Frames) -> list[Head]:
    """Return the heads whose faces look into the camera on a few frames (T, H, W, 3)."""
    looks = np.unique(np.linspace(0, len(frames) - 1, LOOKS).astype(int)).tolist()
    return find_heads(frames, looks, np.zeros((1, 1), bool))


def face_signs(heads: Sequence[Head], mask: Masks) -> tuple[float, float]:
    """Return the share of a face that the mask leaves out, and of the breast below one, in [0, 1].

    The worst face whose body (head) the mask holds, in the median over time; 0 where no face is seen.
    """
    headless, bodiless = 0.0, 0.0
    for head in heads:
        seen = [(mask[at], box) for at, box in head.boxes.items()]
        faces = np.array([_covered(one, _part(box, 0.15, 0.1, 0.85, 0.95)) for one, box in seen])
        necks = np.array([_covered(one, _part(box, 0.1, 1.3, 0.9, 2.0)) for one, box in seen])
        told = ~np.isnan(necks)
        if told.sum() < 2:
            continue
        headless = max(headless, float(np.median(((1 - faces) * (necks > 0.5))[told])))
        bodiless = max(bodiless, float(np.median(((1 - necks) * (faces > 0.6))[told])))
    return headless, bodiless


def _part(box: Box, left: float, top: float, right: float, bottom: float) -> Box:
    x, y, width, height = box
    return x + left * width, y + top * height, x + right * width, y + bottom * height


def _covered(mask: Mask, part: Box) -> float:
    height, width = mask.shape
    x1, y1, x2, y2 = (round(value) for value in part)
    inside: NDArray[np.bool_] = mask[max(y1, 0) : max(y2, 0), max(x1, 0) : max(x2, 0)]
    if y1 >= height or x1 >= width or inside.size < 0.3 * (x2 - x1) * (y2 - y1):
        return float("nan")
    return float(inside.mean())
