"""The cpu grounder: the finder of `measure` in the role of a grounder, without any model to download.

It never guesses: without evidence of a subject the answer is an empty list.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import numpy as np

from sparkle.core.box_tracks import box_iou
from sparkle.core.boxes import LabelledBox
from sparkle.core.errors import BackendError
from sparkle.core.once import Latest
from sparkle.measure.choice import CAN_NAME, choose_by_words
from sparkle.measure.finder import Candidate, find_candidates
from sparkle.measure.kept import kept_structure
from sparkle.measure.recall import find_patch
from sparkle.roles import Anchor, Frames, Image, Mask, ModelCard

FIRST_ROUND_FRAMES = 8
KEPT_SHARE = 0.05
SAME_SUBJECT_IOU = 0.3

# The editor and the stage after it ask the same of a clip; to know a clip again takes a tenth of a second.
LATEST: Latest[object, list[Candidate]] = Latest()


class EvidenceGrounder:
    """Role Grounder from measured evidence; deterministic, about a second for a round on one core.

    It names what it can: "person" where a face was seen, else "moving object" or "object".
    """

    card: ModelCard = ModelCard("sparkle-evidence-grounder", "2", "Apache-2.0")

    def candidates(self, frames: Frames, wanted: Sequence[int]) -> list[Candidate]:
        """Return what may be subjects, with boxes on the frames `wanted`; both rounds choose among them."""
        known_by = hashlib.blake2b(np.ascontiguousarray(frames).data).digest(), frames.shape, tuple(wanted)
        return list(LATEST.get(known_by, lambda: find_candidates(frames, wanted)))

    def first_round(self, frames: Frames, edited_frame: Image) -> list[LabelledBox]:
        """Find the subjects on source frame 0; the edited frame drops things of which it kept nothing.

        Labels are "person", "person 2", ..., "moving object", ... or "object", ...; the list is empty if nothing was
        found. Of a clip whose subjects all come later, the boxes are those of the frame where each is first seen.
        """
        looked_at = np.linspace(0, len(frames) - 1, FIRST_ROUND_FRAMES).round().astype(int).tolist()
        subjects = [found for found in self.candidates(frames, looked_at) if found.is_subject]
        there = [found for found in subjects if 0 in found.boxes]
        kept = kept_structure(frames[0], edited_frame, (frames.shape[2], frames.shape[1]))
        shown = [found for found in there if kept is None or _is_kept(found, kept)]
        return [
            LabelledBox(found.label, found.boxes[min(found.boxes)])
            for found in (shown if there else subjects)
        ]

    def second_round(
        self, frames: Frames, anchor_frames: Sequence[int], first_round: Sequence[LabelledBox]
    ) -> list[Anchor]:
        """Find the first round's labels on each anchor frame, and subjects that come later; absent where not seen."""
        found = self.candidates(frames, sorted({0, *anchor_frames}))
        names = _same_subjects(first_round, found)
        later = [
            each
            for each in found
            if each.is_subject and 0 not in each.boxes and each.label not in names.values()
        ]
        taken = {wanted.label for wanted in first_round}
        anchors = []
        for frame in anchor_frames:
            boxes = [
                _box_on(found, names[wanted.label], frame, wanted.label)
                if wanted.label in names
                else find_patch(frames[0], frames[frame], wanted)
                for wanted in first_round
            ]
            boxes += [_box_on(found, each.label, frame, _free_label(each.label, taken)) for each in later]
            anchors.append(Anchor(frame, tuple(box for box in boxes if box is not None)))
        return anchors

    def find_named(self, frames: Frames, anchor_frames: Sequence[int], words: str) -> list[Anchor]:
        """Find what words name on each anchor frame. Raises BackendError for words that it does not know."""
        found = self.candidates(frames, anchor_frames)
        chosen = choose_by_words(found, words)
        if not chosen:
            raise BackendError(
                f"{words!r} names none of the {len(found)} candidates; the cpu finder knows no kinds of things, it "
                f"knows {CAN_NAME}"
            )
        return [
            Anchor(frame, tuple(LabelledBox(c.label, c.boxes[frame]) for c in chosen if frame in c.boxes))
            for frame in anchor_frames
        ]


def _is_kept(found: Candidate, kept: Mask) -> bool:
    x1, y1, x2, y2 = found.boxes[0]
    inside = kept[int(y1) : math.ceil(y2), int(x1) : math.ceil(x2)]
    return found.label.startswith("person") or float(inside.mean()) > KEPT_SHARE


def _box_on(found: Sequence[Candidate], label: str, frame: int, name: str) -> LabelledBox | None:
    boxes = next(each.boxes for each in found if each.label == label)
    return LabelledBox(name, boxes[frame]) if frame in boxes else None


def _free_label(label: str, taken: set[str]) -> str:
    return f"{label}, later" if label in taken else label


def _same_subjects(wanted: Sequence[LabelledBox], found: Sequence[Candidate]) -> dict[str, str]:
    """Pair labels of the first round with labels found now, the best overlap on the first frame of each first."""
    pairs = sorted((-box_iou(a.xyxy, b.boxes[min(b.boxes)]), a.label, b.label) for a in wanted for b in found)
    names: dict[str, str] = {}
    for negative_iou, name, own in pairs:
        if -negative_iou >= SAME_SUBJECT_IOU and name not in names and own not in names.values():
            names[name] = own
    return names
