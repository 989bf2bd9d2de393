"""What is known of a frame before colours: log-odds of place, and the graph cut that turns odds into regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.tracking.box_paths import BoxPath
from sparkle.backends.cpu.tracking.evidence import ClipEvidence, Field
from sparkle.core.box_tracks import box_iou
from sparkle.measure.graph_cut import cut
from sparkle.roles import Mask

BOX_MARGIN = 0.05
OUTSIDE_ODDS = -8.0
# Within a box as it was given, beyond the smoothed one: only what evidence speaks for.
BEYOND_ODDS = -3.0
CENTRE_ODDS = 0.8
FEWEST_PIXELS = 20
STRAY_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Boxed:
    """One frame as the boxes have it, at work size: `place` log-odds (h, w), `inside` bool (h, w) any box,
    `masks` the raster of each object's grown box by its number, `corners` the boxes themselves in work pixels."""

    place: Field
    inside: Mask
    masks: Mapping[int, Mask]
    corners: Mapping[int, NDArray[np.float64]]

    def boxes(self) -> dict[int, tuple[float, float, float, float]]:
        """Return the corners (x1, y1, x2, y2) as plain numbers."""
        return {
            number: (float(x1), float(y1), float(x2), float(y2))
            for number, (x1, y1, x2, y2) in self.corners.items()
        }


def boxed_frame(paths: Sequence[BoxPath], frame: int, evidence: ClipEvidence) -> Boxed:
    """Return what the boxes of a frame say: nothing outside, a weak preference for their middle inside."""
    height, width = evidence.shape
    x = np.arange(width, dtype=np.float32) + np.float32(0.5)
    y = np.arange(height, dtype=np.float32)[:, None] + np.float32(0.5)
    place = np.full((height, width), OUTSIDE_ODDS, np.float32)
    inside = np.zeros((height, width), bool)
    masks, corners = {}, {}
    for number, path in enumerate(paths):
        if np.isnan(path.corners[frame, 0]):
            continue
        box = path.corners[frame] * np.tile(evidence.scale, 2)
        grow = BOX_MARGIN * max(box[2] - box[0], box[3] - box[1]) + path.slack[frame] * evidence.scale[0]
        mask = _raster(box, grow, evidence.shape)
        across = (x - (box[0] + box[2]) / 2) / max((box[2] - box[0]) / 2, 1.0)
        above = np.minimum((y - (box[1] + box[3]) / 2) / max((box[3] - box[1]) / 2, 1.0), 0.0)
        prior = np.maximum(CENTRE_ODDS * (0.8 - 1.2 * across**2 - 0.5 * above**2), -2 * CENTRE_ODDS)
        place = np.maximum(place, np.where(mask, prior, OUTSIDE_ODDS)).astype(np.float32)
        if frame in path.given:
            # A hand that reaches out for a moment: smoothing takes it for a fault of the box.
            told = _raster(np.array(path.given[frame]) * np.tile(evidence.scale, 2), 0.0, evidence.shape)
            place = np.maximum(place, np.where(told & ~mask, BEYOND_ODDS, OUTSIDE_ODDS)).astype(np.float32)
            mask |= told
        inside |= mask
        masks[number], corners[number] = mask, box
    return Boxed(place, inside, masks, corners)


def _raster(box: NDArray[np.float64], grow: float, shape: tuple[int, int]) -> Mask:
    left, top = (max(int(value - grow), 0) for value in box[:2])
    right, bottom = (max(int(np.ceil(value + grow)), 0) for value in box[2:])
    mask = np.zeros(shape, bool)
    mask[top:bottom, left:right] = True
    return mask


def small_cut(evidence: ClipEvidence, frame: int, odds: NDArray[np.floating]) -> Field:
    """Return the graph cut of a frame in [0, 1] (h, w), made at half size: it says which regions belong together."""
    return evidence.to_work(cut(evidence.to_half(odds), evidence.half[frame]).astype(np.float32))


def mask_bounds(mask: Mask) -> NDArray[np.float64]:
    """Return the box float64 (4,) of a mask that is not empty; 1 % of its pixels may stick out on each side."""
    columns, rows = (np.cumsum(mask.sum(axis=axis)) / mask.sum() for axis in (0, 1))
    sides = [np.searchsorted(sums, STRAY_SHARE) for sums in (columns, rows)]
    sides += [np.searchsorted(sums, 1 - STRAY_SHARE) + 1 for sums in (columns, rows)]
    return np.array(sides, np.float64)


def box_fit(mask: Mask, corners: NDArray[np.float64]) -> float:
    """Return the IoU of a box with the bounds of a mask; 0 for hardly any mask."""
    if mask.sum() < FEWEST_PIXELS:
        return 0.0
    limit = np.array([mask.shape[1], mask.shape[0]] * 2)
    return box_iou(mask_bounds(mask).tolist(), np.clip(corners, 0, limit).tolist())
