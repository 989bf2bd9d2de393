"""Subjects that only stir: what moves is a part, and the thing that it is a part of stands out without moving."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sparkle.measure.shapes import Plane, bounds, grown
from sparkle.measure.sighting import Sighting
from sparkle.measure.still import find_places, place_score
from sparkle.roles import Mask

# Chosen on the half `choose` of the evaluation set (benchmarks/finder.py), with the rules for living backgrounds:
# 10 of 13 found instead of 7; on `report`, which chose nothing, 9 of 13 instead of 7.
WITHIN, MARGIN = 0.8, 3  # share of what moves; working pixels
SEVERAL_TIMES = 2.0
LARGE = 0.1  # of the picture: so much that moves is a subject itself, and stands out before something
STAYS = 0.25  # of the thing's size: a ball that rolls over a table is no part of it
PART_SCORE = 0.3


def with_still_wholes(moving: Sequence[Sighting], stands_out: Plane) -> list[Sighting]:
    """Give a moving object that stays at its place the still thing that it lies within, if that is much larger.

    stands_out: how far each place of the calm picture stands out, float32 (h, w), in units of Lab.
    """
    places = [place for place in find_places(stands_out) if place_score(stands_out, place) > PART_SCORE]
    return [_whole(sighting, places) for sighting in moving]


def _whole(sighting: Sighting, places: Sequence[Mask]) -> Sighting:
    part = np.logical_or.reduce(list(sighting.masks.values()))
    if sighting.label == "person" or part.mean() > LARGE:
        return sighting
    for place in places:
        within = float((part & grown(place, MARGIN)).sum()) > WITHIN * float(part.sum())
        larger = float(place.sum()) > SEVERAL_TIMES * float(part.sum())
        if within and larger and _stays(sighting, float(np.sqrt(place.sum()))):
            return replace(sighting, masks={frame: mask | place for frame, mask in sighting.masks.items()})
    return sighting


def _stays(sighting: Sighting, size: float) -> bool:
    middles = [np.add(box[:2], box[2:]) / 2 for box in map(bounds, sighting.masks.values())]
    return float(np.ptp(middles, axis=0).max()) < STAYS * size
