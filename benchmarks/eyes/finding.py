"""Finds the subjects of a clip without any boxes, tracks what was found, and scores both against the truth."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from benchmarks.eyes import metrics
from benchmarks.eyes.boxes import true_box
from benchmarks.eyes.scene import Clip
from benchmarks.eyes.tracking import tracked

from sparkle.bait import anchor_frames
from sparkle.roles import Grounder, Tracker

FOUND_IOU = 0.5


@dataclass(frozen=True)
class FindingRow:
    """What the finder made of one clip.

    labels: what it named on frame 0. box: IoU of its box with the main subject's, mean over the anchors where that is
    there (a missing box counts 0); the main subject is the largest, and the box the one that fits it best.
    found: whether that mean is at least a half. mask: IoU of the final mask with all subjects.
    main: share of the main subject that the final mask covers.
    """

    clip: str
    half: str
    labels: tuple[str, ...]
    found: bool
    box: float
    mask: float
    main: float
    seconds: float
    refused: str


def find_subjects(clip: Clip, grounder: Grounder, tracker: Tracker) -> FindingRow:
    """Return the scores of the finder, and of the tracker after it, on one clip."""
    started = time.perf_counter()
    first = grounder.first_round(clip.frames, clip.frames[0])
    anchors = grounder.second_round(clip.frames, anchor_frames(len(clip.frames), clip.fps), first)
    seconds = time.perf_counter() - started
    main = clip.masks[int(np.argmax(clip.masks.sum(axis=(1, 2, 3))))]
    truths = {anchor.frame: box for anchor in anchors if (box := true_box(main[anchor.frame])) is not None}
    overlaps = [
        max((metrics.box_iou(box.xyxy, truths[anchor.frame]) for box in anchor.boxes), default=0.0)
        for anchor in anchors
        if anchor.frame in truths
    ]
    mean = float(np.mean(overlaps)) if overlaps else 0.0
    mask, _, refused = tracked(tracker, clip, anchors)
    return FindingRow(
        clip=clip.name,
        half=clip.half,
        labels=tuple(box.label for box in first),
        found=mean >= FOUND_IOU,
        box=mean,
        mask=metrics.iou(mask, clip.mask),
        main=float((mask & main).sum() / max(1, main.sum())),
        seconds=seconds,
        refused=refused,
    )
