"""Signs that a mask lost parts of its subject or took in what is none, each a number with a meaning of its own.

All signs are float32 (N,), one for each moment looked at; 0 says that nothing speaks against the mask.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.measure.colour import BINS, colour_bins, count_colours, density
from sparkle.measure.masked_clip import MARGIN, Field, MaskedClip, shrunk_mask, small_size
from sparkle.measure.shapes import bounds, grown
from sparkle.roles import Frames, Mask, Masks

# Steps in colour, in Lab levels: below the first there is no edge, below the second a faint one.
BARE, FAINT = 4.5, 14.4
RECURRENCE_LEVELS = 40.0
# What leaves or enters the picture may move by this share of its width from frame to frame.
BORDER_STEP = 0.03
LEAST_LEAP = 0.12
BAND, GAP, WINDOW, CROP_MARGIN = 3.0, 0.6, 9, 6
NEIGHBOURHOOD = 0.45
TELLING_ODDS = 1.5


def seams(clip: MaskedClip) -> dict[str, Field]:
    """Return how badly edges of the picture hold the contour.

    A contour between subject and background separates colours, or what moves from what rests; one that was cut
    through a subject, or drawn around a piece of background, has the same on both sides. `bare` and `faint`: the
    share of it on no edge, on a faint one; `longest`: its longest bare piece, by the mask's side.
    """
    found = [_seam(clip, at) for at in range(len(clip.mask))]
    names = ("bare", "faint", "longest")
    return {name: np.array([one[place] for one in found], np.float32) for place, name in enumerate(names)}


def _seam(clip: MaskedClip, at: int) -> tuple[float, float, float]:
    mask = clip.mask[at]
    if not mask.any():
        return 0.0, 0.0, 0.0
    x1, y1, x2, y2 = bounds(mask)
    left, top = max(x1 - CROP_MARGIN, 0), max(y1 - CROP_MARGIN, 0)
    crop = np.s_[top : y2 + CROP_MARGIN, left : x2 + CROP_MARGIN]
    step = _step(clip, at, crop)
    bare, kinds = [np.zeros(0, np.bool_)], [np.zeros((2, 0), np.bool_)]
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    for contour in contours:
        x, y = contour[:, 0, 0], contour[:, 0, 1]
        # What lies on the border of the picture is no contour.
        inner = (x > 1) & (y > 1) & (x < mask.shape[1] - 2) & (y < mask.shape[0] - 2)
        here = step[y - top, x - left]
        kinds.append(np.stack([here < BARE, here < FAINT])[:, inner])
        bare.append((here < BARE) & inner)
    every = np.concatenate(kinds, axis=1)
    shares = every.sum(axis=1) / max(1, every.shape[1])
    longest = max(_longest_run(one) for one in bare) / float(clip.sides[at])
    return float(shares[0]), float(shares[1]), longest


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


def _longest_run(seam: NDArray[np.bool_]) -> int:
    """Return the longest run of True in a closed sequence; gaps of two do not end it."""
    if seam.all():
        return len(seam)
    closed = cv2.morphologyEx(
        np.tile(seam, 2).astype(np.uint8)[None], cv2.MORPH_CLOSE, np.ones((1, 3), np.uint8)
    )[0]
    ends = np.flatnonzero(np.diff(np.concatenate([[0], closed, [0]])))
    lengths = ends[1::2] - ends[::2]
    return int(min(lengths.max(initial=0), len(seam)))


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


def background_inside(clip: MaskedClip) -> Field:
    """Return the share of the mask that shows what the clip's background shows there at other times."""
    found = []
    for at, mask in enumerate(clip.mask):
        same = mask & (clip.known >= 0.5) & (clip.misfit[at] < 0.7)
        opened = cv2.morphologyEx(same.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        found.append(opened.sum() / clip.sides[at] ** 2)
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


def strange_holes(clip: MaskedClip) -> Field:
    """Return how much of the mask's area are holes in it that do not show the clip's background."""
    bins = colour_bins(clip.lab)
    near = np.maximum(3, NEIGHBOURHOOD * clip.sides)[:, None, None]
    far = count_colours(bins, (clip.beyond > near).astype(np.float32))
    usual = density(far) * BINS
    found = []
    for at, mask in enumerate(clip.mask):
        enclosed = filled_holes(mask) & (clip.beyond[at] > 0)
        strange = (usual[bins[at]] < 0.3) | ((clip.misfit[at] > 1.5) & (clip.known > 0))
        found.append((enclosed & strange).sum() / clip.sides[at] ** 2)
    return np.array(found, np.float32)


def filled_holes(mask: Mask) -> Mask:
    """Return the holes of a mask: what it encloses by itself."""
    padded = np.pad(~mask, 1, constant_values=True).astype(np.uint8)
    _, labels = cv2.connectedComponents(padded, connectivity=4)
    holes_found: Mask = ((labels != labels[0, 0]) & (padded > 0))[1:-1, 1:-1]
    return holes_found


def jumps(frames: Frames, mask: Masks, moments: NDArray[np.int64]) -> dict[str, Field]:
    """Return how the mask changes from frame to frame, beyond what the picture's own motion explains.

    `lost`, `gained`: the largest part, by area, since the moment before. `leap`, `stepped`: see `area_leaps`.
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
    lost, gained = np.zeros((2, count), np.float32)
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
        lost[at], gained[at] = _opened(came & ~now) / unit, _opened(now & ~came) / unit
    starts = np.concatenate([[0], moments[:-1] + 1])
    latest = [np.maximum.reduceat(one, starts) for one in (lost, gained, leap)]
    return {
        "lost": latest[0],
        "gained": latest[1],
        "leap": latest[2],
        "stepped": stepped[moments],
    }


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
