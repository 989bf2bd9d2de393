"""What the tracker learns from a clip once, whatever the anchor: aligned colours, plate, motion, flow, edges."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.background_plate import SUBJECT_LIKE, BackgroundPlate, build_plate, extended, grown
from sparkle.backends.cpu.photometry import align_colours
from sparkle.backends.cpu.placement import surely_background
from sparkle.backends.cpu.stillness import Stillness, find_stillness, recurrence
from sparkle.measure.colour import (
    BIN_VOLUME,
    BINS,
    BinIndex,
    PerBin,
    colour_bins,
    count_colours,
    density,
)
from sparkle.roles import Anchor, Flow, Frames

Field = NDArray[np.float32]

WORK_SIDE = 416
SHORTEST_FOR_MOTION = 12

PLATE_TRUST = 0.9
CONTINUATION_TRUST = 0.25
CONTINUATION_NOISE = np.array([14.0, 7.0, 7.0], np.float32)
DENSEST = 0.8

OFTEN, RARELY = 0.3, 0.15
COMMON = 0.002
RETURN_ODDS = 1.5
REST_ODDS = 1.0
STILL_ODDS = 2.0
ENCLOSED_ODDS = 1.5


def work_size(height: int, width: int) -> tuple[int, int]:
    """Return (height, width) at which the tracker works: longer side at most WORK_SIDE, aspect kept."""
    scale = min(1.0, WORK_SIDE / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


class ClipEvidence:
    """Facts of a clip at work size (T, h, w), computed when first asked for; none depends on a single anchor."""

    def __init__(self, frames: Frames, anchors: Sequence[Anchor]) -> None:
        self.count, full_height, full_width = frames.shape[:3]
        self.shape = work_size(full_height, full_width)
        self.scale = self.shape[1] / full_width
        size = self.shape[::-1]
        small = np.stack([cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in frames])
        outside = surely_background(anchors, self.count, self.scale, self.shape)
        self.lab: Frames = np.stack(
            [cv2.cvtColor(f, cv2.COLOR_RGB2LAB) for f in align_colours(small, outside)]
        )
        self.bins: list[BinIndex] = [colour_bins(frame) for frame in self.lab]
        half = (max(1, size[0] // 2), max(1, size[1] // 2))
        self._half_lab: Frames = np.stack(
            [cv2.resize(f, half, interpolation=cv2.INTER_AREA) for f in self.lab]
        )
        self.background_counts = np.zeros(BINS, np.float32)
        for t in range(0, self.count, 4):
            self.background_counts += count_colours(self.bins[t], outside[t].astype(np.float32))
        self.plate, self.stillness = self._background(outside)
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._flows: dict[tuple[int, int], NDArray[np.float16]] = {}
        self._plate_densities: dict[int, NDArray[np.float16]] = {}
        self._motion_odds: dict[int, NDArray[np.float16]] = {}
        self._grid = np.stack(np.meshgrid(*(np.arange(n, dtype=np.float32) for n in size)), axis=-1)

    @property
    def other_background_share(self) -> Field:
        """Share of the background's colours that the plate does not explain, per pixel."""
        known = self.plate.known
        return (1.0 - PLATE_TRUST) * known + (1.0 - CONTINUATION_TRUST) * (1.0 - known)

    def flow(self, first: int, second: int) -> Flow:
        """Return where each pixel of frame `first` went in frame `second`, at work size."""
        key = (first, second)
        if key not in self._flows:
            one, two = (np.ascontiguousarray(self.lab[index, ..., 0]) for index in key)
            self._flows[key] = self._flow.calc(one, two, np.zeros((*self.shape, 2), np.float32)).astype(
                np.float16
            )
        return self._flows[key].astype(np.float32)

    def warp(self, values: Field, source: int, target: int) -> Field:
        """Bring values (h, w) that belong to frame `source` to frame `target` along the flow."""
        where = self._grid + self.flow(target, source)
        return cv2.remap(
            values, where[..., 0], where[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        ).astype(np.float32)

    def edge_filter(self, frame: int, radius: int, epsilon: float) -> cv2.ximgproc.GuidedFilter:
        """Return an averaging filter that does not cross the colour edges of a frame."""
        guide = self.lab[frame].astype(np.float32) * (np.array([1.0, 2.0, 2.0], np.float32) / 255.0)
        return cv2.ximgproc.createGuidedFilter(guide, radius, epsilon)

    def plate_density(self, frame: int) -> Field:
        """Return the density, per colour bin, of each pixel's colour under the plate, weighted by trust in it."""
        if frame not in self._plate_densities:
            known = self.plate.known
            difference = self.lab[frame].astype(np.float32) - self.plate.colour
            seen = _normal_density(difference, 2.0 * self.plate.noise + self._misfit(difference))
            continued = _normal_density(difference, self.plate.noise + CONTINUATION_NOISE)
            value = PLATE_TRUST * known * seen + CONTINUATION_TRUST * (1.0 - known) * continued
            self._plate_densities[frame] = value.astype(np.float16)
        return self._plate_densities[frame].astype(np.float32)

    def motion_odds(self, frame: int) -> Field:
        """Return what change and rest say of a frame, per pixel: log-odds of subject against background.

        A clip too short to tell the two apart says nothing.
        """
        if self.count < SHORTEST_FOR_MOTION:
            return np.zeros(self.shape, np.float32)
        if frame not in self._motion_odds:
            still = self.stillness
            share = np.minimum(self._recurrence(frame) / OFTEN, 1.0)
            lightness = np.ascontiguousarray(self.lab[frame, ..., 0])
            contrast = cv2.morphologyEx(lightness, cv2.MORPH_GRADIENT, np.ones((7, 7), np.uint8))
            # A flat place looks the same whether it rests or moves, so its return says little.
            telling = np.clip((contrast.astype(np.float32) - 8.0) / 24.0, 0.0, 1.0)
            at_rest = np.where(still.background, -STILL_ODDS * (0.6 + 0.4 * telling), -REST_ODDS * telling)
            at_rest = np.where(still.enclosed, ENCLOSED_ODDS, at_rest)
            odds = RETURN_ODDS * (1.0 - share) + share * at_rest
            self._motion_odds[frame] = odds.astype(np.float16)
        return self._motion_odds[frame].astype(np.float32)

    def _background(self, outside: NDArray[np.bool_]) -> tuple[BackgroundPlate, Stillness]:
        seen = build_plate(self.lab, outside)
        half = self._half_lab.shape[2:0:-1]
        self._half_known = cv2.resize(seen.known, half, interpolation=cv2.INTER_AREA) > 0.8
        subject_odds = self._subject_odds(seen)
        stillness = _doubted(find_stillness(self.lab, seen.known > 0.5), seen, subject_odds)
        plate = grown(extended(seen, stillness.background, stillness.colour), self.lab, subject_odds)
        return plate, stillness

    def _subject_odds(self, plate: BackgroundPlate) -> PerBin:
        """Return, per colour bin, the log-odds of what moves inside the boxes against the known background."""
        moving = np.zeros(BINS, np.float32)
        for t in range(0, self.count, 8):
            restless = np.clip(1.0 - self._recurrence(t) / RARELY, 0.0, 1.0)
            moving += count_colours(self.bins[t], np.where(plate.known > 0, 0.0, restless).astype(np.float32))
        among_moving = density(moving)
        # Colours that hardly occur among what moves are no evidence, however rare they are elsewhere.
        common = np.minimum(among_moving / COMMON, 1.0)
        odds: PerBin = common * np.log(among_moving / density(self.background_counts))
        return odds

    def _recurrence(self, frame: int) -> Field:
        share = recurrence(self._half_lab, frame, self._half_known)
        return cv2.resize(share, self.shape[::-1], interpolation=cv2.INTER_LINEAR).astype(np.float32)

    def _misfit(self, difference: Field) -> Field:
        sure = self.plate.known > 0.8
        if not sure.any():
            return np.zeros(3, np.float32)
        median: Field = np.median(np.abs(difference[sure]), axis=0).astype(np.float32)
        return median


def _doubted(stillness: Stillness, plate: BackgroundPlate, subject_odds: PerBin) -> Stillness:
    """Take back still background that has the colours of what moves and not those of the known background."""
    typical = colour_bins(stillness.colour.astype(np.uint8))
    likeness = cv2.blur(np.clip(subject_odds[typical], -3.0, 3.0), (9, 9))
    doubtful = stillness.background & (plate.known <= 0) & (likeness > SUBJECT_LIKE)
    return dataclasses.replace(stillness, background=stillness.background & ~doubtful)


def _normal_density(difference: Field, deviation: Field) -> Field:
    distance: Field = ((difference / deviation) ** 2).sum(axis=-1)
    peak: Field = BIN_VOLUME / (np.float32((2.0 * np.pi) ** 1.5) * deviation.prod(axis=-1))
    value: Field = np.minimum(peak, np.float32(DENSEST)) * np.exp(-0.5 * distance)
    return value
