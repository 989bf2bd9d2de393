"""Signs that a mask lost parts of its subject or took in what is none, each a number with a meaning of its own.

All signs are float32 (N,), one for each moment looked at; 0 says that nothing speaks against the mask.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.measure.colour import BINS, colour_bins, count_colours, density
from sparkle.measure.masked_clip import MARGIN, Field, MaskedClip, shrunk_mask, small_size
from sparkle.measure.shapes import bounds, closed, grown
from sparkle.roles import Frames, Mask, Masks

BARE = 4.5  # Lab levels: a smaller step in colour is no edge
RECURRENCE_LEVELS = 40.0
# What leaves or enters the picture may move by this share of its width from frame to frame.
BORDER_STEP = 0.03
LEAST_LEAP = 0.12
BAND, GAP, WINDOW, CROP_MARGIN = 3.0, 0.6, 9, 6
NEIGHBOURHOOD = 0.45
TELLING_ODDS = 1.5
# Holes and notches up to twice this radius, by the mask's side; what is their own of a colour, and by how much.
GAP_RADIUS, UNUSUAL, OWN_ODDS = 0.15, 0.02, 1.0


def bare_contour(clip: MaskedClip) -> Field:
    """Return which share of the contour lies on no edge of the picture.

    A contour between subject and background separates colours, or what moves from what rests; one that was cut
    through a subject, or drawn around a piece of background, has the same on both sides.
    """
    return np.array([_bare(clip, at) for at in range(len(clip.mask))], np.float32)


def _bare(clip: MaskedClip, at: int) -> float:
    mask = clip.mask[at]
    if not mask.any():
        return 0.0
    x1, y1, x2, y2 = bounds(mask)
    left, top = max(x1 - CROP_MARGIN, 0), max(y1 - CROP_MARGIN, 0)
    crop = np.s_[top : y2 + CROP_MARGIN, left : x2 + CROP_MARGIN]
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    x, y = np.concatenate(contours)[:, 0].T
    # What lies on the border of the picture is no contour.
    inner = (x > 1) & (y > 1) & (x < mask.shape[1] - 2) & (y < mask.shape[0] - 2)
    here = _step(clip, at, crop)[y[inner] - top, x[inner] - left]
    return float((here < BARE).mean()) if inner.any() else 0.0


def _step(clip: MaskedClip, at: int, crop: tuple[slice, slice]) -> Field:
    """Return how much the near inside of a contour differs from its near outside, in Lab levels, around each place."""
    beyond = clip.beyond[at][crop]
    colour = clip.lab[at][crop].astype(np.float32)
    values = np.dstack([colour, RECURRENCE_LEVELS * clip.recurs[at][crop]])
    means = []
    for part in ((beyond < -GAP) & (beyond > -GAP - BAND), (beyond > GAP) & (beyond < GAP + BAND)):
        weight = cv2.blur(part.astype(np.float32), (WINDOW, WINDOW))
        means.append(cv2.blur(values * part[..., None], (WINDOW, WINDOW)) / (weight + 1e-3)[..., None])
    step: Field = np.linalg.norm(means[0] - means[1], axis=-1).astype(np.float32)
    return step


def moving_beside(clip: MaskedClip) -> Field:
    """Return how much stands out from the clip's background beside the mask and touches it, by the mask's area."""
    found = []
    for at, mask in enumerate(clip.mask):
        rim = clip.beyond[at] <= MARGIN
        near = clip.beyond[at] <= max(3, NEIGHBOURHOOD * clip.sides[at])
        if not mask.any():
            gone = (clip.misfit[at] > 2.0) & (clip.known > 0)
            found.append(_opened(gone) / clip.usual**2)
            continue
        strange = (clip.misfit[at] > 2.0) & (clip.known > 0) & ~rim
        far = strange[~near].mean() if (~near).sum() > 50 else 0.0
        touching = _touching(strange & near, rim)
        found.append(max(0.0, touching.sum() - 2 * far * (near & ~rim).sum()) / clip.sides[at] ** 2)
    return np.array(found, np.float32)


def resting_rim(clip: MaskedClip) -> Field:
    """Return how much more the rim of the mask rests than its core: background kept around what moves."""
    found = []
    for at, mask in enumerate(clip.mask):
        depth = -clip.beyond[at]
        rim = mask & (depth <= 0.06 * clip.sides[at] + 1)
        core = mask & (depth > 0.15 * clip.sides[at])
        if not rim.any() or not core.any():
            found.append(0.0)
            continue
        found.append(float(clip.recurs[at][rim].mean() - clip.recurs[at][core].mean()))
    return np.array(found, np.float32)


def colours_beside(clip: MaskedClip) -> tuple[Field, Field]:
    """Return, by the mask's area, what has the subject's colours beside the mask, and the background's inside it."""
    bins = colour_bins(clip.lab)
    subject = count_colours(bins, (clip.beyond < -1).astype(np.float32))
    background = count_colours(bins, (clip.beyond > MARGIN).astype(np.float32))
    odds = np.log(density(subject)) - np.log(density(background))
    beside, inside = [], []
    for at in range(len(clip.mask)):
        rim = clip.beyond[at] <= MARGIN
        near = (clip.beyond[at] <= max(3, NEIGHBOURHOOD * clip.sides[at])) & ~rim
        seen = cv2.blur(odds[bins[at]].astype(np.float32), (3, 3))
        beside.append(_touching(near & (seen > TELLING_ODDS), rim).sum() / clip.sides[at] ** 2)
        alike = cv2.morphologyEx(
            ((clip.beyond[at] < -1) & (seen < -TELLING_ODDS)).astype(np.uint8),
            cv2.MORPH_OPEN,
            np.ones((3, 3), np.uint8),
        )
        inside.append(alike.sum() / clip.sides[at] ** 2)
    return np.array(beside, np.float32), np.array(inside, np.float32)


