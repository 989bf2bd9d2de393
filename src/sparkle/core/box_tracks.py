"""Boxes linked through time: which boxes on different frames show one object, and how far each is to be trusted.

A label alone does not say it (detectors give two men one word), and neither does the place alone (a faulty box lies
elsewhere). Boxes that overlap, or have one label word and one size, are one object.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from sparkle.core.boxes import LabelledBox

Corners = tuple[float, float, float, float]

AGREEING = 0.5
LONGEST_STEP = 3
SAME_SIZE = 1.5
WORD_BONUS, STEP_COST = 0.1, 0.05
FEWEST_SEEN = 3
REACH = 2


@dataclass(frozen=True, slots=True)
class BoxTrack:
    """One object's boxes: `boxes` by position in the sequence of anchors, (x1, y1, x2, y2) in pixels; `label` is the
    most frequent one; `members` says which box of each anchor it was; `trust` in [0, 1] by position."""

    label: str
    boxes: dict[int, Corners]
    members: dict[int, int]
    trust: dict[int, float]


def box_iou(one: Sequence[float], two: Sequence[float]) -> float:
    """Return the intersection over union of two boxes (x1, y1, x2, y2) of any one unit."""
    width = min(one[2], two[2]) - max(one[0], two[0])
    height = min(one[3], two[3]) - max(one[1], two[1])
    shared = max(width, 0.0) * max(height, 0.0)
    united = _area(one) + _area(two) - shared
    return shared / united if united > 0 else 0.0


def link_boxes(anchors: Sequence[Sequence[LabelledBox]]) -> list[BoxTrack]:
    """Return the tracks of boxes seen on successive anchors, in the order of their first box.

    A label that no anchor gives to two boxes names one object. The boxes of the other labels are linked in pairs at
    most three anchors apart, best first, one box an anchor; those that no other confirms are dropped, unless none is.
    """
    nodes = [(k, number, box) for k, boxes in enumerate(anchors) for number, box in enumerate(boxes)]
    shared = _shared_labels(anchors)
    named: dict[str, list[int]] = {}
    for index, (_, _, box) in enumerate(nodes):
        if box.label not in shared:
            named.setdefault(box.label, []).append(index)
    loose = [index for index, (_, _, box) in enumerate(nodes) if box.label in shared]
    linked = [_track(nodes, indices) for indices in _linked(nodes, loose)]
    confirmed = [track for track in linked if _confirmed(track)] or linked
    tracks = [_track(nodes, indices) for indices in named.values()] + confirmed
    return sorted(tracks, key=lambda track: (min(track.boxes), track.members[min(track.boxes)]))


def box_trust(anchors: Sequence[Sequence[LabelledBox]]) -> list[list[float]]:
    """Return for each box of each anchor how far the others agree with it, in [0, 1]; 0 where nobody confirms it."""
    trust = [[0.0] * len(boxes) for boxes in anchors]
    for track in link_boxes(anchors):
        for k, number in track.members.items():
            trust[k][number] = track.trust[k]
    return trust


def _shared_labels(anchors: Sequence[Sequence[LabelledBox]]) -> set[str]:
    counts = [Counter(box.label for box in boxes) for boxes in anchors]
    return {label for count in counts for label, number in count.items() if number > 1}


def _linked(nodes: Sequence[tuple[int, int, LabelledBox]], chosen: Sequence[int]) -> list[list[int]]:
    owner = {index: index for index in chosen}
    members: dict[int, dict[int, int]] = {index: {nodes[index][0]: index} for index in chosen}
    for _, i, j in sorted(_candidates(nodes, chosen), key=lambda edge: (-edge[0], edge[1], edge[2])):
        a, b = owner[i], owner[j]
        if a == b or members[a].keys() & members[b].keys():
            continue
        members[a].update(members.pop(b))
        owner = {index: a if one == b else one for index, one in owner.items()}
    return [list(found.values()) for found in members.values()]


def _candidates(
    nodes: Sequence[tuple[int, int, LabelledBox]], chosen: Sequence[int]
) -> list[tuple[float, int, int]]:
    edges = []
    for place, i in enumerate(chosen):
        here, _, one = nodes[i]
        for j in chosen[place + 1 :]:
            there, _, two = nodes[j]
            if not 1 <= there - here <= LONGEST_STEP:
                continue
            overlap = box_iou(one.xyxy, two.xyxy)
            words = bool(set(one.label.lower().split()) & set(two.label.lower().split()))
            if overlap < AGREEING and not (words and _same_size(one.xyxy, two.xyxy)):
                continue
            edges.append((overlap + WORD_BONUS * words - STEP_COST * (there - here - 1), i, j))
    return edges


def _track(nodes: Sequence[tuple[int, int, LabelledBox]], indices: Sequence[int]) -> BoxTrack:
    chosen = sorted((nodes[index] for index in indices), key=lambda node: node[0])
    labels = [box.label for _, _, box in chosen]
    boxes = {k: box.xyxy for k, _, box in chosen}
    return BoxTrack(
        label=max(dict.fromkeys(labels), key=labels.count),
        boxes=boxes,
        members={k: number for k, number, _ in chosen},
        trust=_trust(boxes),
    )


def _trust(boxes: dict[int, Corners]) -> dict[int, float]:
    """How well a box agrees with what two others say of its anchor: the best of the pairs near it.

    Several pairs are asked, so that a faulty box does not bring its neighbours into doubt. Nobody contradicts one
    box or two.
    """
    order = sorted(boxes)
    if len(order) < FEWEST_SEEN:
        return dict.fromkeys(order, 1.0)
    trust = {}
    for place, k in enumerate(order):
        near = [order[other] for other in range(place - REACH, place + REACH + 1) if 0 <= other < len(order)]
        pairs = [(a, b) for a, b in combinations(near, 2) if k not in (a, b)]
        trust[k] = max(
            box_iou(boxes[k], expected) for pair in pairs for expected in _expected(boxes, pair, k)
        )
    return trust


def _expected(boxes: dict[int, Corners], pair: tuple[int, int], k: int) -> list[list[float]]:
    """What two anchors say of a third: between them by their line, beyond them by it and by each of the two.

    At the ends of a clip all others lie on one side, and where the nearest has failed the next must be heard alone.
    """
    a, b = pair
    share = (k - a) / (b - a)
    shares = {share} if 0 < share < 1 else {share, 0.0, 1.0}
    first, second = np.array(boxes[a]), np.array(boxes[b])
    return [((1 - each) * first + each * second).tolist() for each in sorted(shares)]


def _confirmed(track: BoxTrack) -> bool:
    order = sorted(track.boxes)
    neighbours = pairwise(order)
    return len(order) >= FEWEST_SEEN or any(
        box_iou(track.boxes[a], track.boxes[b]) > AGREEING for a, b in neighbours
    )


def _same_size(one: Sequence[float], two: Sequence[float]) -> bool:
    ratios = [(two[k + 2] - two[k]) / max(one[k + 2] - one[k], 1e-6) for k in (0, 1)]
    return all(1 / SAME_SIZE < ratio < SAME_SIZE for ratio in ratios)


def _area(box: Sequence[float]) -> float:
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)
