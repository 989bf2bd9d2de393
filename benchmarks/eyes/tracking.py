"""Tracks a clip from faulty boxes, by many passes and by one, and scores both against the truth."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from benchmarks.eyes import metrics
from benchmarks.eyes.boxes import faults, faulty_anchors, jitter_of
from benchmarks.eyes.scene import Clip, Picture

from sparkle.bait import BaitResult, track_bait
from sparkle.core.errors import SampleError
from sparkle.roles import Anchor, Masks, Tracker


@dataclass(frozen=True)
class TrackingRow:
    """One trial of one clip. IoU is over all subjects together, worst_subject that of the subject that fares worst.

    single: the pass of the first anchor alone, its session opened with that anchor only; empty without a box.
    first_fault: how the first anchor failed, if it did. refused: why the tracker gave no mask, which counts as empty.
    """

    clip: str
    half: str
    trial: int
    jitter: float
    first_fault: str
    single: float
    bait: float
    boundary: float
    flicker: float
    matte_error: float
    confidence: float
    seconds: float
    refused: str

    @property
    def gain(self) -> float:
        """How much better many passes are than one."""
        return self.bait - self.single


def track_trial(clip: Clip, trial: int, tracker: Tracker) -> tuple[TrackingRow, Masks]:
    """Return the scores of one trial, and the mask (T, H, W) that the many passes led to."""
    anchors = faulty_anchors(clip, trial)
    alone, _, _ = tracked(tracker, clip, anchors[:1])
    started = time.perf_counter()
    found, result, refused = tracked(tracker, clip, anchors)
    seconds = time.perf_counter() - started
    matte: Picture = result.confidence if result else np.zeros(clip.mask.shape, np.float32)
    row = TrackingRow(
        clip=clip.name,
        half=clip.half,
        trial=trial,
        jitter=jitter_of(clip, trial),
        first_fault=faults(clip, trial).get(anchors[0].frame, ""),
        single=metrics.iou(alone, clip.mask),
        bait=metrics.iou(found, clip.mask),
        boundary=metrics.boundary_f(found, clip.mask),
        flicker=metrics.flicker(found, clip.mask),
        matte_error=metrics.matte_error(matte, clip.alpha),
        confidence=_confidence(result),
        seconds=seconds,
        refused=refused,
    )
    return row, found


def _confidence(result: BaitResult | None) -> float:
    """What the tracker expects, or how far its passes agree where it cannot tell; 0 without a mask."""
    if result is None:
        return 0.0
    return result.consensus if result.expected_iou is None else result.expected_iou


def tracked(tracker: Tracker, clip: Clip, anchors: list[Anchor]) -> tuple[Masks, BaitResult | None, str]:
    """Return the mask that anchors lead to, what the passes found, and why there is none (then the mask is empty)."""
    empty = np.zeros(clip.mask.shape, bool)
    if not any(anchor.boxes for anchor in anchors):
        return empty, None, "no anchor has a box"
    try:
        result = track_bait(tracker.open(clip.frames, anchors), anchors, *clip.frames.shape[:3])
    except SampleError as error:
        return empty, None, str(error)
    return result.mask, result, ""
