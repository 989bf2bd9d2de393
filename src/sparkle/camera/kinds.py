"""What a moving camera does: pan, zoom, rotation, shake, a jolt, or a cut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.camera.sampling import bursts
from sparkle.camera.trajectory import path_distances

Array = NDArray[np.float64]
Grey = NDArray[np.uint8]
Kind = Literal["still", "pan", "zoom", "rotation", "shake", "jolt", "cut", "unknown"]

CUT_STEP = 3.0  # percent of the width: a cut to another framing of the same scene jumps at least this far
CUT_SHARE = 0.8
SHAKE_SHARE = 0.35
JOLT_SHARE = 0.2  # of a step: a camera that is bumped hardly zooms, another framing does
# Correlation of two pictures' detail, one shifted over the other: 0.59 and more for one scene moved by 4 to 25 % of the
# width, at most 0.14 for two scenes. Without the coarse light and shade, which many scenes share.
LEAST_LIKENESS = 0.35
COARSE = 8.0
LEAST_OVERLAP = 0.5


def scene_change(
    supports: Iterable[tuple[int, int, float]], times: Sequence[float], minimum_support: float
) -> tuple[int, int] | None:
    """Return the neighbouring leading frames across which no compared pair agrees on any motion, or None.

    `supports`: (first, second, support) of every compared pair. Something that hides the view for a moment is no
    scene change: frames before and after it still agree.
    """
    leaders = [group[0] for group in bursts(times)]
    pairs = [(min(first, second), max(first, second), support) for first, second, support in supports]
    for before, after in pairwise(leaders):
        across = [support for first, second, support in pairs if first <= before and second >= after]
        if max(across) < minimum_support:
            return before, after
    return None


def jolt_between(first: Grey, second: Grey) -> float | None:
    """Return how far a camera was knocked aside between two grey pictures (H, W), in percent of the width, or None.

    Optical flow loses the scene when it jumps by a tenth of the picture; phase correlation of the whole finds it
    again. None when the shifted pictures do not look alike where they overlap: then it is another scene.
    """
    height, width = first.shape
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    pictures = [_detail(picture.astype(np.float32)) for picture in (first, second)]
    (x, y), _ = cv2.phaseCorrelate(pictures[0], pictures[1], window)
    columns, rows = round(x), round(y)
    shown = [
        picture[
            max(-sign * rows, 0) : height - max(sign * rows, 0),
            max(-sign * columns, 0) : width - max(sign * columns, 0),
        ]
        for picture, sign in zip(pictures, (1, -1), strict=True)
    ]
    if shown[0].size < LEAST_OVERLAP * first.size:
        return None
    blurred = [cv2.GaussianBlur(picture, (0, 0), 1.0) for picture in shown]
    likeness = float(np.corrcoef(blurred[0].ravel(), blurred[1].ravel())[0, 1])
    return float(np.hypot(x, y)) / width * 100 if likeness > LEAST_LIKENESS else None


def _detail(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    return picture - np.asarray(cv2.GaussianBlur(picture, (0, 0), COARSE), np.float32)


def name_kind(poses: Array, ends: tuple[int, int], corner_positions: Array, times: Sequence[float]) -> Kind:
    """Name the motion between the poses `ends`, by how sudden it is, else by what moves the corners most.

    A shake shows within a burst; one large step between two leading frames is a jolt, or, when it zooms as well, a cut
    to another framing.
    """
    distances = path_distances(poses, corner_positions)
    groups = bursts(times)
    leaders = [group[0] for group in groups]
    total = distances[ends]
    tremble = max((distances[group[0], member] for group in groups for member in group[1:]), default=0.0)
    step, pair = max(((distances[pair], pair) for pair in pairwise(leaders)), default=(0.0, ends))
    if tremble > SHAKE_SHARE * total:
        return "shake"
    radius = float(np.linalg.norm(corner_positions[0]))
    if step > max(CUT_STEP, CUT_SHARE * total):
        zoomed = abs(float(poses[pair[1]][0] - poses[pair[0]][0])) * radius
        return "jolt" if zoomed < JOLT_SHARE * step else "cut"
    change = poses[ends[1]] - poses[ends[0]]
    parts: dict[Kind, float] = {
        "pan": float(np.hypot(change[2], change[3])),
        "zoom": abs(float(change[0])) * radius,
        "rotation": abs(float(change[1])) * radius,
    }
    return max(parts, key=lambda kind: parts[kind])
