"""What every remover that fills a hole does: find the hole, take what the clip uncovers, fill the rest.

Heuristics: the subject stands in the edited frame where it stands in the source, give or take a margin.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from sparkle.backends.cpu.tracker import JointTracker
from sparkle.core.boxes import LabelledBox
from sparkle.core.errors import BackendError
from sparkle.measure.clean_plate import clean_plate
from sparkle.measure.photometry import align_to
from sparkle.measure.shapes import filled, grown
from sparkle.roles import Anchor, Frames, Image, Mask, Masks, RemovalRequest

# (picture, hole, seed) -> picture with the hole filled
Fill = Callable[[Image, Mask, int], Image]

# Shares of the shorter side: the subject's soft rim; how far an edit moves its outline; how far its surroundings reach
# that are compared; the width of a seam.
MARGIN, REACH, SURROUNDINGS, SEAM = 1 / 48, 1 / 24, 1 / 8, 1 / 160
# The old background was kept where surroundings differ by no more than this many levels in this share of them.
SAME_LEVELS, SAME_SHARE = 14.0, 0.8


@dataclass(frozen=True, slots=True)
class Subject:
    """The subjects of a request: masks bool (T, H, W) over the source, and the `hole`, bool (H, W), that they leave
    in the edited frame."""

    masks: Masks
    hole: Mask


def remove(request: RemovalRequest, fill: Fill) -> Image:
    """Return the edited frame without its subjects, uint8 (H, W, 3); outside their hole it is as it was.

    Raises BackendError if no subject is found in the boxes.
    """
    if request.background is not None:
        return request.background
    subject = find_subject(request.source, request.edited_frame, request.objects)
    picture, hole = uncover(request.source, request.edited_frame, subject)
    return fill(picture, hole, request.seed)


def find_subject(source: Frames, edited: Image, objects: tuple[LabelledBox, ...]) -> Subject:
    """Cut the objects, boxed on source frame 0, out of the clip and of the edited frame. See `remove` for errors."""
    masks = _cut(source, objects)
    side = min(edited.shape[:2])
    if not masks[0].any():
        raise BackendError(f"no subject found in the boxes of {', '.join(box.label for box in objects)}")
    # The edit may have moved its subject a little.
    moved = _cut(edited[None], objects)[0] & grown(masks[0], round(REACH * side))
    return Subject(masks, filled(grown(masks[0] | moved, max(2, round(MARGIN * side)))))


def uncover(source: Frames, edited: Image, subject: Subject) -> tuple[Image, Mask]:
    """Return the edited frame with the part of the hole filled that the clip uncovers, and the hole that is left.

    Of use only where the edit kept the old background; where it did not, both are as they were.
    """
    hole = subject.hole
    side = min(hole.shape)
    around = grown(hole, round(SURROUNDINGS * side)) & ~hole
    if len(source) == 1 or not around.any():
        return edited, hole
    plate = clean_plate(source, subject.masks)
    known = around & plate.seen
    if not known.any():
        return edited, hole
    alike = align_to(edited, known, plate.picture[None], known[None])[0]
    difference = np.abs(alike.astype(np.int16) - edited)[known].max(axis=-1)
    if (difference <= SAME_LEVELS).mean() < SAME_SHARE:
        return edited, hole
    taken = cv2.blur((hole & plate.seen).astype(np.float32), (2 * round(SEAM * side) + 1,) * 2)
    taken = np.where(plate.seen, np.maximum(taken, hole), 0.0)[..., None]
    picture: Image = (edited + taken * (alike.astype(np.float32) - edited) + 0.5).astype(np.uint8)
    return picture, hole & ~plate.seen


def _cut(frames: Frames, objects: tuple[LabelledBox, ...]) -> Masks:
    """Return the union of the objects' masks, bool (T, H, W), from their boxes on frame 0."""
    anchor = Anchor(0, objects)
    session = JointTracker().open(frames, [anchor])
    return np.stack([masks.any(axis=0) for _, masks in session.propagate(anchor, "forward")])
