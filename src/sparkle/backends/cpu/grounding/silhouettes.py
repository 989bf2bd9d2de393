"""Where each subject is on each anchor frame: one graph cut over all of them, corrected by the fixed camera.

GrabCut (Rother et al. 2004) runs on a mosaic of the anchor pictures, so that they share one pair of colour models.
What it says is then checked against the background seen at the same pixel on other frames.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from sparkle.backends.cpu.grounding.evidence import Evidence
from sparkle.backends.cpu.grounding.shapes import components, coordinates, grown
from sparkle.backends.cpu.grounding.subjects import Subject, away_from_axis, working_faces
from sparkle.roles import Image, Mask, Masks

COLUMNS, ITERATIONS, SEED = 4, 3, 7
CRUMB, HAND, NEAR = 0.06, 0.008, 6
CROSSING_SHARE = 0.4
WALK, WALKER_WIDTH, WALKER_REACH = 1.5, 1.8, 2.4


def cut_silhouettes(evidence: Evidence, subjects: Sequence[Subject], anchor_frames: Sequence[int]) -> Masks:
    """Return where the subjects are, together, bool (len(anchor_frames), h, w)."""
    region = np.logical_or.reduce([subject.region for subject in subjects])
    core = np.logical_or.reduce([subject.core for subject in subjects])
    chosen = [evidence.indices.index(frame) for frame in anchor_frames]
    hints = [_hints(evidence, subjects, frame) for frame in anchor_frames]
    cut = _cut_together([evidence.pictures[index] for index in chosen], hints)
    return _checked_against_background(evidence, chosen, cut, region & ~core)


def without_crumbs(mask: Mask) -> Mask:
    """Drop the small components, but keep a hand that is near the rest or comes in from below."""
    parts = components(mask, 1)
    if not parts:
        return mask
    near, largest = grown(parts[0], NEAR), parts[0].sum()
    kept = [p for p in parts if p.sum() > (HAND if (p & near).any() or p[-1].any() else CRUMB) * largest]
    whole: Mask = np.logical_or.reduce(kept)
    return whole


def possible_on(evidence: Evidence, subject: Subject, frame: int, reach: float = WALKER_REACH) -> Mask:
    """Return where the subject may be on a frame: anywhere it ever is, but one who walks only around the head."""
    if subject.head is None:
        return subject.possible
    places = working_faces(evidence, subject.head)
    if np.ptp([place[0] for place in places]) < WALK * np.median([place[2] for place in places]):
        return subject.possible
    if frame not in subject.head.boxes:
        return np.zeros_like(subject.possible)
    x, y = coordinates(subject.possible.shape)
    place = places[list(subject.head.boxes).index(frame)]
    return subject.possible & (away_from_axis(x, y, place) < reach)


def _likely_on(evidence: Evidence, subject: Subject, frame: int) -> Mask:
    if subject.head is not None:
        return subject.region & possible_on(evidence, subject, frame, WALKER_WIDTH)
    deviant = evidence.deviation[:, subject.region] > 1
    # A thing that crosses the picture covers little of its region at a time: then what deviates is the thing.
    if float(np.median(deviant.mean(1))) > CROSSING_SHARE:
        return subject.region
    likely: Mask = subject.region & (evidence.deviation[evidence.indices.index(frame)] > 1)
    return likely


def _hints(evidence: Evidence, subjects: Sequence[Subject], frame: int) -> Image:
    hints = np.full(evidence.activity.shape, cv2.GC_BGD, np.uint8)
    for subject in subjects:
        hints[subject.possible | grown(subject.region, 1)] = cv2.GC_PR_BGD
    for subject in subjects:
        hints[_likely_on(evidence, subject, frame)] = cv2.GC_PR_FGD
        hints[subject.core | _face(evidence, subject, frame)] = cv2.GC_FGD
    return hints


def _face(evidence: Evidence, subject: Subject, frame: int) -> Mask:
    inside = np.zeros(evidence.activity.shape, np.uint8)
    if subject.head is not None and frame in subject.head.boxes:
        x, y, width, height = working_faces(evidence, subject.head)[list(subject.head.boxes).index(frame)]
        axes = (max(int(0.33 * width), 1), max(int(0.42 * height), 1))
        cv2.ellipse(inside, (int(x), int(y)), axes, 0, 0, 360, 1, -1)
    return inside > 0


def _cut_together(pictures: Sequence[Image], hints: Sequence[Image]) -> Masks:
    height, width = hints[0].shape
    rows = -(-len(pictures) // COLUMNS)
    picture = np.zeros((rows * height, COLUMNS * width, 3), np.uint8)
    labels = np.zeros(picture.shape[:2], np.uint8)
    places = []
    for index, (tile, hint) in enumerate(zip(pictures, hints, strict=True)):
        row, column = divmod(index, COLUMNS)
        place = (slice(row * height, (row + 1) * height), slice(column * width, (column + 1) * width))
        picture[place], labels[place] = tile, hint
        places.append(place)
    background_model, foreground_model = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(SEED)
    cv2.grabCut(
        picture, labels, (0, 0, 1, 1), background_model, foreground_model, ITERATIONS, cv2.GC_INIT_WITH_MASK
    )
    return np.stack([(labels[place] & 1) > 0 for place in places])


def _checked_against_background(
    evidence: Evidence, chosen: Sequence[int], cut: Masks, doubtful: Mask
) -> Masks:
    colours = evidence.lab[list(chosen)]
    uncovered = np.where(cut[..., None], np.nan, colours)
    seen = (~cut).sum(0) >= 2
    background = np.zeros(colours.shape[1:], np.float32)
    background[seen] = np.nanmedian(uncovered[:, seen], axis=0)
    differs = np.linalg.norm(colours - background, axis=-1) > 1.3 * evidence.threshold
    moving = doubtful & (evidence.activity > 1)
    # What never changes is either subject or background for good: the frames vote.
    still = doubtful & ~moving
    checked = cut.copy()
    checked[:, moving] = np.where(seen[moving], differs[:, moving], True)
    checked[:, still] = cut[:, still].mean(0) > 0.5
    return np.stack([cv2.medianBlur(mask.astype(np.uint8), 3) > 0 for mask in checked])
