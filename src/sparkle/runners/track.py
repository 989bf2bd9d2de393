"""`sparkle track`: BAIT alone, on a clip at its own size and rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from sparkle.bait import BaitResult, track_bait
from sparkle.recipes import Recipe
from sparkle.roles import Anchor, Frames, Masks
from sparkle.runners.assemble import BackendPool
from sparkle.stages.artifacts import read_anchors
from sparkle.video import fit_size, prepare_output, probe, read_clip, write_masks, write_result

Passes = Literal["all", "first"]


@dataclass(frozen=True, slots=True)
class TrackResult:
    """The mask file, and how far the passes agreed. `area` is the masked share of the clip."""

    output: Path
    shape: tuple[int, int, int]
    anchors: int
    passes: int
    consensus: float
    area: float


def track(clip: Path, boxes: Path, output: Path, recipe: Recipe, *, passes: Passes = "all") -> TrackResult:
    """Track the boxed objects of a clip and write the mask as published, at the clip's own size.

    Works at the recipe's size. Raises MediaError for files that cannot be read, SampleError for boxes without a box.
    """
    prepare_output(output, [clip, boxes], ".npz")
    info = probe(clip, time_limit_s=recipe.video.time_limit_s)
    size = fit_size(info.width, info.height, recipe.video.width, recipe.video.height)
    video = read_clip(clip, size=size, fps=None, frames=None, time_limit_s=recipe.video.time_limit_s)
    count, height, width = video.frames.shape[:3]
    anchors = read_anchors(boxes, (count, height, width), video.fps)
    found = track_anchors(video.frames, anchors, recipe, passes)
    mask = enlarge_masks(found.mask, (info.width, info.height))
    write_result(output, lambda path: write_masks(path, mask))
    shape = (mask.shape[0], mask.shape[1], mask.shape[2])
    return TrackResult(output, shape, len(anchors), found.passes, found.consensus, float(mask.mean()))


def track_anchors(frames: Frames, anchors: Sequence[Anchor], recipe: Recipe, passes: Passes) -> BaitResult:
    """Run BAIT from all anchors, or from the first one that has a box (what tracking was before BAIT)."""
    chosen = [anchor for anchor in anchors if anchor.boxes]
    if passes == "first":
        chosen = chosen[:1]
    tracker = BackendPool().get(recipe.track.tracker)
    count, height, width = frames.shape[:3]
    return track_bait(tracker.open(frames, chosen), chosen, count, height, width)


def enlarge_masks(mask: Masks, size: tuple[int, int]) -> Masks:
    """Return the masks at `size` (width, height), with smooth contours instead of the small pixels' stairs."""
    if (mask.shape[2], mask.shape[1]) == size:
        return mask
    grey = (255 * frame.astype(np.uint8) for frame in mask)
    return np.stack([cv2.resize(frame, size, interpolation=cv2.INTER_CUBIC) > 127 for frame in grey])
