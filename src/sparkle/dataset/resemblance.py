"""Whether two clips show what they should: the same, something else, or one subject before two backgrounds.

Files can be whole and wrong: a result that is a copy of its source, or a source that belongs to another pair. Both are
seen from a few small grey pictures of each clip, its looks, uint8 (L, 36, 64): every 16th frame, five at most.

`agreement` is a heuristic: fine detail is compared cell by cell, and the mean correlation of the eight cells that agree
best says whether something in the two clips is the same, wherever it stands. On eight published pairs it is 0.49 to
0.96 between a source and its result, seven of them from 0.8 on, and at most 0.52 between those of different pairs; the
first look alone, or two, tell as much: of all 56 results whose sources were exchanged 49 are found, and none else.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from sparkle.roles import Image
from sparkle.video.conversion import FrameConverter

WIDTH, HEIGHT = 64, 36
EVERY, MOST_LOOKS = 16, 5
SAME_WITHIN = 8  # grey levels; x264 at crf 38 moves these small pictures by 7 at most
DIFFERENT_SHARE = 0.01  # of their pixels; the least of eight published pairs is 0.76
CLOSE_WITHIN = 10.0  # grey levels on average: another range or matrix of colours moves a picture by that much
CELL, BEST_CELLS = 8, 8
LEAST_DETAIL = 2.0  # grey levels squared a pixel, below which a cell shows nothing
# A source is taken for another one's only where that one agrees well, and clearly better.
STRANGER_AGREES, STRANGER_LEADS = 0.75, 0.2

Looks = NDArray[np.uint8]


def look(frame: VideoFrame) -> Looks:
    """Return one look at a frame, uint8 (36, 64)."""
    return _grey(FrameConverter((WIDTH, HEIGHT), None)(frame))


def look_at_picture(picture: Image) -> Looks:
    """Return one look at a picture, uint8 RGB (H, W, 3) to (36, 64)."""
    shrinks = picture.shape[1] > WIDTH
    small = cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return _grey(np.asarray(small, np.uint8))


def is_same(first: Looks, second: Looks) -> bool:
    """Whether two clips or pictures show the same throughout, but for coding; uint8 (L, 36, 64) or (36, 64)."""
    if first.ndim == 3:
        first, second = first[: len(second)], second[: len(first)]
    apart = np.abs(first.astype(np.int16) - second) > SAME_WITHIN
    return bool(apart.mean() < DIFFERENT_SHARE)


def is_close(first: Looks, second: Looks) -> bool:
    """Whether two looks, uint8 (36, 64), may be one picture, coded and converted in two ways."""
    return float(np.abs(first.astype(np.int16) - second).mean()) < CLOSE_WITHIN


def agreement(first: Looks, second: Looks) -> float:
    """Return how well the eight best cells of two clips agree, -1 to 1; 0 for clips without detail."""
    count = min(len(first), len(second))
    a, b = _detail(first[:count]), _detail(second[:count])
    energy = np.sqrt(_cells(a * a) * _cells(b * b))
    shows = energy > LEAST_DETAIL * count * CELL * CELL
    correlations = np.where(shows, _cells(a * b) / np.maximum(energy, 1e-6), 0.0)
    return float(np.sort(correlations, axis=None)[-BEST_CELLS:].mean())


def owner_of(edited: Looks, own: str, sources: Mapping[str, Looks]) -> str | None:
    """Return whose source a result was made from, if that is another than its `own`, or None."""
    own_agrees = agreement(edited, sources[own])
    if own_agrees > STRANGER_AGREES:
        return None
    strangers = ((agreement(edited, looks), id) for id, looks in sources.items() if id != own)
    best, id = max(strangers, default=(0.0, ""))
    return id if best > max(STRANGER_AGREES, own_agrees + STRANGER_LEADS) else None


def _grey(small: Image) -> Looks:
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)


def _detail(looks: Looks) -> NDArray[np.float32]:
    values = looks.astype(np.float32)
    return np.stack([value - cv2.GaussianBlur(value, (0, 0), 2) for value in values])


def _cells(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sums over looks and over cells, which overlap by half: (L, 36, 64) to (8, 15)."""
    sums = cv2.boxFilter(values.sum(axis=0), -1, (CELL, CELL), normalize=False)
    half = CELL // 2
    return np.asarray(sums[half : HEIGHT - half + 1 : half, half : WIDTH - half + 1 : half])
