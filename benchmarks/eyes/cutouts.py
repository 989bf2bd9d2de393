"""Subjects cut out of photographs: by polygons set by hand, by a key colour, by measured depth. Never by a tracker."""

from __future__ import annotations

import cv2
import numpy as np
from benchmarks.eyes.outlines import OUTLINES
from benchmarks.eyes.photographs import path_of, photograph
from benchmarks.eyes.scene import Picture, Sprite

EDGE_SIGMA = 0.8
RIM = 5


def cut_out(name: str) -> Sprite:
    """Return the subject of a photograph by its hand-set outline."""
    picture = photograph(name)
    return trimmed(cleaned(picture, filled(OUTLINES[name], picture.shape[:2])))


def filled(outline: list[list[tuple[float, float]]], shape: tuple[int, int]) -> Picture:
    """Return the soft alpha of polygons (x, y): the first is the outline, and so is each that does not lie in a
    shape so far; one that lies inside is a hole."""
    big = np.zeros((shape[0] * 4, shape[1] * 4), np.uint8)
    corners = [np.int32(np.array(polygon) * 4 * 16) for polygon in outline]
    cv2.fillPoly(big, corners, 255, cv2.LINE_AA, shift=4)
    alpha = cv2.resize(big, shape[::-1], interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return cv2.GaussianBlur(alpha, (0, 0), EDGE_SIGMA)


def cleaned(picture: Picture, alpha: Picture) -> Sprite:
    """Return a sprite whose rim has the colours of the inside, so that nothing of the old background comes along."""
    sure = cv2.erode((alpha > 0.97).astype(np.uint8), np.ones((RIM, RIM), np.uint8)).astype(np.float32)
    colour = picture * sure[..., None]
    weight = sure.copy()
    for sigma in (1.5, 3.0, 8.0, 20.0):
        spread = cv2.GaussianBlur(picture * sure[..., None], (0, 0), sigma)
        share = cv2.GaussianBlur(sure, (0, 0), sigma)
        fill = (weight < 0.5) & (share > 0.02)
        colour[fill] = spread[fill] / share[fill][:, None]
        weight[fill] = 1
    colour[weight < 0.5] = picture[weight < 0.5]
    return Sprite(colour.astype(np.float32), alpha.astype(np.float32))


def trimmed(sprite: Sprite, margin: int = 6) -> Sprite:
    """Return a sprite without the empty space around it; its foot is where its alpha ends."""
    rows, columns = np.flatnonzero(sprite.alpha.max(1) > 0.02), np.flatnonzero(sprite.alpha.max(0) > 0.02)
    top, left = max(rows[0] - margin, 0), max(columns[0] - margin, 0)
    bottom, right = rows[-1] + 1, columns[-1] + 1 + margin
    return Sprite(sprite.colour[top:bottom, left:right].copy(), sprite.alpha[top:bottom, left:right].copy())


def flower() -> Sprite:
    """Return the orange dahlia by a key: its petals are far redder than the leaves behind it."""
    picture = photograph("flower")[60:372, 150:470]
    warmth = cv2.GaussianBlur(picture[..., 0] - 0.5 * picture[..., 1] - 0.5 * picture[..., 2], (0, 0), 0.7)
    alpha = np.clip((warmth - 18) / 30, 0, 1)
    _, parts, sizes, _ = cv2.connectedComponentsWithStats((alpha > 0.3).astype(np.uint8))
    petals = parts == 1 + int(np.argmax(sizes[1:, cv2.CC_STAT_AREA]))
    closed = cv2.morphologyEx(petals.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    inside = cv2.erode(closed, np.ones((5, 5), np.uint8))
    alpha = np.maximum(alpha * closed, cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 0.8))
    return trimmed(cleaned(picture, alpha.astype(np.float32)))


def motorcycle() -> Sprite:
    """Return the motorcycle by its measured depth: it stands nearer than the shelf, and above the plane of the floor.

    The disparity map is Middlebury's, from structured light; the gaps between the spokes come with it.
    """
    picture = photograph("motorcycle")
    with np.load(path_of("motorcycle disparity")) as archive:
        disparity = np.where(np.isfinite(archive["arr_0"]), archive["arr_0"], 0).astype(np.float32)
    rows = np.arange(len(disparity))
    floor = np.array([np.median(row[:90][row[:90] > 0]) if row[:90].any() else 0 for row in disparity])
    fit = np.polyfit(rows[330:480], floor[330:480], 1)
    behind = np.maximum(np.polyval(fit, rows), 30.0)[:, None]
    near = disparity > behind + 2.5
    known = cv2.medianBlur(disparity, 3) > 0
    near = np.where(known, near, cv2.medianBlur(near.astype(np.uint8) * 255, 5) > 127)
    loose = filled(OUTLINES["motorcycle"], disparity.shape) > 0.5
    solid = (near & loose).astype(np.uint8)
    _, parts, sizes, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    keep = 1 + np.flatnonzero(sizes[1:, cv2.CC_STAT_AREA] > 60)
    alpha = cv2.GaussianBlur(np.isin(parts, keep).astype(np.float32), (0, 0), EDGE_SIGMA)
    # Thin parts have no inside to take colours from: they keep their own.
    return trimmed(Sprite(picture, alpha))


def with_hair(
    sprite: Sprite,
    rng: np.random.Generator,
    rows: tuple[float, float],
    length: float,
    count: int,
    sag: float = 0.3,
) -> Sprite:
    """Return a sprite with strands drawn outward from its outline between two heights (fractions from the top).

    Each strand has the colour of where it grows. length: in fractions of the sprite's height.
    """
    height = len(sprite.alpha)
    pad = round(length * height) + 4
    colour = cv2.copyMakeBorder(sprite.colour, pad, 0, pad, pad, cv2.BORDER_REPLICATE)
    alpha = cv2.copyMakeBorder(sprite.alpha, pad, 0, pad, pad, cv2.BORDER_CONSTANT)
    outlines, _ = cv2.findContours((alpha > 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = max(outlines, key=len)[:, 0].astype(np.float32)
    slope = cv2.GaussianBlur(alpha, (0, 0), 5)
    outward = -np.dstack([cv2.Sobel(slope, cv2.CV_32F, 1, 0), cv2.Sobel(slope, cv2.CV_32F, 0, 1)])
    top, bottom = pad + rows[0] * height, pad + rows[1] * height
    roots = points[(points[:, 1] >= top) & (points[:, 1] <= bottom) & (points[:, 1] < len(alpha) - 4)]
    strands, tints = np.zeros_like(alpha), colour.copy()
    for root in roots[rng.integers(0, len(roots), count)]:
        x, y = root.astype(int)
        way = outward[y, x] / max(float(np.hypot(*outward[y, x])), 1e-6)
        way = way + rng.normal(0, 0.45, 2)
        reach = length * height * rng.uniform(0.25, 1)
        steps = np.linspace(-0.35, 1, 12)[:, None]
        curve = root + steps * reach * way + np.float32([0, sag]) * reach * steps**2
        one = np.zeros_like(alpha)
        cv2.polylines(one, [np.int32(curve * 16)], False, 1.0, 1, cv2.LINE_AA, shift=4)
        one *= rng.uniform(0.4, 0.9)
        inside = (root - 5 * way).astype(int).clip(0, np.array(alpha.shape[::-1]) - 1)
        shade = colour[inside[1], inside[0]] * rng.uniform(0.8, 1.2)
        tints = tints * (1 - one[..., None]) + shade * one[..., None]
        strands = np.maximum(strands, one)
    return Sprite(
        np.where(alpha[..., None] > 0.5, colour, tints).astype(np.float32), np.maximum(alpha, strands)
    )
