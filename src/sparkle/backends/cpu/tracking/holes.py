"""Holes of a mask that hardly any evidence speaks for, and that are therefore the subject's own."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.backends.cpu.tracking.evidence import Field
from sparkle.measure.shapes import closed, grown
from sparkle.roles import Mask

# Sizes in shares of the mask's area; odds are those without the models' bias.
LARGEST_HOLE, HOLE_ODDS = 0.06, -0.8
LARGEST_GAP, GAP_ODDS = 1.0, -1.2
# Of the root of the mask's area: by how much a gap may be open, such as a dark shoulder before a dark wall.
# Gaps are for one real clip, season_000029, whose black waistcoat was lost (docs/benchmarks.md, edges).
OPENING = 0.16


def unfounded_holes(mask: Mask, place: Field, colour: Field) -> Mask:
    """Return the holes of a mask (h, w) to fill, by the log-odds of place and of colour, (h, w).

    Against a small enclosed hole colour alone is not enough: that is a print on a shirt and no view past an arm. A
    large gap, nearly enclosed by the mask, or by it and the lower border of the picture with the mask on both sides, is
    filled where colours say little, too: a black waistcoat between bright sleeves.
    """
    area = float(mask.sum())
    if area == 0:
        return np.zeros(mask.shape, bool)
    holes = _unopposed(_enclosed(mask), LARGEST_HOLE * area, place, HOLE_ODDS)
    radius = max(1, round(OPENING * area**0.5))
    shut = closed(_let_down(mask, 2 * radius), radius)
    gaps = _unopposed(_flanked(shut), LARGEST_GAP * area, place + colour, GAP_ODDS)
    if gaps.any():
        # What closing took of a gap belongs to it.
        gaps |= grown(gaps, 2 * radius) & shut & (place + colour > GAP_ODDS)
    filled: Mask = (holes | gaps) & ~mask
    return filled


def _unopposed(holes: Mask, largest: float, odds: Field, least: float) -> Mask:
    """Leave the parts that are small enough and whose mean log-odds are high enough."""
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(holes.astype(np.uint8), connectivity=4)
    area = statistics[:, cv2.CC_STAT_AREA]
    mean = np.bincount(labels.ravel(), weights=odds.ravel(), minlength=count) / np.maximum(area, 1)
    left = (area < largest) & (mean > least)
    left[0] = False
    parts: Mask = left[labels]
    return parts


def _enclosed(mask: Mask) -> Mask:
    """Return the holes of a mask that do not touch the border of the picture."""
    return _closed_in(np.pad(mask, 1))


def _let_down(mask: Mask, reach: int) -> Mask:
    """Return the mask with what ends near the lower border of the picture let down to it."""
    longer = mask.copy()
    longer[-reach:] = np.logical_or.accumulate(mask[-reach:], axis=0)
    return longer


def _flanked(mask: Mask) -> Mask:
    """Return its holes, where the lower border closes between the first and the last place that reaches it."""
    around = np.pad(mask, 1)
    reached = np.flatnonzero(mask[-1])
    if len(reached):
        around[-1, 1 + reached[0] : 2 + reached[-1]] = True
    return _closed_in(around)


def _closed_in(around: Mask) -> Mask:
    """Return the holes (h, w) of a mask that has one more pixel on every side, (h + 2, w + 2)."""
    open_space = np.pad(~around, 1, constant_values=True).astype(np.uint8)
    _, labels = cv2.connectedComponents(open_space, connectivity=4)
    inner = labels[2:-2, 2:-2]
    holes: Mask = (inner > 0) & (inner != labels[0, 0])
    return holes
