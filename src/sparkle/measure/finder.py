"""Finds the subjects of a clip before a fixed camera, without words and without networks.

Three kinds of evidence, in this order: people by their moving faces, what moves against calm rest, and what stands out
from its surroundings without ever moving. Networks can be added as plain functions: one for saliency, one for boxes.
What is found is a candidate with a score and a reason; a heuristic, not a recognition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from sparkle.measure.activity import Activity, measure_activity
from sparkle.measure.contrast import contrast_to_border
from sparkle.measure.detections import Box, Detector, with_detections
from sparkle.measure.faces import find_heads
from sparkle.measure.moving import find_moving
from sparkle.measure.screens import find_screens
from sparkle.measure.shapes import Plane, bounds
from sparkle.measure.sighting import Sighting
from sparkle.measure.still import find_still
from sparkle.measure.stirring import with_still_wholes
from sparkle.measure.subject_regions import find_regions
from sparkle.roles import Frames, Image, Mask

SUBJECT_SCORE = 0.5
SALIENT, LOOKS = 60.0, 3  # a full saliency in units of Lab; pictures that are asked about
MARGIN = 1.0  # working pixels: what half a pixel of smoothing and the next 16th of a second may hide
TO_BORDER = 0.04  # of the picture's side
# Of a silhouette that counts as seen. Talking heads of real clips: 0.67 to 0.94; two people who stand still, whose
# silhouettes are off by a third and more: 0 and 0.03.
STIRRED = 0.3

Saliency = Callable[[Image], Plane]


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


def find_candidates(
    frames: Frames,
    anchor_frames: Sequence[int],
    saliency: Saliency | None = None,
    detector: Detector | None = None,
) -> list[Candidate]:
    """Return what may be the subjects of frames (T, H, W, 3), uint8 RGB, the best first, with boxes on `anchor_frames`.

    Networks may help: `saliency` of an image, float32 (H, W) in [0, 1], says what stands out instead of contrast;
    `detector` of an image, (label, score, box in pixels) each, gives names, and things that neither move nor stand out.
    The list is empty for a scene in which nothing moves or stands out. Deterministic; about a second for 81 frames.
    """
    wanted = sorted(set(anchor_frames))
    activity = measure_activity(frames, wanted)
    activity = activity.without(find_screens(activity))
    heads = find_heads(frames, wanted, activity.ever > 1)
    regions = find_regions(activity, heads)
    stands_out = _stands_out(activity, frames, wanted, saliency)
    sightings = with_still_wholes(find_moving(activity, regions, wanted), stands_out)
    sightings += find_still(activity, stands_out, sightings, wanted)
    if detector is not None:
        sightings = with_detections(activity, sightings, frames, wanted, detector)
    sightings.sort(key=lambda sighting: -sighting.score)
    size = frames.shape[2], frames.shape[1]
    labels = numbered([sighting.label for sighting in sightings])
    return [_candidate(activity, *each, size) for each in zip(sightings, labels, strict=True)]


def find_people(frames: Frames, anchor_frames: Sequence[int]) -> list[Sighting]:
    """Return the people who stir among what `find_candidates` finds, as silhouettes in working pixels.

    Of somebody who never stirs all but the face is guessed: leave those out.
    """
    wanted = sorted(set(anchor_frames))
    activity = measure_activity(frames, wanted)
    activity = activity.without(find_screens(activity))
    heads = find_heads(frames, wanted, activity.ever > 1)
    if not heads:
        return []
    found = find_moving(activity, find_regions(activity, heads), wanted)
    people = [sighting for sighting in found if sighting.label == "person"]
    return [person for person in people if _share_that_stirred(person, activity) >= STIRRED]


def _share_that_stirred(sighting: Sighting, activity: Activity) -> float:
    """Return how much of a silhouette moved at some time, in [0, 1]."""
    moved = activity.ever > 1
    return float(np.mean([moved[mask].mean() for mask in sighting.masks.values()]))


def _stands_out(
    activity: Activity, frames: Frames, anchor_frames: Sequence[int], saliency: Saliency | None
) -> Plane:
    """Return how far each place of the calm picture stands out, float32 (h, w), in units of Lab."""
    if saliency is None:
        calm: Plane = contrast_to_border(np.median(activity.lab, axis=0)[None])[0]
        return calm
    some = anchor_frames[:: max(len(anchor_frames) // LOOKS, 1)]
    size = activity.shape[::-1]
    maps = [cv2.resize(saliency(frames[f]), size, interpolation=cv2.INTER_AREA) for f in some]
    median: Plane = (SALIENT * np.median(maps, axis=0)).astype(np.float32)
    return median


def numbered(labels: Sequence[str]) -> list[str]:
    """Return "person", "person 2", "object", "person 3", ..."""
    counted = [labels[: index + 1].count(label) for index, label in enumerate(labels)]
    return [label if count == 1 else f"{label} {count}" for label, count in zip(labels, counted, strict=True)]


def _candidate(activity: Activity, sighting: Sighting, label: str, size: tuple[int, int]) -> Candidate:
    boxes = {frame: _box(mask, activity.scale, size) for frame, mask in sighting.masks.items()}
    return Candidate(label, boxes, round(sighting.score, 3), sighting.reason)


def _box(mask: Mask, scale: tuple[float, float], size: tuple[int, int]) -> Box:
    """Return a mask's box in frame pixels, a little loose; what nearly touches the border goes on to it."""
    low, high = np.array(bounds(mask), float).reshape(2, 2)
    far = np.array(mask.shape[::-1])
    low, high = low - MARGIN, high + MARGIN
    first = np.where(low < TO_BORDER * far, 0, low) / scale
    last = np.where(high > (1 - TO_BORDER) * far, far, high) / scale
    (x1, y1), (x2, y2) = np.maximum(first, 0).tolist(), np.minimum(last, size).tolist()
    return x1, y1, x2, y2
