"""The cpu grounder: finds people and moving objects before a fixed camera, without any model to download.

Evidence: what moves, heads from OpenCV's cascades, a body's proportions, colours, and what an edit kept.
It never guesses: without evidence of a subject the answer is an empty list.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sparkle.backends.cpu.grounding.evidence import Evidence, gather_evidence
from sparkle.backends.cpu.grounding.heads import find_heads
from sparkle.backends.cpu.grounding.kept import kept_structure
from sparkle.backends.cpu.grounding.recall import find_patch
from sparkle.backends.cpu.grounding.shapes import bounds
from sparkle.backends.cpu.grounding.silhouettes import cut_silhouettes, possible_on, without_crumbs
from sparkle.backends.cpu.grounding.subjects import Subject, find_subjects, has_left
from sparkle.core.boxes import LabelledBox
from sparkle.roles import Anchor, Frames, Image, Mask, ModelCard

FIRST_ROUND_FRAMES = 8
PRESENT_SHARE = 0.15
KEPT_SHARE = 0.3
SAME_SUBJECT_IOU = 0.3

BoxesByFrame = dict[int, dict[str, LabelledBox]]


class EvidenceGrounder:
    """Role Grounder from measured evidence; deterministic, about a second for a round on one core."""

    card = ModelCard("sparkle-evidence-grounder", "1", "Apache-2.0")

    def first_round(self, frames: Frames, edited_frame: Image) -> list[LabelledBox]:
        """Find the subjects on source frame 0; the edited frame confirms objects where the edit left a trace.

        Labels are "person", "person 2", ..., or "object", ...; the list is empty if nothing was found.
        """
        anchor_frames = np.linspace(0, len(frames) - 1, FIRST_ROUND_FRAMES).round().astype(int).tolist()
        evidence, subjects = _look(frames, sorted(set(anchor_frames)))
        height, width = evidence.activity.shape
        kept = kept_structure(frames[0], edited_frame, (width, height))
        if kept is not None:
            subjects = [s for s in subjects if s.head is not None or kept[s.region].mean() > KEPT_SHARE]
        found = _boxes(evidence, subjects, sorted(set(anchor_frames)))
        return list(found.get(0, {}).values())

    def second_round(
        self, frames: Frames, anchor_frames: Sequence[int], first_round: Sequence[LabelledBox]
    ) -> list[Anchor]:
        """Find the first round's labels on each anchor frame; a label that is not there is absent."""
        evidence, subjects = _look(frames, sorted({0, *anchor_frames}))
        found = _boxes(evidence, subjects, sorted({0, *anchor_frames}))
        names = _same_subjects(first_round, list(found.get(0, {}).values()))
        anchors = []
        for frame in anchor_frames:
            boxes = [
                _renamed(found.get(frame, {}).get(names[wanted.label]), wanted.label)
                if wanted.label in names
                else find_patch(frames[0], frames[frame], wanted)
                for wanted in first_round
            ]
            anchors.append(Anchor(frame, tuple(box for box in boxes if box is not None)))
        return anchors


def _look(frames: Frames, anchor_frames: Sequence[int]) -> tuple[Evidence, list[Subject]]:
    evidence = gather_evidence(frames, anchor_frames)
    heads = find_heads(frames, anchor_frames, evidence.activity > 1)
    return evidence, find_subjects(evidence, heads)


def _boxes(evidence: Evidence, subjects: Sequence[Subject], anchor_frames: Sequence[int]) -> BoxesByFrame:
    """Return the subjects' boxes in frame pixels, by frame and label."""
    if not subjects:
        return {}
    silhouettes = cut_silhouettes(evidence, subjects, anchor_frames)
    found: BoxesByFrame = {frame: {} for frame in anchor_frames}
    for subject in subjects:
        possible = [possible_on(evidence, subject, frame) for frame in anchor_frames]
        own = silhouettes & np.stack(possible)
        typical = float(np.median(own.sum((1, 2))))
        for frame, mask in zip(anchor_frames, own, strict=True):
            if mask.sum() > PRESENT_SHARE * typical and not has_left(evidence, subject, frame):
                found[frame][subject.label] = _box(evidence, subject.label, without_crumbs(mask))
    return found


def _box(evidence: Evidence, label: str, mask: Mask) -> LabelledBox:
    x1, y1, x2, y2 = bounds(mask)
    scale_x, scale_y = evidence.scale
    return LabelledBox(label, (x1 / scale_x, y1 / scale_y, x2 / scale_x, y2 / scale_y))


def _renamed(box: LabelledBox | None, label: str) -> LabelledBox | None:
    return None if box is None else LabelledBox(label, box.xyxy)


def _same_subjects(wanted: Sequence[LabelledBox], found: Sequence[LabelledBox]) -> dict[str, str]:
    """Pair labels of the first round with labels found now, the best overlap on frame 0 first."""
    pairs = sorted((-_iou(a.xyxy, b.xyxy), a.label, b.label) for a in wanted for b in found)
    names: dict[str, str] = {}
    for negative_iou, name, own in pairs:
        if -negative_iou >= SAME_SUBJECT_IOU and name not in names and own not in names.values():
            names[name] = own
    return names


def _iou(one: Sequence[float], other: Sequence[float]) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(width, 0.0) * max(height, 0.0)
    area = (one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1])
    return shared / (area - shared)
