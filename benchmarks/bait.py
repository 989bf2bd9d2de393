"""BAIT against one pass from the first anchor, with faulty anchors, on clips whose true mask is known.

    python benchmarks/bait.py CLIPS_FOLDER [TRIALS]

In every trial each anchor's true box is jittered, and one anchor in five is made faulty: shifted, on another place,
far too large, or missing. The first anchor is among the faulty ones in one trial of five, in each clip another one.
Prints one row per clip (means over trials) and the totals. "First pass" is the pass of the first anchor, empty if
that anchor has no box; "first box" is the pass of the first anchor that has one. "Flicker" is how much of the error
comes and goes from frame to frame, in share of the subject's area.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from bait_scenes import FPS, Labelled, drawn_clips, real_clips
from numpy.typing import NDArray

from sparkle.backends.cpu.tracker import JointTracker
from sparkle.bait import anchor_frames, track_bait
from sparkle.core.boxes import LabelledBox
from sparkle.core.seeds import generator
from sparkle.roles import Anchor, Mask, Masks, TrackingSession

SEED = 7
FAULTY_SHARE = 0.2
ONE_IN = 5
JITTER = 0.03


@dataclass(frozen=True)
class Row:
    clip: str
    first: float
    first_box: float
    bait: float
    boundary: float
    flicker: float
    consensus: float
    worst_consensus: float
    seconds: float


def true_box(mask: Mask, rng: np.random.Generator) -> tuple[float, float, float, float] | None:
    """Return the jittered bounding box of a mask, or None where hardly anything shows."""
    if mask.sum() < 60:
        return None
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float64)
    box += rng.normal(0, JITTER, 4) * np.tile(box[2:] - box[:2], 2)
    return inside(box, mask.shape)


def inside(box: NDArray[np.float64], shape: tuple[int, ...]) -> tuple[float, float, float, float] | None:
    height, width = shape
    x1, x2 = np.clip(box[[0, 2]], 0, width - 1)
    y1, y2 = np.clip(box[[1, 3]], 0, height - 1)
    return (float(x1), float(y1), float(x2), float(y2)) if x2 - x1 > 4 and y2 - y1 > 4 else None


def spoiled(
    box: tuple[float, float, float, float], shape: tuple[int, ...], rng: np.random.Generator
) -> tuple[float, float, float, float] | None:
    """Return a faulty version of a box."""
    height, width = shape
    corners = np.array(box)
    size = np.tile(corners[2:] - corners[:2], 2)
    fault = rng.choice(["shifted", "elsewhere", "too large", "missing"])
    if fault == "shifted":
        corners += size * np.tile(rng.choice([-0.5, 0.5], 2), 2)
    elif fault == "elsewhere":
        x, y = rng.uniform(0, 0.6 * width), rng.uniform(0, 0.6 * height)
        corners = np.array([x, y, x + 0.35 * width, y + 0.35 * height])
    elif fault == "too large":
        corners += size * np.array([-0.8, -0.5, 0.8, 0.5])
    else:
        return None
    return inside(corners, shape)


def noisy_anchors(clip: Labelled, trial: int) -> list[Anchor]:
    rng = generator(SEED, "bait", "anchors", clip.name, trial)
    times = anchor_frames(len(clip.frames), FPS)
    faulty = set(rng.choice(times[1:], round(FAULTY_SHARE * len(times)), replace=False).tolist())
    if generator(SEED, "bait", "first", clip.name).integers(ONE_IN) == trial % ONE_IN:
        faulty = {times[0], *sorted(faulty)[1:]}
    anchors = []
    for time_index in times:
        boxes = []
        for number, subject in enumerate(clip.subjects):
            box = true_box(subject[time_index], rng)
            if box is not None and time_index in faulty:
                box = spoiled(box, subject.shape[1:], rng)
            if box is not None:
                boxes.append(LabelledBox(f"subject {number}", box))
        anchors.append(Anchor(time_index, tuple(boxes)))
    return anchors


class FirstPassKept:
    """A tracking session that also keeps the masks of one anchor's pass."""

    def __init__(self, session: TrackingSession, anchor: Anchor, shape: tuple[int, ...]) -> None:
        self._session, self._anchor = session, anchor
        self.masks: Masks = np.zeros(shape, bool)

    def propagate(
        self, anchor: Anchor, direction: Literal["forward", "backward"]
    ) -> Iterator[tuple[int, Mask]]:
        for frame, mask in self._session.propagate(anchor, direction):
            if anchor is self._anchor:
                self.masks[frame] = mask
            yield frame, mask


