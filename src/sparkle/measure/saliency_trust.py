"""What a saliency map says about boxed subjects: log-odds, and how far to believe that the rest is background.

A network for salient objects looks at the surroundings of each box. What it calls salient there is a good sign of the
subject. What it does not is a sign of nothing by itself: a box may hold two things of which the brighter one was seen.
Only where the salient region fills its box is it the boxed thing, and what is left in the box the background; and only
where the map is sure of its outline. Heuristics; the numbers were chosen on one half of an evaluation set and hold on
the other (docs/benchmarks.md, saliency as evidence).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sparkle.core.box_tracks import box_iou
from sparkle.roles import Image, Matte

Odds = NDArray[np.float32]
Box = tuple[float, float, float, float]

SURROUNDINGS = 0.15  # of the box's sides: what the network sees around it
BOX_SLACK = 0.05  # boxes are a little off
LIMIT = 3.0  # largest log-odds: the network alone decides nothing
SURE = 0.84  # and 1 - SURE: between them a map is hesitant
# Both by benchmarks/saliency.py on `choose`: 0.36 bits a pixel, 0.27 with (0.6, 0.8) and 0.15; on `report`, which chose
# nothing, 0.38 and 0.31.
FILLED = (0.5, 0.7)  # IoU of box and salient region at which trust begins, and is full
HESITANT = 0.3  # grey pixels per white one that a sure map has at most; twice as many, and it is not trusted
OUTLIERS = 0.01  # of the salient pixels, at each side, do not count for where the region ends


@dataclass(frozen=True, slots=True)
class SaliencyOdds:
    """Log-odds that a pixel is of a boxed subject, float32 (H, W), 0 where nothing is known; `trust` in [0, 1], one for
    each box: how far "not salient" was taken for background in it."""

    odds: Odds
    trust: tuple[float, ...]


def saliency_odds(image: Image, boxes: Sequence[Box], look: Callable[[Image], Matte]) -> SaliencyOdds:
    """Look at the surroundings of every box, (x1, y1, x2, y2) in pixels, of a picture (H, W, 3).

    `look` is a SalientObject; it is called once a box. Where boxes overlap, the one that says more for a subject
    counts. A box without a pixel inside the picture is passed over, with trust 0.
    """
    height, width = image.shape[:2]
    odds = np.full((height, width), -np.inf, np.float32)
    trust = []
    for box in boxes:
        rows, columns = window(box, SURROUNDINGS, height, width)
        x1, y1, x2, y2 = box
        if rows.start >= rows.stop or columns.start >= columns.stop:
            trust.append(0.0)
            continue
        inner = (x1 - columns.start, y1 - rows.start, x2 - columns.start, y2 - rows.start)
        salient = look(np.ascontiguousarray(image[rows, columns]))
        crop, believed = box_odds(salient, inner)
        trust.append(believed)
        odds[rows, columns] = np.maximum(odds[rows, columns], crop)
    return SaliencyOdds(np.where(np.isfinite(odds), odds, 0.0).astype(np.float32), tuple(trust))


def box_odds(salient: Matte, box: Box) -> tuple[Odds, float]:
    """Return the log-odds of a map (H, W) in [0, 1] of a box's surroundings, and the trust in [0, 1].

    `box` is in pixels of the map. Outside it, with a little slack, the odds are minus infinity: it says nothing there.
    """
    inside = np.zeros(salient.shape, bool)
    inside[window(box, BOX_SLACK, *salient.shape)] = True
    trust = fill_trust(salient, box, inside) * outline_trust(salient, inside)
    bounded = np.clip(salient, 0.01, 0.99)
    odds = np.clip(np.log(bounded / (1.0 - bounded)), -LIMIT, LIMIT)
    weighted = odds * np.where(odds > 0, 0.5 + 0.5 * trust, trust)
    return np.where(inside, weighted, -np.inf).astype(np.float32), trust


def fill_trust(salient: Matte, box: Box, inside: NDArray[np.bool_]) -> float:
    """Return how far, in [0, 1], the salient region fills its box: by the IoU of the box with the region's own."""
    region = inside & (salient > 0.5)
    found = _bounds(region)
    if found is None:
        return 0.0
    height, width = salient.shape
    clipped = (max(box[0], 0.0), max(box[1], 0.0), min(box[2], float(width)), min(box[3], float(height)))
    least, full = FILLED
    return float(np.clip((box_iou(found, clipped) - least) / (full - least), 0.0, 1.0))


def outline_trust(salient: Matte, inside: NDArray[np.bool_]) -> float:
    """Return how sure of its outline a map is, in [0, 1]: by its grey pixels for each white one."""
    white = int((inside & (salient > 0.5)).sum())
    grey = int((inside & (salient > 1.0 - SURE) & (salient < SURE)).sum())
    return 0.0 if white == 0 else float(np.clip(2.0 - grey / white / HESITANT, 0.0, 1.0))


def window(box: Box, margin: float, height: int, width: int) -> tuple[slice, slice]:
    """Return the rows and columns of a box widened by a share of its sides, inside the picture."""
    x1, y1, x2, y2 = box
    wide, high = margin * (x2 - x1), margin * (y2 - y1)
    rows = slice(min(max(int(y1 - high), 0), height), min(max(int(np.ceil(y2 + high)), 0), height))
    columns = slice(min(max(int(x1 - wide), 0), width), min(max(int(np.ceil(x2 + wide)), 0), width))
    return rows, columns


def _bounds(region: NDArray[np.bool_]) -> Box | None:
    """Return the box around all but the outliers of a region, None for an empty one."""
    count = int(region.sum())
    if count == 0:
        return None
    ends = []
    for axis in (0, 1):
        share = np.cumsum(region.sum(axis=axis)) / count
        first = int(np.searchsorted(share, OUTLIERS, side="right"))
        ends.append((float(first), float(np.searchsorted(share, 1.0 - OUTLIERS) + 1)))
    (x1, x2), (y1, y2) = ends
    return x1, y1, x2, y2