def own_gaps(clip: MaskedClip) -> Field:
    """Return how much of the mask's area are holes and notches in it that show the subject's colours."""
    bins = colour_bins(clip.lab)
    near = np.maximum(3, NEIGHBOURHOOD * clip.sides)[:, None, None]
    subject = BINS * density(count_colours(bins, (clip.beyond < -1).astype(np.float32)))
    far = BINS * density(count_colours(bins, (clip.beyond > near).astype(np.float32)))
    own = np.log((subject + UNUSUAL) / (far + UNUSUAL)) > OWN_ODDS
    found = []
    for at, mask in enumerate(clip.mask):
        gaps = closed(mask, max(3, int(GAP_RADIUS * clip.sides[at]))) & (clip.beyond[at] > 1)
        found.append(_opened(gaps & own[bins[at]]) / clip.sides[at] ** 2)
    return np.array(found, np.float32)


def jumps(frames: Frames, mask: Masks, moments: NDArray[np.int64]) -> dict[str, Field]:
    """Return how the mask changes from frame to frame, beyond what the picture's own motion explains.

    `gained`: the largest part, by area, since the moment before. `leap`, `stepped`: see `area_leaps`.
    """
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    size = small_size(frames.shape[1:3])
    rows, columns = np.indices(size[::-1], dtype=np.float32)
    greys = [
        cv2.cvtColor(cv2.resize(one, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
        for one in frames
    ]
    masks = shrunk_mask(mask, size)
    areas = masks.sum(axis=(1, 2))
    usual = max(1.0, float(np.median(areas[areas > 0]))) if areas.any() else 1.0
    count = len(frames)
    gained = np.zeros(count, np.float32)
    leap, stepped = area_leaps(masks)
    nowhere = np.zeros((*size[::-1], 2), np.float32)
    for at in range(1, count):
        back = flow.calc(greys[at], greys[at - 1], nowhere)
        came = (
            cv2.remap(
                masks[at - 1].astype(np.uint8),
                columns + back[..., 0],
                rows + back[..., 1],
                cv2.INTER_NEAREST,
                borderMode=cv2.BORDER_REPLICATE,
            )
            > 0
        )
        now = masks[at]
        unit = max(areas[at], areas[at - 1], 0.1 * usual)
        gained[at] = _opened(now & ~came) / unit
    starts = np.concatenate([[0], moments[:-1] + 1])
    latest = [np.maximum.reduceat(one, starts) for one in (gained, leap)]
    return {"gained": latest[0], "leap": latest[1], "stepped": stepped[moments]}


def area_leaps(masks: Masks) -> tuple[Field, Field]:
    """Return by how much the area of a mask changes from frame to frame, as a logarithm, and how far all such leaps
    until now have taken it from where it mostly is: both float32 (T,).

    What may have left or entered through the picture's border since the frame before is no leap.
    """
    areas = masks.sum(axis=(1, 2)).astype(np.float64)
    small = 0.05 * (float(np.median(areas[areas > 0])) if areas.any() else 1.0)
    contact = np.array([_contact(one) for one in masks])
    passed = BORDER_STEP * masks.shape[2] * np.maximum(contact[1:], contact[:-1])
    lower, upper = np.minimum(areas[1:], areas[:-1]), np.maximum(areas[1:], areas[:-1])
    change = np.log((np.maximum(upper - passed, lower) + small) / (lower + small))
    signed = np.where(change > LEAST_LEAP, change * np.sign(np.diff(areas)), 0)
    level = np.concatenate([[0], np.cumsum(signed)])
    leap = np.concatenate([[0], change]).astype(np.float32)
    return leap, np.abs(level - np.median(level)).astype(np.float32)


def _opened(mask: Mask) -> int:
    return int(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)).sum())


def _contact(mask: Mask) -> int:
    """Return how many pixels of the picture's border a mask touches."""
    return int(mask[0].sum() + mask[-1].sum() + mask[:, 0].sum() + mask[:, -1].sum())


def _touching(parts: Mask, rim: Mask) -> Mask:
    """Return the components of `parts` that touch `rim`, but for crumbs and threads."""
    opened = cv2.morphologyEx(parts.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels = cv2.connectedComponents(opened, connectivity=8)
    touched = np.unique(labels[grown(rim, 2) & (labels > 0)])
    return np.isin(labels, touched[touched > 0])
