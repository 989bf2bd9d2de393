"""An object followed where no box says where it is: carried along the flow, held to its colours.

Used beyond an object's first and last box and in long gaps. It gives boxes, not masks: those come from the clip as a
whole afterwards, so a contour that drifts here does little harm.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.tracking.box_paths import BoxPath
from sparkle.backends.cpu.tracking.evidence import ClipEvidence, Field
from sparkle.backends.cpu.tracking.labelling import boxed_frame, mask_bounds, small_cut
from sparkle.backends.cpu.tracking.models import Models, colour_odds
from sparkle.roles import Mask

CARRIED_LIMIT = 3.0
LEAST_AREA, MOST_AREA = 0.2, 3.0
AREA_MEMORY = 0.9
FEWEST_PIXELS = 12
# What is followed may be elsewhere by a share of its size: more with every frame, up to this.
SLACK_STEP, MOST_SLACK = 0.004, 0.06
# An object that anchors usually find is gone where this many in a row do not; one that is boxed once is followed on.
MOST_MISSES, OFTEN_BOXED = 2, 3


def followed(path: BoxPath, evidence: ClipEvidence, models: Models, missed: NDArray[np.int64]) -> BoxPath:
    """Return the path with boxes on the frames where it had none, as far as the object can be followed.

    missed: int64 (T,), how many anchors up to a frame looked for the object and did not find it.
    """
    known = path.known()
    corners, slack = path.corners.copy(), path.slack.copy()
    away = np.full(evidence.count, np.iinfo(np.int64).max)
    most_misses = MOST_MISSES if len(path.anchors) >= OFTEN_BOXED else evidence.count
    for start in np.flatnonzero(known).tolist():
        for step in (-1, 1):
            for frame, box in _walk(path, evidence, models, start, step):
                if known[frame] or abs(int(missed[frame] - missed[start])) > most_misses:
                    break
                if (distance := abs(frame - start)) < away[frame]:
                    away[frame], corners[frame] = distance, box
                    slack[frame] = max(box[2:] - box[:2]) * min(SLACK_STEP * distance, MOST_SLACK)
    return dataclasses.replace(path, corners=corners, slack=slack)


def _walk(
    path: BoxPath, evidence: ClipEvidence, models: Models, start: int, step: int
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Yield (frame, box in the clip's pixels) from the frame next to `start` on, until the object is lost."""
    scale = np.tile(evidence.scale, 2)
    belief: Field | None = None
    area, offset = 0.0, np.zeros(4)
    for frame in range(start + step, evidence.count if step > 0 else -1, step):
        if belief is None:
            mask = _boxed_mask(path, evidence, models, start)
            area = float(mask.sum())
            if area < FEWEST_PIXELS:
                return
            belief, offset = mask.astype(np.float32), path.corners[start] * scale - mask_bounds(mask)
        share = np.clip(evidence.warp(belief, frame - step, frame), 0.01, 0.99)
        carried = np.clip(np.log(share / (1 - share)), -CARRIED_LIMIT, CARRIED_LIMIT)
        colour = colour_odds(evidence, frame, models)
        belief = small_cut(evidence, frame, (carried + colour).astype(np.float32))
        found = belief > 0.5
        size = float(found.sum())
        if not LEAST_AREA * area < size < MOST_AREA * area or float(colour[found].mean()) < 0:
            return
        area = AREA_MEMORY * area + (1 - AREA_MEMORY) * size
        yield frame, (mask_bounds(found) + offset) / scale


def _boxed_mask(path: BoxPath, evidence: ClipEvidence, models: Models, frame: int) -> Mask:
    boxed = boxed_frame([path], frame, evidence)
    odds = boxed.place + models.bias * boxed.inside + colour_odds(evidence, frame, models)
    mask: Mask = small_cut(evidence, frame, odds.astype(np.float32)) > 0.5
    return mask
