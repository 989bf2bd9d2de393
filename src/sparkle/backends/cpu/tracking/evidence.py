"""What a clip shows, at the tracker's working size: computed once and shared by all passes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.tracking.placement import surely_background
from sparkle.measure.colour import BinIndex, colour_bins
from sparkle.measure.photometry import align_colours
from sparkle.roles import Anchor, Flow, Frames

Field = NDArray[np.float32]

WORK_SIDE = 416


def work_size(height: int, width: int) -> tuple[int, int]:
    """Return (height, width) at which the tracker works: longer side at most WORK_SIDE, aspect kept."""
    scale = min(1.0, WORK_SIDE / max(height, width))
    return max(2, round(height * scale)), max(2, round(width * scale))


class ClipEvidence:
    """A clip of `count` frames at work size `shape` (h, w): `lab` uint8 (T, h, w, 3) in steady colours, `half` the same
    at half that size, `bins` the colour bin of each pixel. `scale` = (x, y): work pixels per pixel of the clip."""

    def __init__(self, frames: Frames, anchors: Sequence[Anchor]) -> None:
        self.count, full_height, full_width = frames.shape[:3]
        self.shape = work_size(full_height, full_width)
        height, width = self.shape
        self.scale = (width / full_width, height / full_height)
        small = np.stack([cv2.resize(f, (width, height), interpolation=cv2.INTER_AREA) for f in frames])
        outside = surely_background(anchors, self.count, self.scale[0], self.shape)
        steady = align_colours(small, outside)
        self.lab: Frames = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2LAB) for frame in steady])
        self.half_shape = (max(1, height // 2), max(1, width // 2))
        size = self.half_shape[::-1]
        self.half: Frames = np.stack([cv2.resize(f, size, interpolation=cv2.INTER_AREA) for f in self.lab])
        self.bins: list[BinIndex] = [colour_bins(frame) for frame in self.lab]
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        rows, columns = np.indices(self.shape, dtype=np.float32)
        self._grid = np.stack([columns, rows], axis=-1)

    def flow(self, first: int, second: int) -> Flow:
        """Return where each pixel of frame `first` went in frame `second`, in work pixels."""
        one, two = (np.ascontiguousarray(self.lab[index, ..., 0]) for index in (first, second))
        return self._flow.calc(one, two, np.zeros((*self.shape, 2), np.float32)).astype(np.float32)

    def warp(self, values: Field, source: int, target: int) -> Field:
        """Bring values (h, w) that belong to frame `source` to frame `target` along the flow."""
        where = self._grid + self.flow(target, source)
        return cv2.remap(
            values, where[..., 0], where[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        ).astype(np.float32)

    def to_work(self, values: Field) -> Field:
        """Bring values from half size to work size."""
        return cv2.resize(values, self.shape[::-1], interpolation=cv2.INTER_LINEAR).astype(np.float32)

    def to_half(self, values: NDArray[Any]) -> Field:
        """Bring values from work size to half size."""
        return cv2.resize(
            values.astype(np.float32), self.half_shape[::-1], interpolation=cv2.INTER_AREA
        ).astype(np.float32)
