"""Scores a removed foreground: is it gone, is the rest untouched, does the filled place fit what lies around it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.scorer.finding import Finding, rate, worst_of
from sparkle.backends.cpu.scorer.quality import picture_findings
from sparkle.measure.agreement import (
    Map,
    colour_difference,
    disc,
    fit_mask,
    grow,
    measure_agreement,
    shrink,
    shrink_mask,
    steepness,
)
from sparkle.roles import Image, Mask, ScoreRequest

WIDTH = 416
CHANGE = 5.0
BAND = 22.0
# How much of a mask, and of a box around a person, is the thing itself.
FILL_OF_MASK, FILL_OF_BOX = 0.9, 0.45


def score_removal(request: ScoreRequest) -> tuple[Finding, Finding, Finding]:
    """Return prompt following, consistency and perceptual quality of a removal.

    `source` is the edited frame with its foreground, `edited` the background alone; `mask` may be the
    foreground's mask or the area of its boxes, or unknown.
    """
    changed = changed_region(request.source, request.edited)
    mask = None if request.mask is None else shrink_mask(request.mask, WIDTH)
    quality = picture_findings(request.edited, request.source)
    gone = _gone(request, changed, mask)
    if changed.any() and not changed.all():
        quality += _fill_findings(request, changed)
    return worst_of(gone), worst_of([_untouched(changed, mask)]), worst_of(quality)


def changed_region(before: Image, after: Image) -> Mask:
    """Return where two pictures differ visibly, bool with WIDTH columns, without specks and pinholes."""
    difference = cv2.GaussianBlur(colour_difference(shrink(before, WIDTH), shrink(after, WIDTH)), (0, 0), 1.5)
    region = (np.asarray(difference) > CHANGE).astype(np.uint8)
    region = cv2.morphologyEx(region, cv2.MORPH_CLOSE, disc(9)).astype(np.uint8)
    return np.asarray(cv2.morphologyEx(region, cv2.MORPH_OPEN, disc(5))) > 0


def _gone(request: ScoreRequest, changed: Mask, mask: Mask | None) -> list[Finding]:
    area = float(changed.mean())
    found = [rate(area, 0.001, 0.006, 0.02, f"{area:.1%} of the picture changed")]
    agreement = measure_agreement(request.source, request.edited)
    inside = grow(fit_mask(changed, agreement.correlation.shape), -1)
    if inside.any():
        strength = agreement.source_strength[inside]
        left = np.clip(agreement.correlation[inside], 0, 1)
        ghost = float((strength * left).sum() / max(float(strength.sum()), 1e-6))
        found.append(rate(ghost, 0.7, 0.25, 0, f"{ghost:.0%} of the old structure is left there"))
    if mask is not None and mask.any():
        share = float(changed[mask].mean())
        expected = FILL_OF_BOX if _is_made_of_boxes(mask) else FILL_OF_MASK
        found.append(
            rate(
                share,
                0.4 * expected,
                0.9 * expected,
                1.1 * expected,
                f"{share:.0%} of the foreground's area changed",
            )
        )
    return found


def _untouched(changed: Mask, mask: Mask | None) -> Finding:
    if mask is None:
        share = float(changed.mean())
        return rate(share, 0.9, 0.65, 0.4, f"{share:.0%} of the picture changed, the foreground included")
    beyond = float(changed[~grow(mask, 8)].mean()) if not grow(mask, 8).all() else 0.0
    return rate(beyond, 0.3, 0.05, 0, f"{beyond:.0%} changed away from the foreground")


def _fill_findings(request: ScoreRequest, changed: Mask) -> list[Finding]:
    before, after = (_steepness(shrink(picture, WIDTH)) for picture in (request.source, request.edited))
    inwards, outwards = (
        np.asarray(cv2.distanceTransform(part.astype(np.uint8), cv2.DIST_L2, 5))
        for part in (changed, ~changed)
    )
    border = inwards + outwards <= 2.5
    usual = np.maximum(_blur(after, 8.0), 2.0)
    steep = after > 2 * usual
    ring = [(distance > 2.5) & (distance < BAND) for distance in (inwards, outwards)]
    # A street has edges everywhere: they are a seam only as far as there are more on the border than around it.
    around = ring[0] | ring[1]
    usually = float(steep[around].mean()) if around.any() else 0.0
    edges = float((steep & (after > before))[border].mean())
    seam = edges * float(np.clip(edges / max(usually, 1e-3) - 1, 0, 1))
    found = [rate(seam, 0.2, 0.07, 0, f"{seam:.0%} of the border is a new edge")]
    texture = _local_means(after, ring[0]), _local_means(after, ring[1])
    comparable = border & (texture[0] > 0) & (texture[1] > 0)
    if comparable.any():
        ratio = float(np.median((texture[0][comparable] + 1) / (texture[1][comparable] + 1)))
        found.append(rate(ratio, 0.3, 0.7, 0.95, f"the fill has {ratio:.0%} of the texture around it"))
    return found


def _is_made_of_boxes(mask: Mask) -> bool:
    """Whether every part of the mask fills its bounding box."""
    count, _, statistics, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    boxes = statistics[1:count]
    sizes = boxes[:, cv2.CC_STAT_WIDTH] * boxes[:, cv2.CC_STAT_HEIGHT]
    return bool(np.all(boxes[:, cv2.CC_STAT_AREA] >= 0.97 * sizes))


def _local_means(values: Map, where: NDArray[np.bool_]) -> Map:
    """Return local means of `values` over the places `where`; 0 where there are none nearby."""
    weight = _blur(where.astype(np.float32), 10.0)
    return np.asarray(np.where(weight > 0.05, _blur(values * where, 10.0) / (weight + 1e-3), 0), np.float32)


def _steepness(picture: Image) -> Map:
    return steepness(np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32))


def _blur(values: Map, sigma: float) -> Map:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), np.float32)
