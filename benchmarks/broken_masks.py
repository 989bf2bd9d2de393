"""Ways to break a good mask on purpose: parts cut off, drift, background kept, holes, frames where it is lost.

Every way takes frames uint8 (T, H, W, 3), a mask bool (T, H, W) and a generator, and returns a mask. Lengths are
shares of the side of a square as large as the mask.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.measure.shapes import bounds, grown
from sparkle.roles import Frames, Mask, Masks

Break = Callable[[Frames, Masks, np.random.Generator], Masks]


def headless(frames: Frames, mask: Masks, rng: np.random.Generator) -> Masks:
    """The upper part of the subject is gone."""
    return _each(mask, lambda one: one & ~_above(one, 0.3))


def floating_head(frames: Frames, mask: Masks, rng: np.random.Generator) -> Masks:
    """Only the upper part of the subject is left."""
    return _each(mask, lambda one: one & _above(one, 0.4))


def without_arm(frames: Frames, mask: Masks, rng: np.random.Generator) -> Masks:
    """What lies on one side of the subject is gone."""
    side, share = bool(rng.integers(2)), rng.uniform(0.25, 0.32)

    def cut(one: Mask) -> Mask:
        columns = np.cumsum(one.sum(axis=0)) / one.sum()
        gone = columns < share if side else columns > 1 - share
        return one & ~gone[None]

    return _each(mask, cut)


def without_third(frames: Frames, mask: Masks, rng: np.random.Generator) -> Masks:
    """A third of the subject, on one side of a line, is gone."""
    angle = rng.uniform(0, 2 * np.pi)
    return _each(mask, lambda one: one & ~_beyond(one, angle, 1 / 3))


def third_for_a_while(frames: Frames, mask: Masks, rng: np.random.Generator) -> Masks:
    """A third of the subject is gone for a quarter to a half of the clip."""
    return _for_a_while(mask, without_third(frames, mask, rng), rng, rng.uniform(0.25, 0.5))


def lost(frames: Frames, mask: Masks, rng: np.random.Generator) -> Masks:
    """The whole subject is gone for a tenth to a quarter of the clip."""
    return _for_a_while(mask, np.zeros_like(mask), rng, rng.uniform(0.1, 0.25))


def drifted(frames: Frames, mask: Masks, rng: np.random.Generator) -> Masks:
    """The mask slides off the subject, to 3 to 8 % of its side at the end."""
    angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(0.03, 0.08)
    return _shifted(mask, angle, reach * np.linspace(0, 1, len(mask)))


def ring(frames: Frames, mask: Masks, rng: np.random.Generator) -> Masks:
    """A ring of the old background is kept, 5 to 8 % of the subject's side wide."""
    width = rng.uniform(0.05, 0.08)
    return _each(mask, lambda one: grown(one, max(3, round(width * _side(one)))))


def chunk(frames: Frames, mask: Masks, rng: np.random.Generator) -> Masks:
    """A chunk of the old background, a fifth to a third of the subject, hangs on to it."""
    angle, share = rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 0.35)
    stretch = rng.uniform(0.6, 1.6)

    def add(one: Mask) -> Mask:
        return one | _blob(one, _contour_point(one, angle), share, stretch)

    return _each(mask, add)


