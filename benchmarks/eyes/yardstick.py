"""How hard a clip is: plain GrabCut on single frames, from true boxes. A tracker has faulty ones, but all frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from benchmarks.eyes import metrics
from benchmarks.eyes.boxes import true_box
from benchmarks.eyes.scene import Box, Clip

from sparkle.roles import Image, Mask

LOOKED_AT = 3
ROUNDS = 5


@dataclass(frozen=True)
class YardstickRow:
    """IoU of GrabCut's mask with all subjects, at half size, mean over three frames of the clip."""

    clip: str
    half: str
    iou: float


def cut_single_frames(clip: Clip) -> YardstickRow:
    """Return how well GrabCut does on the first, middle and last frame."""
    size = (clip.frames.shape[2] // 2, clip.frames.shape[1] // 2)
    found, true = [], []
    for frame in np.linspace(0, len(clip.frames) - 1, LOOKED_AT).round().astype(int):
        picture = cv2.resize(clip.frames[frame], size, interpolation=cv2.INTER_AREA)
        boxes = [box for masks in clip.masks if (box := true_box(masks[frame])) is not None]
        cuts = [_cut(picture, tuple(side / 2 for side in box)) for box in boxes]
        found.append(np.logical_or.reduce([np.zeros(size[::-1], bool), *cuts]))
        true.append(cv2.resize(clip.alpha[frame], size, interpolation=cv2.INTER_AREA) > 0.5)
    return YardstickRow(clip.name, clip.half, metrics.iou(np.stack(found), np.stack(true)))


def yardstick_lines(rows: Sequence[YardstickRow]) -> Iterator[str]:
    """Yield one line for one half."""
    mean = float(np.mean([row.iou for row in rows]))
    each = ", ".join(f"{row.clip} {row.iou:.2f}" for row in rows)
    yield f"- GrabCut on single frames from true boxes, half `{rows[0].half}`: mean IoU {mean:.3f} ({each})"


def _cut(picture: Image, box: Box) -> Mask:
    height, width = picture.shape[:2]
    x1, y1 = max(int(box[0]) - 1, 0), max(int(box[1]) - 1, 0)
    x2, y2 = min(int(np.ceil(box[2])) + 1, width), min(int(np.ceil(box[3])) + 1, height)
    labels = np.zeros((height, width), np.uint8)
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    if (x2 - x1, y2 - y1) == (width, height):
        x1, y1 = 1, 1  # GrabCut needs a background to learn from.
    cv2.setRNGSeed(0)
    cv2.grabCut(
        picture, labels, (x1, y1, x2 - x1, y2 - y1), background, foreground, ROUNDS, cv2.GC_INIT_WITH_RECT
    )
    return (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
