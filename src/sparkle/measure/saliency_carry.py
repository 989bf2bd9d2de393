"""Saliency between the frames that were looked at: what was seen in a box moves and grows with the box.

A network that takes a quarter of a second looks at the anchors only. Evidence on these frames alone teaches a tracker
colours that fit them and leaves the frames between without it: on a motorcycle before gravel IoU rose from 0.50 to 0.85
on the anchors and fell to 0.4 between them. So the log-odds of the two nearest looks are blended on every frame.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np

from sparkle.measure.saliency_trust import BOX_SLACK, Box, Odds, saliency_odds, window
from sparkle.roles import Frames, Image, Matte

Seeing = Callable[[int, Box], Odds]


def clip_odds(
    boxes: Sequence[Mapping[int, Box]], looked: Sequence[int], see: Seeing, shape: tuple[int, int]
) -> list[Odds]:
    """Return log-odds (H, W) for every frame of a clip, 0 where nothing is known.

    boxes: each frame's, by the number of the object, in pixels of the odds of `shape` (H, W). looked: the frames on
    which `see` is asked what it makes of each box. Where boxes overlap, the one that says more for a subject counts.
    """
    known: dict[int, dict[int, tuple[Odds, Box]]] = {}
    for frame in looked:
        for number, box in boxes[frame].items():
            known.setdefault(number, {})[frame] = see(frame, box), box
    fields = []
    for frame, here in enumerate(boxes):
        field = np.full(shape, -np.inf, np.float32)
        for number, box in here.items():
            if number in known:
                near = window(box, BOX_SLACK, *shape)
                field[near] = np.maximum(field[near], carried(known[number], frame, box)[near])
        fields.append(np.where(np.isfinite(field), field, 0.0).astype(np.float32))
    return fields


def seeing(frames: Frames, look: Callable[[Image], Matte], shape: tuple[int, int]) -> Seeing:
    """Return what asks a SalientObject about boxes of frames (T, H, W, 3), at the size `shape` (h, w) of the odds."""
    height, width = frames.shape[1:3]
    scale = (width / shape[1], height / shape[0]) * 2

    def see(frame: int, box: Box) -> Odds:
        x1, y1, x2, y2 = (corner * factor for corner, factor in zip(box, scale, strict=True))
        odds = saliency_odds(frames[frame], [(x1, y1, x2, y2)], look).odds
        small: Odds = cv2.resize(odds, shape[::-1], interpolation=cv2.INTER_AREA).astype(np.float32)
        return small

    return see


def carried(known: Mapping[int, tuple[Odds, Box]], frame: int, box: Box) -> Odds:
    """Return the log-odds (H, W) of one object on any frame, where it has `box`, in pixels of the odds.

    known: log-odds (H, W) that are finite, and the object's box, by frame that was looked at; at least one. Nearest
    before and after are moved from their boxes to this one and blended by their distance in time. Where they contradict
    each other the stronger says no more than the weaker, so that little is left of both; before the first and after
    the last there is only that one.
    """
    before = [each for each in known if each <= frame]
    after = [each for each in known if each >= frame]
    first = max(before) if before else min(after)
    last = min(after) if after else max(before)
    share = 0.0 if first == last else (frame - first) / (last - first)
    one, other = (_moved(*known[each], box) for each in (first, last))
    if first != last:
        most = np.where(one * other < 0, np.minimum(np.abs(one), np.abs(other)), np.inf)
        one, other = np.clip(one, -most, most), np.clip(other, -most, most)
    return ((1 - share) * one + share * other).astype(np.float32)


def _moved(odds: Odds, source: Box, target: Box) -> Odds:
    """Move what lies in one box to another; what comes from outside the picture is unknown, 0."""
    height, width = odds.shape
    scales = [
        max(target[end] - target[start], 1.0) / max(source[end] - source[start], 1.0)
        for start, end in ((0, 2), (1, 3))
    ]
    shifts = [target[axis] - scales[axis] * source[axis] for axis in (0, 1)]
    matrix = np.array([[scales[0], 0.0, shifts[0]], [0.0, scales[1], shifts[1]]])
    moved: Odds = cv2.warpAffine(odds, matrix, (width, height), flags=cv2.INTER_LINEAR).astype(np.float32)
    return moved
