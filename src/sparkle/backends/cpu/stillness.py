"""What stood still in front of a fixed camera: places that never changed tell subject from background.

A subject that never leaves its box hides the background behind it, so colour statistics alone cannot say where the
box shows background. Time can: around a living subject there is a rim of change; still places that reach the surely
known background without crossing change belong to it, still places enclosed by change belong to the subject.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.background_plate import sampled_moments
from sparkle.roles import Frames, Mask

LOW, HIGH = 0.07, 0.93
WIDE_GAP, NARROW_GAP = 0.05, 0.015
RECURRENCE_SAMPLES = 17
RECURRENCE_DISTANCE = 3


@dataclass(frozen=True, slots=True)
class Stillness:
    """Per pixel: `background` (H, W), still and reached from the known background; `enclosed` (H, W), still but cut
    off by change; `colour` (H, W, 3) float32, temporal median in 8-bit Lab."""

    background: Mask
    enclosed: Mask
    colour: NDArray[np.float32]


def find_stillness(lab: Frames, known: Mask) -> Stillness:
    """Compare each pixel of (T, H, W, 3) with itself over time; `known` (H, W) surely shows background at some time."""
    ordered = np.sort(lab[sampled_moments(len(lab))].transpose(1, 2, 3, 0), axis=-1)
    last = ordered.shape[-1] - 1
    low, middle, high = (ordered[..., round(share * last)].astype(np.float32) for share in (LOW, 0.5, HIGH))
    spread = np.maximum((high - low)[..., 0], 1.5 * (high - low)[..., 1:].max(axis=-1))
    contrast = cv2.morphologyEx(middle, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)).max(axis=-1)
    # Compression and tiny shakes move edges by a fraction of a pixel; that is no change.
    spread = (spread / (1.0 + 0.1 * contrast)).astype(np.float32)
    limit = float(np.clip(1.5 * np.percentile(spread[known], 95), 3.0, 10.0)) if known.any() else 10.0
    still = (cv2.GaussianBlur(spread, (0, 0), 1.0) < limit) | known
    side = max(still.shape)
    background = _reached(still, known, round(WIDE_GAP * side))
    # What only a narrow gap connects stays undecided.
    cut_off = still & ~_reached(still, known, round(NARROW_GAP * side))
    return Stillness(background, _enclosed(cut_off), middle)


def recurrence(lab: Frames, frame: int, known: Mask) -> NDArray[np.float32]:
    """Return, per pixel (H, W), the share of other moments at which the pixel looked as it does on `frame`.

    Background comes back exactly, a moving subject does not. What counts as the same is measured on `known`.
    """
    moments = np.unique(np.linspace(0, len(lab) - 1, RECURRENCE_SAMPLES).astype(np.int64))
    others = moments[np.abs(moments - frame) > RECURRENCE_DISTANCE]
    seen = np.zeros(lab.shape[1:3], np.float32)
    for other in others:
        difference = functools.reduce(cv2.max, cv2.split(cv2.absdiff(lab[frame], lab[other])))
        usual = float(np.percentile(difference[known][::7], 90)) if known.any() else 4.0
        seen += difference <= np.clip(1.5 * usual, 4.0, 16.0)
    return seen / np.float32(max(1, len(others)))


def _reached(still: Mask, known: Mask, gap: int) -> Mask:
    radius = max(2, gap // 2)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    # Eroded first, so that a gap in the rim of change does not let the background leak into the subject.
    core = cv2.erode(still.astype(np.uint8), disc)
    core[known] = 1
    _, labels = cv2.connectedComponents(core, connectivity=4)
    reached = (np.isin(labels, np.unique(labels[known])) & (core > 0)).astype(np.uint8)
    return (cv2.dilate(reached, disc) > 0) & still


def _enclosed(still: Mask) -> Mask:
    # What runs out of the picture may be background that is cut off there; below, it is more likely a body.
    _, labels = cv2.connectedComponents(still.astype(np.uint8), connectivity=4)
    upper = labels[: len(still) // 2]
    open_ended = np.unique(np.concatenate([labels[0], upper[:, 0], upper[:, -1]]))
    return still & ~np.isin(labels, open_ended)
