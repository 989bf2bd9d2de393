"""What the final check sees beside the EditScore of a few frames: lost parts, and a background that froze."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sparkle.camera import measure_liveliness
from sparkle.core.boxes import box_to_pixels
from sparkle.core.records import TrackRecord
from sparkle.core.sample import Check
from sparkle.measure.boxed_subject import Bounds
from sparkle.measure.wholeness import measure_wholeness
from sparkle.roles import Frames, Masks

# Less than this share of the picture tells nothing about the whole background, less motion is none to be kept.
LEAST_OUTSIDE, LEAST_MOTION = 0.02, 0.01


def whole_subject_checks(
    source: Frames, mask: Masks, boxes: Mapping[int, Bounds], mean_minimum: float, worst_minimum: float
) -> list[Check]:
    """Return what the source says of its mask: whole all in all, and at its worst moment. See `measure.wholeness`;
    boxes are those that its subject was found in, see `boxes_found`."""
    found = measure_wholeness(source, mask, boxes)
    at_worst = f"frame {found.worst_frame}: {found.reason}"
    return [
        Check(
            "synthesize.wholeness",
            found.overall,
            mean_minimum,
            "minimum",
            found.reason,
            "measured",
        ),
        Check(
            "synthesize.worst_wholeness",
            found.worst,
            worst_minimum,
            "minimum",
            at_worst,
            "measured",
        ),
    ]


def boxes_found(tracked: TrackRecord, width: int, height: int) -> dict[int, Bounds]:
    """Return, in pixels by frame, what holds the boxes of all objects, of the frames on which each of them was found.

    Nothing for a matte that was given: nobody says that it holds what was found.
    """
    found = {}
    for frame, objects in tracked.boxes_by_frame().items() if tracked.passes else ():
        boxes = [box_to_pixels(one.bbox_2d, width, height) for one in objects]
        if boxes and all(boxes):
            left, top, right, bottom = np.array(boxes).T
            found[frame] = (left.min(), top.min(), right.max(), bottom.max())
    return found


def background_motion_checks(edited: Frames, background: Frames, mask: Masks, minimum: float) -> list[Check]:
    """Return whether the edited video moves where the background video does; nothing where that cannot be told.

    Looked at where no subject ever stands. A background video that hardly moves there has no motion to be kept.
    """
    outside = np.asarray(~mask.any(axis=0))
    if outside.mean() < LEAST_OUTSIDE or len(edited) < 3:
        return []
    asked = measure_liveliness(background, outside).share_of_area_moving
    if asked < LEAST_MOTION:
        return []
    kept = float(np.clip(measure_liveliness(edited, outside).share_of_area_moving / asked, 0, 1))
    reason = f"{kept:.0%} of what moves in the background video ({asked:.0%} of it) moves in the edited video"
    return [
        Check(
            "synthesize.background_motion",
            kept,
            minimum,
            "minimum",
            reason,
            "measured",
        )
    ]
