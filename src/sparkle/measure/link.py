"""Which parts of neighbouring pictures are the same thing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sparkle.measure.shapes import bounds
from sparkle.roles import Mask

SPAN = 3
SAME_SIZE = 2.0
NEAR = 0.35
MOSTLY = 0.6
TOGETHER, TOGETHER_MINOR, MINOR_SHARE = 0.07, 0.12, 0.06

Track = dict[int, Mask]
Bounds = tuple[int, int, int, int]


def link_parts(parts: Sequence[Sequence[Mask]]) -> list[Track]:
    """Link masks of consecutive pictures into tracks, masks by picture index: by overlap, else by size and nearness."""
    nodes = [(index, mask) for index, masks in enumerate(parts) for mask in masks]
    edges = sorted(
        (-affinity, one, other)
        for one in range(len(nodes))
        for other in range(one + 1, len(nodes))
        if 1 <= nodes[other][0] - nodes[one][0] <= SPAN
        and (
            affinity := _affinity(nodes[one][1], nodes[other][1])
            - 0.1 * (nodes[other][0] - nodes[one][0] - 1)
        )
        > 0
    )
    tracks: dict[int, Track] = {number: {index: mask} for number, (index, mask) in enumerate(nodes)}
    track_of = list(range(len(nodes)))
    for _, one, other in edges:
        first, second = track_of[one], track_of[other]
        if first == second or tracks[first].keys() & tracks[second].keys():
            continue
        tracks[first].update(tracks.pop(second))
        track_of = [first if number == second else number for number in track_of]
    return list(tracks.values())


def _affinity(one: Mask, other: Mask) -> float:
    a, b = bounds(one), bounds(other)
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    area_a, area_b = (a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1])
    overlap = shared / (area_a + area_b - shared)
    if overlap > 0.2:
        return 0.3 + overlap
    size = float(one.sum()) / float(other.sum())
    away = float(np.hypot(a[0] + a[2] - b[0] - b[2], a[1] + a[3] - b[1] - b[3])) / 2
    reach = NEAR * float(np.hypot(*one.shape))
    return 0.3 * (1 - away / reach) + overlap if 1 / SAME_SIZE < size < SAME_SIZE and away < reach else 0.0


def joined(tracks: Sequence[Track]) -> list[Track]:
    """Join what belongs together: parts that never part, and things of one size that are never seen together."""
    ordered = sorted(tracks, key=weight, reverse=True)
    kept: list[Track] = []
    for track in ordered:
        for other in kept:
            reach = TOGETHER if weight(track) > MINOR_SHARE * weight(other) else TOGETHER_MINOR
            if (
                _never_apart(other, track, reach)
                or _mostly_one(other, track)
                or _same_thing_again(other, track)
            ):
                for index, mask in track.items():
                    other[index] = other[index] | mask if index in other else mask
                break
        else:
            kept.append(dict(track))
    return kept


def weight(track: Track) -> float:
    """Return how many pixels a track covers, over all its pictures."""
    return float(sum(int(mask.sum()) for mask in track.values()))


def _never_apart(one: Track, other: Track, reach: float) -> bool:
    both = one.keys() & other.keys()
    pixels = reach * float(np.hypot(*next(iter(one.values())).shape))
    return bool(both) and all(_gap(bounds(one[index]), bounds(other[index])) <= pixels for index in both)


def _mostly_one(one: Track, other: Track) -> bool:
    """Whether the other is seen apart only now and then, and is otherwise within the one."""
    within = 0
    for index in one.keys() - other.keys():
        mask = other[min(other, key=lambda seen: (abs(seen - index), seen))]
        x1, y1, x2, y2 = bounds(one[index])
        within += 2 * int(mask[y1:y2, x1:x2].sum()) > int(mask.sum())
    return within >= MOSTLY * len(one)


def _gap(a: Bounds, b: Bounds) -> float:
    return float(np.hypot(max(a[0] - b[2], b[0] - a[2], 0), max(a[1] - b[3], b[1] - a[3], 0)))


def _same_thing_again(one: Track, other: Track) -> bool:
    if one.keys() & other.keys():
        return False
    sizes = [float(np.median([mask.sum() for mask in track.values()])) for track in (one, other)]
    return 1 / SAME_SIZE < sizes[0] / sizes[1] < SAME_SIZE