def holes(frames: Frames, mask: Masks, rng: np.random.Generator) -> Masks:
    """One to three holes inside the subject, a tenth of it together."""
    count = int(rng.integers(1, 4))
    places = rng.uniform(0.25, 0.75, count)

    def pierce(one: Mask) -> Mask:
        depth = cv2.distanceTransform(np.pad(one, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
        deep = np.argwhere(depth > 0.6 * depth.max())
        for place in places:
            y, x = deep[int(place * (len(deep) - 1))]
            one = one & ~_ellipse(one, (int(x), int(y)), 0.1 / count * one.sum(), 1.0)
        return one

    return _each(mask, pierce)


def shows_through(frames: Frames, mask: Masks, rng: np.random.Generator) -> Masks:
    """Inside the subject, whatever is of its rarest lightness is taken for background: a print on a shirt."""
    some = mask.copy()
    some[1::4] = False
    light = cv2.cvtColor(frames[some][None], cv2.COLOR_RGB2GRAY)
    darkest, brightest = np.quantile(light, [0.14, 0.86])
    bright = abs(brightest - np.median(light)) > abs(darkest - np.median(light))
    broken = mask.copy()
    for at, one in enumerate(mask):
        grey = cv2.blur(cv2.cvtColor(frames[at], cv2.COLOR_RGB2GRAY), (5, 5))
        odd = (grey > brightest if bright else grey < darkest) & one
        broken[at] &= ~(cv2.morphologyEx(odd.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)) > 0)
    return broken


def untouched(frames: Frames, mask: Masks, rng: np.random.Generator) -> Masks:
    """The true mask."""
    return mask


def wider(frames: Frames, mask: Masks, rng: np.random.Generator) -> Masks:
    """The true mask and one pixel around it."""
    return _each(mask, lambda one: grown(one, 1))


def smooth(frames: Frames, mask: Masks, rng: np.random.Generator) -> Masks:
    """The true mask without its finest parts, as trackers draw it."""
    return _each(mask, lambda one: cv2.GaussianBlur(one.astype(np.float32), (0, 0), 2.0) > 0.5)


GOOD: dict[str, Break] = {"true": untouched, "a pixel wider": wider, "smooth": smooth}

WAYS: dict[str, Break] = {
    "headless": headless,
    "floating head": floating_head,
    "arm cut off": without_arm,
    "third cut off": without_third,
    "third gone for a while": third_for_a_while,
    "lost for a while": lost,
    "drifted by 3 to 8 %": drifted,
    "ring of old background": ring,
    "chunk of old background": chunk,
    "holes": holes,
    "shows through": shows_through,
}


def changed(before: Masks, after: Masks) -> float:
    """Return which share of a mask was broken, in the mean of the frames that were."""
    areas = before.sum(axis=(1, 2))
    shares = (before ^ after).sum(axis=(1, 2))[areas > 0] / areas[areas > 0]
    return float(shares[shares > 0].mean()) if (shares > 0).any() else 0.0


def _each(mask: Masks, change: Callable[[Mask], Mask]) -> Masks:
    return np.stack([change(one) if one.sum() > 50 else one for one in mask])


def _side(one: Mask) -> float:
    return float(np.sqrt(one.sum()))


def _above(one: Mask, share: float) -> Mask:
    _, top, _, bottom = bounds(one)
    return np.broadcast_to(np.arange(one.shape[0])[:, None] < top + share * (bottom - top), one.shape)


def _beyond(one: Mask, angle: float, share: float) -> Mask:
    rows, columns = np.indices(one.shape)
    along = columns * np.cos(angle) + rows * np.sin(angle)
    return along > np.quantile(along[one], 1 - share)


def _for_a_while(mask: Masks, broken: Masks, rng: np.random.Generator, share: float) -> Masks:
    """Break the mask on a run of frames on which there is a subject."""
    there = np.flatnonzero(mask.sum(axis=(1, 2)) > 50)
    length = max(3, round(share * len(mask)))
    start = int(rng.integers(0, max(1, len(there) - length)))
    result = mask.copy()
    result[there[start : start + length]] = broken[there[start : start + length]]
    return result


def _shifted(mask: Masks, angle: float, reaches: NDArray[np.float64]) -> Masks:
    size = float(np.sqrt(max(1.0, np.median([one.sum() for one in mask if one.any()] or [1]))))
    height, width = mask.shape[1:]
    moved = []
    for one, reach in zip(mask, reaches * size, strict=True):
        shift = np.float32([[1, 0, reach * np.cos(angle)], [0, 1, reach * np.sin(angle)]])
        moved.append(
            cv2.warpAffine(one.astype(np.uint8), shift, (width, height), flags=cv2.INTER_NEAREST) > 0
        )
    return np.stack(moved)


def _contour_point(one: Mask, angle: float) -> tuple[int, int]:
    """Return the mask's point furthest in a direction that is not at the picture's border."""
    rows, columns = np.nonzero(one)
    inner = (rows > 8) & (columns > 8) & (rows < one.shape[0] - 9) & (columns < one.shape[1] - 9)
    if inner.any():
        rows, columns = rows[inner], columns[inner]
    furthest = np.argmax(columns * np.cos(angle) + rows * np.sin(angle))
    return int(columns[furthest]), int(rows[furthest])


def _blob(one: Mask, centre: tuple[int, int], share: float, stretch: float) -> Mask:
    # Half of it or so lies on the subject.
    return _ellipse(one, centre, 1.6 * share * one.sum(), stretch)


def _ellipse(one: Mask, centre: tuple[int, int], area: float, stretch: float) -> Mask:
    drawn = np.zeros(one.shape, np.uint8)
    radius = np.sqrt(area / np.pi)
    axes = (max(1, round(radius * np.sqrt(stretch))), max(1, round(radius / np.sqrt(stretch))))
    return cv2.ellipse(drawn, centre, axes, 0, 0, 360, 1, -1) > 0
