"""What the finder knows of a boxed person: a silhouette as log-odds, for a tracker that asks about boxes.

A face tells of the body below it what neither boxes nor colours tell: that a black shirt before a dark wall is no wall,
and that the screens behind a man are not of him. Of things without a face the finder sees no more than a tracker does:
with their silhouettes, too, hands left the mat that they lie on, but clips of `choose` lost (hand over blocks: IoU
0.931 to 0.898, trumpeter: 0.897 to 0.864).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from sparkle.core.box_tracks import box_iou
from sparkle.measure.finder import find_people
from sparkle.measure.saliency_carry import Seeing
from sparkle.measure.saliency_trust import BOX_SLACK, Box, Odds, window
from sparkle.measure.shapes import Plane, bounds, closed, filled, grown
from sparkle.roles import Frames, Mask

AGREEING = (0.6, 0.8)  # IoU of the two boxes at which a silhouette begins to count, and counts fully
FOR, AGAINST = 6.0, -3.0  # log-odds deep inside and outside: more than colours can say against it
# Working pixels of the finder. Its outline is off by about RIM; nothing is said there, and of thin parts nothing for.
SOFT, GAP, RIM = 1.0, 6, 2


def silhouette_seeing(frames: Frames, anchor_frames: Sequence[int], shape: tuple[int, int]) -> Seeing:
    """Return what answers about boxes, in pixels of `shape` (h, w), on the anchor frames of frames (T, H, W, 3).

    The answer is float32 log-odds (h, w), 0 where no person fits the box, as on all other frames.
    """
    silhouettes: dict[int, list[tuple[Box, Plane]]] = {}
    for person in find_people(frames, anchor_frames):
        for frame, mask in person.masks.items():
            told = FOR * _soft(~grown(~mask, RIM)) + AGAINST * (1 - _soft(_without_gaps(mask)))
            large = cv2.resize(told, shape[::-1], interpolation=cv2.INTER_LINEAR).astype(np.float32)
            silhouettes.setdefault(frame, []).append((_enlarged(bounds(mask), mask.shape, shape), large))

    def see(frame: int, box: Box) -> Odds:
        odds = np.zeros(shape, np.float32)
        agreeing = [(_agreement(around, box), each) for around, each in silhouettes.get(frame, [])]
        trust, silhouette = max(agreeing, key=lambda pair: pair[0], default=(0.0, odds))
        if trust > 0:
            near = window(box, BOX_SLACK, *shape)
            odds[near] = trust * silhouette[near]
        return odds

    return see


def _soft(mask: Mask) -> Plane:
    return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), SOFT).astype(np.float32)


def _without_gaps(mask: Mask) -> Mask:
    """Fill notches and holes, also those that the lower border cuts: the finder may have lost hair or a badge there."""
    return filled(closed(mask, GAP))


def _enlarged(box: Box, shape: Sequence[int], larger: tuple[int, int]) -> Box:
    across, along = larger[1] / shape[1], larger[0] / shape[0]
    return box[0] * across, box[1] * along, box[2] * across, box[3] * along


def _agreement(around: Box, box: Box) -> float:
    least, full = AGREEING
    return float(np.clip((box_iou(around, box) - least) / (full - least), 0.0, 1.0))
