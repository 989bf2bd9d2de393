"""A mask that somebody painted for one frame, carried to the frames around it by how their pixels move."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.roles import Frames

REACH = 24  # frames on either side
FADE = 0.96  # from frame to frame
ALIKE = 22.0  # levels of difference after the motion at which a pixel is no longer taken for the same one
LEAST = 0.05
CRUMB = 0.3  # of the area that was taken away
MARGIN = 0.012  # of the width, around what was painted otherwise: a rim left behind would be seen
NEAR = 7  # pixels over which differences are averaged

Share = NDArray[np.float32]


def carry_mask(
    frames: Frames, share: Share, at: int, painted: Share, *, first: int = 0, last: int | None = None
) -> Share:
    """Return how far pixels are subject, float32 (T, H, W) in [0, 1], with frame `at` as `painted` (H, W) says.

    What was painted otherwise than `share` had it is carried to the frames from `first` to `last`, REACH of them on
    either side at most: along the flow, for as long as the pixels look as they did, and fading.
    """
    changed = (np.abs(painted - share[at]) > 0.25).astype(np.uint8)
    size = 2 * max(2, round(MARGIN * share.shape[2])) + 1
    weight = cv2.dilate(changed, np.ones((size, size), np.uint8)).astype(np.float32)
    mended = share.copy()
    mended[at] = painted
    end = len(frames) - 1 if last is None else last
    for numbers in (range(at + 1, min(at + REACH, end) + 1), range(at - 1, max(at - REACH, first) - 1, -1)):
        before, here, sure = at, painted, weight
        for number in numbers:
            here, sure = _moved(frames, before, number, here, sure)
            if sure.max() < LEAST:
                break
            mended[number] += sure * (here - mended[number])
            _clear_rests(share[number], mended[number])
            before = number
    return mended


def _clear_rests(before: Share, mended: Share) -> None:
    """Clear, in place, the crumbs that are left of something that was taken away, beside it and much smaller."""
    away = (before > 0.5) & (mended <= 0.5)
    if not away.any():
        return
    near = cv2.dilate(away.astype(np.uint8), np.ones((NEAR, NEAR), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats((mended > 0.5).astype(np.uint8))
    for number in range(1, count):
        small = stats[number, cv2.CC_STAT_AREA] < CRUMB * np.count_nonzero(away)
        if small and near[labels == number].any():
            mended[labels == number] = 0.0


def _moved(frames: Frames, before: int, number: int, mask: Share, weight: Share) -> tuple[Share, Share]:
    """Return mask and weight of frame `before` as they lie on frame `number`."""
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    old, new = (cv2.cvtColor(frames[each], cv2.COLOR_RGB2GRAY) for each in (before, number))
    flow = search.calc(new, old, None)  # type: ignore[call-overload]
    height, width = mask.shape
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    at_x, at_y = x + flow[..., 0], y + flow[..., 1]

    def warped(picture: NDArray[np.uint8] | Share) -> Share:
        found = cv2.remap(picture, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found, np.float32)

    apart = np.abs(warped(frames[before]) - frames[number]).max(axis=2)
    alike = np.exp(-0.5 * (cv2.blur(apart, (NEAR, NEAR)) / ALIKE) ** 2)
    return warped(mask), (FADE * alike * warped(weight)).astype(np.float32)
