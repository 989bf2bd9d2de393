"""Does the contour of a mask run along edges of the picture? Whatever their strength: grey on grey has edges, too.

Along the true contour of a subject, colours change across it and hardly along it, and more there than beside it. A
contour that was cut through a subject, or drawn around a piece of background, crosses what edges there are by chance.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.measure.masked_clip import Field, MaskedClip
from sparkle.roles import Image, Mask

STRONGEST = 64.0  # Lab levels squared a pixel: an edge stronger than that counts as much
NOISE, FAINTEST = 1.0, 0.5  # of squares, and of their roots: flat places run neither along nor across
STRETCH, SHORTEST = 0.12, 7  # of contour that is looked at as one, by the mask's side and in pixels
ASTRAY = 0.15  # of 1: below it a contour lies along edges as if by chance
NO_PEAK = 1.1  # edges at the contour by those beside it
AT, BESIDE = (-1, 0, 1), (-6, -5, -4, 4, 5, 6)  # pixels across the contour
SMALLEST, FEWEST = 60, 12  # pixels of a mask, points of a contour

Values = NDArray[np.float64]


def contour_signs(clip: MaskedClip) -> dict[str, Field]:
    """Return three signs, float32 (N,): `astray`, the share of the contour that runs along no edge; `long_astray`, its
    longest such piece, by the mask's side; `no_peak`, the share with edges beside it as strong as its own."""
    found = [
        _of_moment(lab, mask, float(side))
        for lab, mask, side in zip(clip.lab, clip.mask, clip.sides, strict=True)
    ]
    names = ("astray", "long_astray", "no_peak")
    return {name: np.array([one[place] for one in found], np.float32) for place, name in enumerate(names)}


def longest_run(marked: NDArray[np.bool_]) -> int:
    """Return the longest run of True in a closed sequence."""
    if marked.all():
        return len(marked)
    ends = np.flatnonzero(np.diff(np.concatenate([[0], np.tile(marked, 2).astype(np.int8), [0]])))
    return int((ends[1::2] - ends[::2]).max(initial=0))


def _of_moment(lab: Image, mask: Mask, side: float) -> tuple[float, float, float]:
    if mask.sum() < SMALLEST:
        return 0.0, 0.0, 0.0
    right, down = _slopes(cv2.GaussianBlur(lab, (0, 0), 1.0).astype(np.float32))
    normal = np.dstack(_slopes(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 2.0).astype(np.float32)))
    normal = (normal / (np.linalg.norm(normal, axis=-1, keepdims=True) + 1e-6)).astype(np.float32)
    length = max(SHORTEST, int(STRETCH * side) | 1)
    height, width = mask.shape
    astray, no_peak, longest = [np.zeros(0, np.bool_)], [np.zeros(0, np.bool_)], 0
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    for contour in contours:
        x, y = contour[:, 0].T.astype(np.int32)
        # What lies on the border of the picture is no contour.
        inner = (x > 2) & (y > 2) & (x < width - 3) & (y < height - 3)
        if inner.sum() < FEWEST:
            continue
        across, along = _edges(right, down, x, y, normal[y, x], AT)
        beside, _ = _edges(right, down, x, y, normal[y, x], BESIDE)
        over, under = (
            _stretches(across.mean(axis=0), inner, length),
            _stretches(along.mean(axis=0), inner, length),
        )
        off = ((over - under) / (over + under + NOISE) < ASTRAY) & inner
        peak = _stretches(np.sqrt(across.max(axis=0)), inner, length) + FAINTEST
        usual = _stretches(np.sqrt(beside.mean(axis=0)), inner, length) + FAINTEST
        astray.append(off[inner])
        no_peak.append((peak / usual < NO_PEAK)[inner])
        longest = max(longest, longest_run(off))
    if len(astray) == 1:
        return 0.0, 0.0, 0.0
    return float(np.concatenate(astray).mean()), longest / side, float(np.concatenate(no_peak).mean())


def _slopes(values: Field) -> tuple[Field, Field]:
    """Return how values change to the right and down, a pixel."""
    right, down = (cv2.Sobel(values, cv2.CV_32F, *axis, scale=0.125) for axis in ((1, 0), (0, 1)))
    return right.astype(np.float32, copy=False), down.astype(np.float32, copy=False)


def _edges(
    right: Field,
    down: Field,
    x: NDArray[np.int32],
    y: NDArray[np.int32],
    normal: Field,
    steps: tuple[int, ...],
) -> tuple[Values, Values]:
    """Return how much colour changes across and along a contour, squared, (steps, points), so far outside it."""
    far = np.array(steps)[:, None]
    columns = np.clip(x + np.round(far * normal[:, 0]).astype(int), 0, right.shape[1] - 1)
    rows = np.clip(y + np.round(far * normal[:, 1]).astype(int), 0, right.shape[0] - 1)
    to_right, to_down = right[rows, columns], down[rows, columns]
    across = to_right * normal[:, :1] + to_down * normal[:, 1:]
    along = to_down * normal[:, :1] - to_right * normal[:, 1:]
    squares = [np.minimum((one**2).sum(axis=-1), STRONGEST).astype(np.float64) for one in (across, along)]
    return squares[0], squares[1]


def _stretches(values: Values, inner: NDArray[np.bool_], length: int) -> Values:
    """Return the mean around each point of a closed contour, of the points that count."""
    held = np.where(inner, values, 0)
    if len(held) < length:
        return np.full(len(held), held.sum() / max(1, inner.sum()))
    ones = np.ones(length)
    sums, counts = (
        np.convolve(np.pad(one, length // 2, mode="wrap"), ones, "valid")
        for one in (held, inner.astype(np.float64))
    )
    means: Values = sums / np.maximum(counts, 1e-3)
    return means
