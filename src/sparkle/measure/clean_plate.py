"""The place without its subject: what a fixed camera saw of it whenever the subject was elsewhere.

A heuristic of order statistics. Axes: H rows, W columns, T frames, K moments sampled from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.measure.photometry import align_to
from sparkle.measure.plate import sampled_moments
from sparkle.measure.shapes import depth
from sparkle.roles import Frames, Image, Mask, Masks

Field = NDArray[np.float32]

# Shares of the shorter side: the soft rim of a subject, and how far shadow and reflected light reach around it.
RIM, SHADE = 1 / 60, 1 / 12
# A place is lively where its colours spread by so many times the picture's own noise.
CALM, LIVELY = 3.0, 6.0
STEADY = 1.5  # times the median change
DOUBTED = 0.1
FEWEST = 4  # moments of at most 32
SMALLEST_SPREAD = 1.5  # levels
USUAL = (0.1, 0.9)  # quantiles near which a single moment is believed


@dataclass(frozen=True, slots=True)
class CleanPlate:
    """`picture` (H, W, 3) uint8 RGB in the colours of frame 0; `seen` bool (H, W), where the clip shows the place.

    Where it does not, the picture is black: to be filled by whoever needs it.
    """

    picture: Image
    seen: Mask


def clean_plate(frames: Frames, subject: Masks) -> CleanPlate:
    """Return what the subject ever uncovers. frames: (T, H, W, 3) uint8; subject: bool (T, H, W), masks of it.

    A still place takes the median of its sightings, those farther from the subject than its shadow reaches, if there
    are enough of them. A lively one (water, leaves, a screen) would be blurred by that: it shows its earliest
    sighting, as far as that is usual there, so that a slip of the masks leaves no ghost.
    """
    chosen = sampled_moments(len(frames))
    shown = frames[chosen]
    side = min(frames.shape[1:3])
    clear, undisturbed = _apart(subject[chosen], (max(2.0, RIM * side), SHADE * side))
    pixels = align_to(frames[0], clear[0] & _steady(shown), shown, clear)
    del shown
    enough = undisturbed.sum(axis=0) >= 2 * FEWEST
    ranks = _Ranks(pixels, np.where(enough, undisturbed, clear))
    picture = ranks.quantile(0.5)
    seen = ranks.count >= FEWEST
    lively = _liveliness(ranks, seen)
    # Few sightings that contradict each other are those of a subject that its masks missed.
    seen &= (lively < DOUBTED) | (ranks.count >= len(chosen) / 2)
    if lively.any():
        once = _earliest(pixels, clear)
        usual = _calmed(_is_usual(once, ranks).astype(np.float32)) ** 2
        picture = picture + (lively * usual)[..., None] * (once - picture)
    levels: Image = np.clip(picture + 0.5, 0, 255).astype(np.uint8)
    return CleanPlate(np.where(seen[..., None], levels, 0).astype(np.uint8), seen)


class _Ranks:
    """The sightings of every pixel in order, channel by channel."""

    def __init__(self, pixels: Frames, shown: Masks) -> None:
        self.count = shown.sum(axis=0)
        self._ordered = np.empty((*pixels.shape[1:], len(pixels)), np.uint8)
        # Hidden ones become 255 and sort to the end, where no rank reaches.
        for moment, (picture, here) in enumerate(zip(pixels, shown, strict=True)):
            self._ordered[..., moment] = np.where(here[..., None], picture, np.uint8(255))
        self._ordered.sort(axis=-1)

    def quantile(self, share: float) -> Field:
        """Return the value, float32 (H, W, 3), that `share` of a pixel's sightings do not exceed."""
        rank = (np.maximum(self.count - 1, 0) * share).astype(np.int64)
        found: Field = np.take_along_axis(self._ordered, rank[:, :, None, None], axis=-1)[..., 0].astype(
            np.float32
        )
        return found


def _steady(frames: Frames) -> Mask:
    """Return where a picture changes least, bool (H, W): what moves says nothing about the light."""
    change = np.zeros(frames.shape[1:3], np.float32)
    for before, after in pairwise(frames):
        change += cv2.absdiff(before, after).max(axis=-1)
    smooth = cv2.blur(change, (5, 5))
    return np.asarray(smooth <= STEADY * np.median(smooth), np.bool_)


def _liveliness(ranks: _Ranks, seen: Mask) -> Field:
    """Return how far places move, float32 (H, W) in [0, 1]: their spread against that of the whole picture."""
    spread = cv2.blur((ranks.quantile(0.75) - ranks.quantile(0.25)).max(axis=-1), (5, 5))
    noise = max(float(np.median(spread[seen])) if seen.any() else 0.0, SMALLEST_SPREAD)
    share = np.clip((spread / noise - CALM) / (LIVELY - CALM), 0.0, 1.0)
    return _calmed(share.astype(np.float32))


def _is_usual(once: Field, ranks: _Ranks) -> Mask:
    """Return where one moment's colours, (H, W, 3), lie among a place's sightings or near them, bool (H, W)."""
    low, high = (ranks.quantile(share) for share in USUAL)
    slack = (high - low) / 4
    usual = (once >= low - slack) & (once <= high + slack)
    return np.asarray(usual.all(axis=-1), np.bool_)


def _earliest(pixels: Frames, clear: Masks) -> Field:
    """Return each pixel at the first moment when it is clear of the subject, float32 (H, W, 3)."""
    first = clear.argmax(axis=0)[None, ..., None]
    found: Field = np.take_along_axis(pixels, first, axis=0)[0].astype(np.float32)
    return found


def _calmed(plane: Field) -> Field:
    return cv2.blur(plane, (5, 5)).astype(np.float32, copy=False)


def _apart(subject: Masks, reaches: tuple[float, float]) -> tuple[Masks, Masks]:
    """Return where each moment is farther from the subject than either of two distances, bool (K, H, W) each."""
    near, far = (np.ones(subject.shape, bool) for _ in reaches)
    for moment, mask in enumerate(subject):
        if mask.any():
            distance = depth(~mask)
            near[moment], far[moment] = (distance > reach for reach in reaches)
    return near, far
