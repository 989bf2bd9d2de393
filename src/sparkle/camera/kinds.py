"""What a moving camera does: pan, zoom, rotation, shake, or a cut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sparkle.camera.sampling import bursts
from sparkle.camera.trajectory import path_distances

Array = NDArray[np.float64]
Kind = Literal["still", "pan", "zoom", "rotation", "shake", "cut", "unknown"]

CUT_STEP = 3.0  # percent of the width: a cut to another framing of the same scene jumps at least this far
CUT_SHARE = 0.8
SHAKE_SHARE = 0.35


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


def name_kind(poses: Array, ends: tuple[int, int], corner_positions: Array, times: Sequence[float]) -> Kind:
    """Name the motion between the poses `ends`, by how sudden it is, else by what moves the corners most.

    A shake shows within a burst; a cut to another framing is one large step between two leading frames.
    """
    distances = path_distances(poses, corner_positions)
    groups = bursts(times)
    leaders = [group[0] for group in groups]
    total = distances[ends]
    tremble = max((distances[group[0], member] for group in groups for member in group[1:]), default=0.0)
    step = max((distances[pair] for pair in pairwise(leaders)), default=0.0)
    if tremble > SHAKE_SHARE * total:
        return "shake"
    if step > max(CUT_STEP, CUT_SHARE * total):
        return "cut"
    change = poses[ends[1]] - poses[ends[0]]
    radius = float(np.linalg.norm(corner_positions[0]))
    parts: dict[Kind, float] = {
        "pan": float(np.hypot(change[2], change[3])),
        "zoom": abs(float(change[0])) * radius,
        "rotation": abs(float(change[1])) * radius,
    }
    return max(parts, key=lambda kind: parts[kind])
