"""`sparkle track`: BAIT alone, on a clip at its own size and rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from sparkle.bait import BaitResult, VoteName, track_bait
from sparkle.core.errors import SampleError
from sparkle.recipes import Recipe
from sparkle.roles import Anchor, Frames, Masks, Tracker
from sparkle.runners.assemble import BackendPool
from sparkle.stages.artifacts import read_anchors
from sparkle.stages.track import reach_frames
from sparkle.store import prepare_output, write_result
from sparkle.video import fit_size, probe, read_clip, write_masks

Passes = Literal["all", "first"]


@dataclass(frozen=True, slots=True)
class TrackResult:
    """The mask file, and how far the passes agreed. `area` is the masked share of the clip; `confidence` the IoU that
    the tracker expects, where it can tell; `unseen` the labels that were found on no frame."""

    output: Path
    shape: tuple[int, int, int]
    anchors: int
    passes: int
    consensus: float
    area: float
    confidence: float | None
    unseen: tuple[str, ...]


def track(clip: Path, boxes: Path, output: Path, recipe: Recipe, *, passes: Passes = "all") -> TrackResult:
    """Track the boxed objects of a clip and write the mask as published, at the clip's own size.

    Works at the recipe's size. Raises MediaError for files that cannot be read, SampleError for boxes without a box.
    """
    prepare_output(output, [clip, boxes], ".npz")
    tracker = BackendPool().fill("track", "tracker", recipe.track.tracker)
    info = probe(clip, time_limit_s=recipe.video.time_limit_s)
    size = fit_size(info.width, info.height, recipe.video.width, recipe.video.height)
    video = read_clip(clip, size=size, fps=None, frames=None, time_limit_s=recipe.video.time_limit_s)
    count, height, width = video.frames.shape[:3]
    anchors = read_anchors(boxes, (count, height, width), video.fps)
    reach = reach_frames(recipe.track, video.fps)
    found = track_anchors(video.frames, anchors, tracker, passes, recipe.track.vote, reach)
    _refuse_nothing(found, boxes, recipe.track.min_confidence)
    mask = enlarge_masks(found.mask, (info.width, info.height))
    write_result(output, lambda path: write_masks(path, mask))
    shape = (mask.shape[0], mask.shape[1], mask.shape[2])
    unseen = tuple(label for label, share in found.seen.items() if share == 0)
    area = float(mask.mean())
    return TrackResult(
        output, shape, len(anchors), found.passes, found.consensus, area, found.expected_iou, unseen
    )


def _refuse_nothing(found: BaitResult, boxes: Path, least: float) -> None:
    """Raise SampleError for a mask that is empty, or that the tracker itself does not believe."""
    hint = "check that they lie on the objects (coordinates are in [0, 1000] of width and height, not pixels)"
    if not found.mask.any():
        raise SampleError(f"{boxes}: nothing was found in the boxes, the mask would be empty; {hint}")
    if found.expected_iou is not None and found.expected_iou < least:
        raise SampleError(
            f"{boxes}: hardly anything in the boxes stands out (expected IoU {found.expected_iou:.2f}, wanted at least "
            f"{least:g}); {hint}, add boxes on more frames, or take the mask all the same with "
            "--set track.min_confidence=0"
        )


def track_anchors(
    frames: Frames,
    anchors: Sequence[Anchor],
    tracker: Tracker,
    passes: Passes,
    vote: VoteName,
    reach: int | None = None,
) -> BaitResult:
    """Run BAIT from all anchors, or from the first one that has a box (what tracking was before BAIT).

    `reach` is how many frames a pass goes from its anchor; see `bait.track_bait`.
    """
    chosen = [anchor for anchor in anchors if anchor.boxes]
    if passes == "first":
        chosen = chosen[:1]
    count, height, width = frames.shape[:3]
    return track_bait(tracker.open(frames, chosen), chosen, count, height, width, reach=reach, vote=vote)


def enlarge_masks(mask: Masks, size: tuple[int, int]) -> Masks:
    """Return the masks at `size` (width, height), with smooth contours instead of the small pixels' stairs."""
    if (mask.shape[2], mask.shape[1]) == size:
        return mask
    grey = (255 * frame.astype(np.uint8) for frame in mask)
    return np.stack([cv2.resize(frame, size, interpolation=cv2.INTER_CUBIC) > 127 for frame in grey])
