"""Saliency between the frames that were looked at: what was seen in a box moves and grows with the box.

A network that takes a quarter of a second looks at the anchors only. Evidence on these frames alone teaches a tracker
colours that fit them and leaves the frames between without it: on a motorcycle before gravel IoU rose from 0.50 to 0.85
on the anchors and fell to 0.4 between them. So the log-odds of the two nearest looks are blended on every frame.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from sparkle.measure.saliency_trust import Box, Odds


def carried(known: Mapping[int, tuple[Odds, Box]], frame: int, box: Box) -> Odds:
    """Return the log-odds (H, W) of one object on any frame, where it has `box`, in pixels of the odds.

    known: log-odds (H, W) that are finite, and the object's box, by frame that was looked at; at least one. Nearest
    before and after are moved from their boxes to this one and blended by their distance in time, so that where they
    contradict each other little is left; before the first and after the last there is only that one.
    """
    before = [each for each in known if each <= frame]
    after = [each for each in known if each >= frame]
    first = max(before) if before else min(after)
    last = min(after) if after else max(before)
    share = 0.0 if first == last else (frame - first) / (last - first)
    one, other = (_moved(*known[each], box) for each in (first, last))
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
