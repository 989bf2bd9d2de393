"""Finds the subjects of a clip before a fixed camera, without words and without networks.

Three kinds of evidence, in this order: people by their moving faces, what moves against calm rest, and what stands out
from its surroundings without ever moving. Networks can be added as plain functions: one for saliency, one for boxes.
What is found is a candidate with a score and a reason; a heuristic, not a recognition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sparkle.measure.activity import Activity, measure_activity
from sparkle.measure.faces import find_heads
from sparkle.measure.moving import find_moving
from sparkle.measure.screens import find_screens
from sparkle.measure.shapes import Plane, bounds
from sparkle.measure.sighting import Sighting
from sparkle.measure.still import find_still
from sparkle.measure.subject_regions import find_regions
from sparkle.roles import Frames, Image

SUBJECT_SCORE = 0.5
MARGIN = 1.0  # working pixels: what half a pixel of smoothing and the next 16th of a second may hide

Box = tuple[float, float, float, float]
Saliency = Callable[[Image], Plane]
Detector = Callable[[Image], Sequence[tuple[str, float, Box]]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may be a subject: `boxes` (x1, y1, x2, y2) in frame pixels, by frame, where it was seen; `score` in [0, 1],
    a subject from SUBJECT_SCORE on; `reason`: in words, what speaks for it."""

    label: str
    boxes: Mapping[int, Box]
    score: float
    reason: str

    @property
    def is_subject(self) -> bool:
        """Whether it is taken for a subject where nobody chooses."""
        return self.score >= SUBJECT_SCORE


def find_candidates(frames: Frames, anchor_frames: Sequence[int]) -> list[Candidate]:
    """Return what may be the subjects of frames (T, H, W, 3), uint8 RGB, the best first, with boxes on `anchor_frames`.

    The list is empty for a scene in which nothing moves or stands out. Deterministic; about a second for 81 frames.
    """
    wanted = sorted(set(anchor_frames))
    activity = measure_activity(frames, wanted)
    activity = activity.without(find_screens(activity))
    heads = find_heads(frames, wanted, activity.ever > 1)
    regions = find_regions(activity, heads)
    sightings = find_moving(activity, regions, wanted)
    sightings += find_still(activity, heads, sightings, wanted)
    sightings.sort(key=lambda sighting: -sighting.score)
    size = frames.shape[2], frames.shape[1]
    labels = numbered([sighting.label for sighting in sightings])
    return [_candidate(activity, *each, size) for each in zip(sightings, labels, strict=True)]


def numbered(labels: Sequence[str]) -> list[str]:
    """Return "person", "person 2", "object", "person 3", ..."""
    counted = [labels[: index + 1].count(label) for index, label in enumerate(labels)]
    return [label if count == 1 else f"{label} {count}" for label, count in zip(labels, counted, strict=True)]


def _candidate(activity: Activity, sighting: Sighting, label: str, size: tuple[int, int]) -> Candidate:
    scale_x, scale_y = activity.scale
    width, height = size
    boxes = {}
    for frame, mask in sighting.masks.items():
        x1, y1, x2, y2 = bounds(mask)
        boxes[frame] = (
            max((x1 - MARGIN) / scale_x, 0.0),
            max((y1 - MARGIN) / scale_y, 0.0),
            min((x2 + MARGIN) / scale_x, float(width)),
            min((y2 + MARGIN) / scale_y, float(height)),
        )
    return Candidate(label, boxes, round(sighting.score, 3), sighting.reason)
