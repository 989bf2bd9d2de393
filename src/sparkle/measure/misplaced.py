"""Does the contour of a mask lie beside the edges of the picture, so that the whole mask, moved, would fit better?

A mask that slid off its subject, or that holds a ring of old background, has its contour a few pixels from the edges
everywhere; one that is in its place loses edges whichever way it is moved.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.measure.masked_clip import Field, MaskedClip
from sparkle.roles import Image, Mask

STRONG = 8.0  # Lab levels a pixel: a stronger edge counts as much
WEAKEST = 0.2  # edges below it are noise
CHANCE = 0.1  # the share by which they grow for some move anyway
REACH = 0.12  # moves that are tried, by the mask's side
MOST_PIXELS, LEAST_PIXELS = 14, 3
FEWEST_POINTS = 20  # of a contour
FEWEST_MOMENTS, LATE = 5, 0.4  # of a slide, and from which share of the clip on it is seen
NEIGHBOURS = 2  # moments on either side that must agree about the move

Moves = NDArray[np.float32]


def placing(clip: MaskedClip) -> dict[str, Field]:
    """Return two signs, float32 (N,): `misplaced` at each moment, and `slid` of the whole clip, the same everywhere."""
    moves = [
        _edges_by_move(lab, mask, side)
        for lab, mask, side in zip(clip.lab, clip.mask, clip.sides, strict=True)
    ]
    return {"misplaced": _misplaced(moves), "slid": np.full(len(moves), _slid(moves), np.float32)}


def _misplaced(moves: list[Moves]) -> Field:
    """Return float32 (N,): by which share the edges under the contour grow where the mask is moved as a whole,
    less what chance makes of it.

    The move of a moment is the median of those that are best there and at its neighbours, so that one moment's chance
    counts little.
    """
    best = [np.subtract(np.unravel_index(one.argmax(), one.shape), one.shape[0] // 2) for one in moves]
    gains = []
    for at, edges in enumerate(moves):
        reach = edges.shape[0] // 2
        agreed = np.median(best[max(0, at - NEIGHBOURS) : at + NEIGHBOURS + 1], axis=0)
        down, right = np.clip(np.round(agreed), -reach, reach).astype(int) + reach
        gains.append(edges[down, right] / max(float(edges[reach, reach]), WEAKEST) - 1)
    beyond: Field = np.maximum(0, np.array(gains, np.float32) - CHANCE)
    return beyond


def _slid(moves: list[Moves]) -> float:
    """Return by how much the edges under the contour grow, as a logarithm, where the mask slides evenly back from a
    clip's beginning to its end, in the mean of its later moments.

    All moments choose one slide together, so that a growth that each of them has by chance does not add up.
    """
    if sum(len(one) > 1 for one in moves) < FEWEST_MOMENTS:
        return 0.0
    reach = max(len(one) // 2 for one in moves)
    growth = np.zeros((len(moves), 2 * reach + 1, 2 * reach + 1))
    for at, edges in enumerate(moves):
        own, least = len(edges) // 2, max(float(edges[len(edges) // 2, len(edges) // 2]), WEAKEST)
        middle = slice(reach - own, reach + own + 1)
        growth[at, middle, middle] = np.log(np.maximum(edges, 1e-3) / least) if own else 0
    far = np.linspace(0, 1, len(moves))
    late = np.flatnonzero(far > LATE)
    down, right = (one.ravel() - reach for one in np.indices(growth.shape[1:]))
    rows, columns = (np.round(np.outer(far[late], one)).astype(int) + reach for one in (down, right))
    means = growth[late[:, None], rows, columns].mean(axis=0)
    means[(down == 0) & (right == 0)] = 0
    return float(max(0.0, means.max()))


def _edges_by_move(lab: Image, mask: Mask, side: float) -> Moves:
    """Return the mean strength of the edges under the contour for each move, float32 (2 R + 1, 2 R + 1), unmoved in
    the middle; a single one where there is no contour to move."""
    inner = np.zeros_like(mask)
    inner[2:-2, 2:-2] = True
    contour = mask & (cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0) & inner
    if contour.sum() < FEWEST_POINTS:
        return np.ones((1, 1), np.float32)
    reach = int(np.clip(round(REACH * side), LEAST_PIXELS, MOST_PIXELS))
    calm = cv2.GaussianBlur(lab, (0, 0), 1.0)
    steps = [cv2.Sobel(calm, cv2.CV_32F, *axis, scale=0.125) for axis in ((1, 0), (0, 1))]
    edges = np.minimum(np.sqrt(sum((step**2).sum(axis=-1) for step in steps)), STRONG).astype(np.float32)
    drawn = cv2.GaussianBlur(contour.astype(np.float32), (0, 0), 0.7)
    around = cv2.copyMakeBorder(edges, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    found: Moves = cv2.matchTemplate(around, drawn, cv2.TM_CCORR) / drawn.sum()
    return found
