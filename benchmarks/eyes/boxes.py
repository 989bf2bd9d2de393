"""Faulty boxes: what a real finder hands a tracker, made from the truth by seed.

Every box is off by a few percent of its size. One anchor in five has failed, each time in another way; every fifth
trial of a clip it is the first anchor that has, which a single pass has nothing else to go by.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from benchmarks.eyes.scene import SEED, Box, Clip
from numpy.typing import NDArray

from sparkle.bait import anchor_frames
from sparkle.core.boxes import LabelledBox
from sparkle.core.seeds import generator
from sparkle.roles import Anchor, Mask

Fault = Literal["missing", "elsewhere", "too small", "too large", "wrong object"]
FAULTS: tuple[Fault, ...] = get_args(Fault)
JITTERS = (0.03, 0.08)
FAILED_SHARE = 0.2
FIRST_FAILS_ONE_TRIAL_IN = 5
SMALLEST_AREA = 30
SMALLEST_SIDE = 5.0


def jitter_of(clip: Clip, trial: int) -> float:
    """Return a trial's jitter, in shares of the box: the two take turns, and half of the clips start with each."""
    start = generator(SEED, "eyes", "jitter", clip.name).integers(len(JITTERS))
    return JITTERS[(int(start) + trial) % len(JITTERS)]


def true_box(mask: Mask) -> Box | None:
    """Return the box of a mask (H, W), or None where hardly anything shows."""
    if mask.sum() < SMALLEST_AREA:
        return None
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


def faults(clip: Clip, trial: int) -> dict[int, Fault]:
    """Return which anchors have failed (by frame), and how."""
    rng = generator(SEED, "eyes", "faults", clip.name, trial)
    frames = anchor_frames(len(clip.frames), clip.fps)
    count = max(1, round(FAILED_SHARE * len(frames)))
    failed = sorted(rng.choice(frames[1:], count, replace=False).tolist())
    if (
        generator(SEED, "eyes", "first", clip.name).integers(FIRST_FAILS_ONE_TRIAL_IN)
        == trial % FIRST_FAILS_ONE_TRIAL_IN
    ):
        failed = [frames[0], *failed[1:]]
    # In turn, so that every way comes up within a few trials whatever their number is.
    start = int(generator(SEED, "eyes", "ways", clip.name).integers(len(FAULTS))) + trial * count
    return {frame: FAULTS[(start + index) % len(FAULTS)] for index, frame in enumerate(failed)}


def faulty_anchors(clip: Clip, trial: int) -> list[Anchor]:
    """Return the anchors of a trial, at 2 fps; boxes in pixels, labelled by subject."""
    rng = generator(SEED, "eyes", "boxes", clip.name, trial)
    failed = faults(clip, trial)
    anchors = []
    for frame in anchor_frames(len(clip.frames), clip.fps):
        boxes = [
            (name, true_box(masks[frame])) for name, masks in zip(clip.subjects, clip.masks, strict=True)
        ]
        there = {name: box for name, box in boxes if box is not None}
        found = {}
        for name, box in there.items():
            shaken = _jittered(box, jitter_of(clip, trial), rng)
            if frame in failed:
                others = [other for owner, other in there.items() if owner != name] + list(clip.things)
                shaken = WAYS[failed[frame]](shaken, others, clip.mask.shape[1:], rng)
            found[name] = _inside(shaken, clip.mask.shape[1:])
        kept = tuple(LabelledBox(name, box) for name, box in found.items() if box is not None)
        anchors.append(Anchor(frame, kept))
    return anchors


def perfect_anchors(clip: Clip) -> list[Anchor]:
    """Return the true boxes at 2 fps."""
    anchors = []
    for frame in anchor_frames(len(clip.frames), clip.fps):
        boxes = [
            (name, true_box(masks[frame])) for name, masks in zip(clip.subjects, clip.masks, strict=True)
        ]
        anchors.append(Anchor(frame, tuple(LabelledBox(name, box) for name, box in boxes if box is not None)))
    return anchors


def _jittered(box: Box, share: float, rng: np.random.Generator) -> Box:
    corners = np.array(box)
    return _box(corners + rng.normal(0, share, 4) * np.tile(corners[2:] - corners[:2], 2))


def _missing(box: Box, others: list[Box], shape: tuple[int, ...], rng: np.random.Generator) -> None:
    return None


def _elsewhere(box: Box, others: list[Box], shape: tuple[int, ...], rng: np.random.Generator) -> Box:
    """The same size at another place, as far off as the picture allows of ten tries."""
    corners = np.array(box)
    size = np.minimum(corners[2:] - corners[:2], 0.9 * np.array(shape[::-1]))
    places = rng.uniform(0, 1, (10, 2)) * (np.array(shape[::-1]) - size)
    far = places[np.argmax(np.abs((places - corners[:2]) / np.maximum(size, 1)).max(axis=1))]
    return _box(np.concatenate([far, far + size]))


def _too_small(box: Box, others: list[Box], shape: tuple[int, ...], rng: np.random.Generator) -> Box:
    """A part of the subject, such as the head: two fifths of each side, anywhere inside."""
    corners = np.array(box)
    size = corners[2:] - corners[:2]
    start = corners[:2] + rng.uniform(0, 0.6, 2) * size
    return _box(np.concatenate([start, start + 0.4 * size]))


def _too_large(box: Box, others: list[Box], shape: tuple[int, ...], rng: np.random.Generator) -> Box:
    """From a third to four fifths too much on every side."""
    corners = np.array(box)
    grown = rng.uniform(0.35, 0.8, 4) * np.tile(corners[2:] - corners[:2], 2) * [-1, -1, 1, 1]
    return _box(corners + grown)


def _wrong_object(box: Box, others: list[Box], shape: tuple[int, ...], rng: np.random.Generator) -> Box:
    """The box of another subject or of a background thing."""
    return others[int(rng.integers(len(others)))]


WAYS: dict[Fault, Callable[[Box, list[Box], tuple[int, ...], np.random.Generator], Box | None]] = {
    "missing": _missing,
    "elsewhere": _elsewhere,
    "too small": _too_small,
    "too large": _too_large,
    "wrong object": _wrong_object,
}


def _box(corners: NDArray[np.float64]) -> Box:
    x1, y1, x2, y2 = corners.tolist()
    return x1, y1, x2, y2


def _inside(box: Box | None, shape: tuple[int, ...]) -> Box | None:
    if box is None:
        return None
    x1, x2 = np.clip([box[0], box[2]], 0, shape[1])
    y1, y2 = np.clip([box[1], box[3]], 0, shape[0])
    large_enough = min(x2 - x1, y2 - y1) >= SMALLEST_SIDE
    return (float(x1), float(y1), float(x2), float(y2)) if large_enough else None