def iou_per_frame(found: Masks, true: Masks) -> NDArray[np.float64]:
    """Return intersection over union per frame; 1 where both are empty."""
    shared = (found & true).sum(axis=(1, 2)).astype(np.float64)
    united = (found | true).sum(axis=(1, 2)).astype(np.float64)
    return np.divide(shared, united, out=np.ones_like(shared), where=united > 0)


def boundary_f(found: Masks, true: Masks, tolerance: int = 2) -> float:
    """Return the mean F measure of contours that match within `tolerance` pixels."""
    kernel = np.ones((3, 3), np.uint8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * tolerance + 1, 2 * tolerance + 1))
    scores = []
    for one, two in zip(found.astype(np.uint8), true.astype(np.uint8), strict=True):
        a, b = (m - cv2.erode(m, kernel, borderValue=1) for m in (one, two))
        if not a.any() and not b.any():
            continue
        precision = (a & cv2.dilate(b, disc)).sum() / max(1, a.sum())
        recall = (b & cv2.dilate(a, disc)).sum() / max(1, b.sum())
        scores.append(2 * precision * recall / max(precision + recall, 1e-9))
    return float(np.mean(scores))


def flicker(found: Masks, true: Masks) -> float:
    """Return how much of the error comes and goes from frame to frame, in share of the subject's area."""

    def change(masks: Masks) -> NDArray[np.float64]:
        return (masks[1:] ^ masks[:-1]).sum(axis=(1, 2)).astype(np.float64)

    wrong = found ^ true
    return float(change(wrong).mean() / max(1.0, float(true.sum(axis=(1, 2)).mean())))


def measure(clip: Labelled, trial: int) -> Row:
    anchors = noisy_anchors(clip, trial)
    start = time.perf_counter()
    session = JointTracker().open(clip.frames, anchors)
    kept = FirstPassKept(session, next(anchor for anchor in anchors if anchor.boxes), clip.mask.shape)
    result = track_bait(kept, anchors, *clip.frames.shape[:3])
    seconds = time.perf_counter() - start
    first_box = float(iou_per_frame(kept.masks, clip.mask).mean())
    nothing = float(iou_per_frame(np.zeros_like(clip.mask), clip.mask).mean())
    return Row(
        clip=clip.name,
        first=first_box if anchors[0].boxes else nothing,
        first_box=first_box,
        bait=float(iou_per_frame(result.mask, clip.mask).mean()),
        boundary=boundary_f(result.mask, clip.mask),
        flicker=flicker(result.mask, clip.mask),
        consensus=result.consensus,
        worst_consensus=float(np.quantile(result.consensus_per_frame, 0.1)),
        seconds=seconds,
    )


def report(rows: list[Row]) -> None:
    head = "| clip | first pass | first box | BAIT | gain | boundary F | flicker | consensus | seconds |"
    print(head + "\n|" + "---|" * 9)
    names = list(dict.fromkeys(row.clip for row in rows))
    for name in [*names, "**mean**"]:
        chosen = [row for row in rows if row.clip == name or name == "**mean**"]
        mean = {
            key: float(np.mean([getattr(row, key) for row in chosen]))
            for key in Row.__annotations__
            if key != "clip"
        }
        scores = [f"{mean[key]:.3f}" for key in ("first", "first_box", "bait")]
        rest = [
            f"{mean['boundary']:.3f}",
            f"{mean['flicker']:.4f}",
            f"{mean['consensus']:.3f}",
            f"{mean['seconds']:.1f}",
        ]
        print("| " + " | ".join([name, *scores, f"{mean['bait'] - mean['first']:+.3f}", *rest]) + " |")
    worst = min(row.bait - row.first for row in rows)
    pooled, worst_tenth = (
        np.corrcoef([getattr(row, key) for row in rows], [row.bait for row in rows])[0, 1]
        for key in ("consensus", "worst_consensus")
    )
    print(f"\nworst BAIT minus first pass in a single trial: {worst:+.3f}")
    worst_box = min(row.bait - row.first_box for row in rows)
    print(f"worst BAIT minus first box in a single trial: {worst_box:+.3f}")
    print(f"correlation with true IoU over {len(rows)} trials: consensus {pooled:.2f}, ", end="")
    print(f"consensus of the worst tenth of the frames {worst_tenth:.2f}")
    print(f"peak memory of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def main() -> None:
    folder = Path(sys.argv[1])
    trials = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    rows = []
    for clip in [*drawn_clips(SEED), *real_clips(folder, SEED)]:
        for trial in range(trials):
            rows.append(measure(clip, trial))
            print(rows[-1], file=sys.stderr)
    report(rows)


if __name__ == "__main__":
    main()
