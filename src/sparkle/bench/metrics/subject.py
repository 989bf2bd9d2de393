"""The subject of a source clip: found by the finder, tracked by the cpu tracker, with BAIT's vote.

It depends on the source alone, so that all edits of a clip are judged with the same mask.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sparkle.backends import create_backend
from sparkle.bait import anchor_frames, parse_boxes, track_bait
from sparkle.core.boxes import LabelledBox
from sparkle.core.errors import BackendError, MediaError, SampleError
from sparkle.measure.finder import find_candidates
from sparkle.roles import Anchor, Frames, Masks, Tracker
from sparkle.store import read_text
from sparkle.video import read_masks, resize_frames, resize_image

TRACKING_WIDTH = 352  # pixels of the longer side
# Each pass of BAIT goes no further from its anchor than this. Five of them vote on a frame, for a third of the time
# that passes through the whole of a published clip take.
REACH_S = 1.0


def find_subject(frames: Frames, fps: float) -> Masks:
    """Return the subject's masks, bool (T, h, w), of frames (T, H, W, 3) at `fps`; neither side exceeds TRACKING_WIDTH.

    Raises BackendError when there is nothing that the finder takes for a subject.
    """
    small = _small(frames)
    schedule = anchor_frames(len(small), fps)
    subjects = [found for found in find_candidates(small, schedule) if found.is_subject]
    if not subjects:
        raise BackendError(
            "no subject was found in the source clip, so its foreground cannot be judged: nothing in it moves or "
            "stands out alone; give its mask or boxes with --subjects, or let a model judge"
        )
    anchors = [
        Anchor(frame, tuple(LabelledBox(s.label, s.boxes[frame]) for s in subjects if frame in s.boxes))
        for frame in schedule
    ]
    return _track(small, anchors, fps)


def read_subject(folder: Path, name: str, frames: Frames, fps: float) -> Masks:
    """Return the masks that somebody gave for a clip of frames (T, H, W, 3), bool (T, H, W).

    `name`.npz is a mask file of the clip's frames, at any size; `name`.json a boxes file, which is tracked. Raises
    BackendError where neither is there, and MediaError or SampleError for one that does not fit the clip.
    """
    count, height, width = frames.shape[:3]
    masks, boxes = folder / f"{name}.npz", folder / f"{name}.json"
    if masks.is_file():
        given = read_masks(masks)
        if len(given) != count:
            raise MediaError(f"{masks}: has {len(given)} masks, and the source clip has {count} frames")
        return _resized(given, (width, height))
    if boxes.is_file():
        small = _small(frames)
        try:
            anchors = parse_boxes(read_text(boxes), small.shape[2], small.shape[1], count, fps)
        except (OSError, UnicodeDecodeError, SampleError) as error:
            raise SampleError(f"{boxes}: {error}") from error
        if not any(anchor.boxes for anchor in anchors):
            raise SampleError(f"{boxes}: no anchor has a box; at least one frame needs one to start from")
        return _resized(_track(small, anchors, fps), (width, height))
    raise BackendError(f"{folder} has neither {name}.npz, a mask file, nor {name}.json, a boxes file")


def _small(frames: Frames) -> Frames:
    height, width = frames.shape[1:3]
    scale = min(1.0, TRACKING_WIDTH / max(width, height))
    return resize_frames(frames, (round(width * scale), round(height * scale)))


def _track(frames: Frames, anchors: Sequence[Anchor], fps: float) -> Masks:
    tracker: Tracker = create_backend("cpu.tracker", {})
    count, height, width = frames.shape[:3]
    return track_bait(
        tracker.open(frames, anchors), anchors, count, height, width, reach=round(REACH_S * fps)
    ).mask


def _resized(masks: Masks, size: tuple[int, int]) -> Masks:
    return np.stack([resize_image(mask.astype(np.uint8) * 255, size) > 127 for mask in masks])
