"""A clip and its mask side by side at a small size: what the checks of a mask look at.

Axes: N moments looked at, H rows, W columns of the small pictures. Colours are 8-bit Lab.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.measure.plate import build_plate
from sparkle.measure.recurrence import recurrence
from sparkle.roles import Frames, Mask, Masks

Field = NDArray[np.float32]

SIDE = 256
MOST_MOMENTS = 21
MARGIN = 2
# What stands a little apart from the plate is noise, compression or a lamp that flickers.
PLATE_TOLERANCE = 4.0
DEEPEST_SHADOW = 0.45
ENDLESS = 1e4
FEWEST_PIXELS = 300


@dataclass(frozen=True, slots=True)
class MaskedClip:
    """`moments` (N,) frame numbers; `lab` uint8 (N, H, W, 3) in steady colours; `mask` bool (N, H, W).

    `misfit` float32 (N, H, W): how far a place lies from the clip's background, in tolerances, its shadows forgiven;
    `known` float32 (H, W) in [0, 1]: how far that background was seen outside the mask. `recurs` float32 (N, H, W)
    in [0, 1]: how far a place looks as it does at other times. `beyond` float32 (N, H, W): the distance to the mask's
    contour in pixels, positive outside, negative inside; of an empty mask, endless.
    """

    moments: NDArray[np.int64]
    lab: Frames
    mask: Masks
    misfit: Field
    known: Field
    recurs: Field
    beyond: Field

    @property
    def usual(self) -> float:
        """The side of a square as large as the mask usually is."""
        areas = self.mask.sum(axis=(1, 2))
        return float(np.sqrt(np.median(areas[areas > 0]))) if areas.any() else 1.0

    @property
    def sides(self) -> Field:
        """The side of a square as large as the mask, float32 (N,): the unit of lengths."""
        areas = self.mask.sum(axis=(1, 2)).astype(np.float32)
        sides: Field = np.sqrt(np.maximum(areas, 0.1 * self.usual**2)).astype(np.float32)
        return sides

    @property
    def compactness(self) -> Field:
        """How thick the mask is at its thickest by its side, float32 (N,): 1.1 for a disc, 0.15 for a bicycle."""
        thick = np.maximum(0, -2 * self.beyond.min(axis=(1, 2)))
        return np.where(self.mask.any(axis=(1, 2)), thick / self.sides, 1).astype(np.float32)


def masked_clip(frames: Frames, mask: Masks) -> MaskedClip:
    """Return a clip, uint8 (T, H, W, 3), and its mask, bool (T, H, W), as they are looked at."""
    moments = np.unique(np.linspace(0, len(frames) - 1, min(len(frames), MOST_MOMENTS)).astype(np.int64))
    size = small_size(frames.shape[1:3])
    small = np.stack([cv2.resize(frames[at], size, interpolation=cv2.INTER_AREA) for at in moments])
    cut = shrunk_mask(mask[moments], size)
    beyond = np.stack([signed_distance(one) for one in cut])
    outside = beyond > MARGIN
    lab = np.stack([cv2.cvtColor(one, cv2.COLOR_RGB2LAB) for one in steadied(small, outside)])
    misfit, known = _misfit(lab, outside)
    recurs = np.stack([recurrence(lab, at) for at in range(len(lab))])
    return MaskedClip(moments, lab, cut, misfit, known, recurs, beyond)


def steadied(frames: Frames, background: Masks) -> Frames:
    """Return frames with the exposure and tint of their temporal median: one gain a channel, the background's median.

    An affine map of colours would also bring a part that the mask lost to the colours of the background.
    """
    reference = np.median(frames, axis=0) + 1
    steady = []
    for frame, shown in zip(frames, background, strict=True):
        if shown.sum() < FEWEST_PIXELS:
            steady.append(frame)
            continue
        gain = np.median(reference[shown] / (frame[shown] + 1.0), axis=0)
        steady.append(np.clip((frame + 1) * gain - 0.5, 0, 255).astype(np.uint8))
    return np.stack(steady)


def small_size(shape: tuple[int, int]) -> tuple[int, int]:
    """Return (width, height) of the small pictures for a clip of `shape` = (height, width)."""
    scale = min(1.0, SIDE / max(shape))
    return max(8, round(shape[1] * scale)), max(8, round(shape[0] * scale))


def shrunk_mask(mask: Masks, size: tuple[int, int]) -> Masks:
    """Return a mask, bool (T, H, W), at `size` = (width, height)."""
    return (
        np.stack([cv2.resize(one.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) for one in mask])
        >= 128
    )


def signed_distance(mask: Mask) -> Field:
    """Return the distance to a mask's contour, float32 (H, W), negative inside; the picture's border is no contour."""
    if not mask.any():
        return np.full(mask.shape, ENDLESS, np.float32)
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    outside, inside = (cv2.distanceTransform(one, cv2.DIST_L2, 5)[1:-1, 1:-1] for one in (1 - padded, padded))
    return np.clip(np.where(mask, 0.5 - inside, outside - 0.5), -ENDLESS, ENDLESS).astype(np.float32)


def _misfit(lab: Frames, outside: Masks) -> tuple[Field, Field]:
    plate = build_plate(lab, outside)
    tolerance = PLATE_TOLERANCE + 2 * plate.noise
    light = cv2.blur(plate.colour[..., 0], (5, 5)) + 4
    neutral = np.array([0, 128, 128], np.float32)
    misfit = []
    for seen in lab.astype(np.float32):
        shade = np.clip((cv2.blur(seen[..., 0], (5, 5)) + 4) / light, DEEPEST_SHADOW, 1.0)[..., None]
        plain = np.abs(seen - plate.colour) / tolerance
        dark = np.abs(seen - (plate.colour * shade + neutral * (1 - shade))) / tolerance
        misfit.append(cv2.blur(np.minimum(plain.max(axis=-1), dark.max(axis=-1)), (3, 3)))
    return np.stack(misfit).astype(np.float32), plate.known
