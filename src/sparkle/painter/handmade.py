"""Manners of the hand: oil, thick swirls, dabs, washes, ink and pencil. float32 RGB in [0, 1]."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.painter.engine.canvas import Array, blur
from sparkle.painter.engine.noise import Noise, floats, smoothstep
from sparkle.painter.tones import grade, grid, kuwahara, saturate, to_bytes, unit_of, vignette


def _smear(image: Array, angle: Array, length: float, steps: int = 10) -> Array:
    """Average along a direction field: strokes."""
    height, width = image.shape[:2]
    rows, columns = floats(np.mgrid[0:height, 0:width])
    dx, dy = np.cos(angle) * length / steps, np.sin(angle) * length / steps
    total = np.zeros_like(image)
    for step in range(-steps // 2, steps // 2 + 1):
        at = (floats(columns + dx * step), floats(rows + dy * step))
        total += cv2.remap(image, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return total / (steps + 1)


def _flow_angle(image: Array, noise: Noise, wander: float = 0.8) -> Array:
    """Directions along edges, filled in by a slow random drift where nothing is."""
    grey = blur(np.ascontiguousarray(image.mean(axis=2)), 2.5 * unit_of(image))
    gx, gy = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    xx, yy, xy = (blur(p, 5 * unit_of(image)) for p in (gx * gx, gy * gy, gx * gy))
    angle = 0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2
    u, v = grid(image)
    return angle + wander * noise.fbm(u / 130, v / 130, 2)


def _strokes(image: Array, noise: Noise, angle: Array, length: float, relief: float) -> Array:
    """Brush strokes along `angle`, with the ridges of the paint catching light."""
    unit = unit_of(image)
    u, v = grid(image)
    bristle = floats(noise.quick(u / 1.5, v / 1.5) + 0.7 * noise.quick(u / 3.2 + 40, v / 3.2))
    combed = _smear(bristle[..., None].repeat(3, axis=2), angle, length * 1.2 * unit)[..., 0]
    paint = _smear(image, angle, length * unit)
    slope = cv2.Sobel(combed, cv2.CV_32F, 1, 1, ksize=3) + cv2.Sobel(combed, cv2.CV_32F, 0, 1, ksize=3)
    return paint * (1 + 0.16 * relief * combed[..., None]) + 0.05 * relief * slope[..., None]


def oil(image: Array, noise: Noise, rng: np.random.Generator) -> Array:
    """Old-master oil: merged tones, visible brushwork, warm varnish and deep shadows."""
    flat = kuwahara(image, max(round(3.2 * unit_of(image)), 1))
    painted = _strokes(flat, noise, _flow_angle(flat, noise, 0.3), 13, 0.8)
    graded = grade(painted, "2a1a0c", "ffe6b4", 0.34)
    contrast = np.clip((graded - 0.5) * 1.16 + 0.47, 0, 1)
    return vignette(contrast, 0.45)


def swirls(image: Array, noise: Noise, rng: np.random.Generator) -> Array:
    """Thick strokes that whirl in the upper half, stars with rings, strong blues and yellows."""
    height, width = image.shape[:2]
    u, v = grid(image)
    angle = _flow_angle(image, noise, 1.4)
    upper = smoothstep(0.62, 0.45, floats(np.mgrid[0:height, 0:width][0]) / height)
    swirl = 0.25 * np.sin(u / 90) + 1.2 * noise.fbm(u / 170, v / 120, 2)
    rings = np.zeros((height, width), dtype=np.float32)
    wide = width / unit_of(image)
    tall = height / unit_of(image)
    for number in range(9):
        cx, cy = rng.uniform(0.03, 0.97) * wide, rng.uniform(0.05, 0.40) * tall
        size = rng.uniform(20, 52) if number else 78
        distance = np.hypot(u - cx, v - cy)
        near = np.exp(-((distance / (size * 1.8)) ** 2))
        swirl = swirl * (1 - near) + (np.arctan2(v - cy, u - cx) + np.pi / 2 + 0.25) * near
        rings += near**1.3 * (0.55 + 0.45 * np.cos(distance / 4.6)) + 1.2 * np.exp(
            -((distance / (size * 0.24)) ** 2)
        )
    direction = swirl * upper + angle * (1 - upper)
    bands = 0.5 + 0.5 * np.sin(
        (v * np.cos(swirl) - u * np.sin(swirl)) / 11 + 3.5 * noise.fbm(u / 100, v / 100, 3)
    )
    night = (
        floats([0.10, 0.22, 0.55]) * (1 - bands[..., None]) + floats([0.40, 0.62, 0.86]) * bands[..., None]
    )
    sky = night * (0.55 + 0.5 * blur(image, 3).mean(axis=2, keepdims=True)) + np.clip(rings, 0, 1.1)[
        ..., None
    ] * floats([0.95, 0.78, 0.22])
    base = saturate(image, 1.5) * 0.9 + floats([0.01, 0.03, 0.09])
    mixed = base * (1 - upper[..., None] * 0.92) + sky * upper[..., None] * 0.92
    return np.clip(_strokes(mixed, noise, direction, 20, 1.9), 0, 1)


def impressionist(image: Array, noise: Noise, rng: np.random.Generator) -> Array:
    """Short dabs of broken colour."""
    unit, (height, width) = unit_of(image), image.shape[:2]
    angle = _flow_angle(image, noise, 0.5)
    soft = np.ascontiguousarray(to_bytes(saturate(blur(image, 1.2 * unit), 1.25)))
    canvas = to_bytes(saturate(blur(image, 6 * unit), 1.1))
    for size, count in ((7.0, 5200), (4.4, 9000), (2.8, 9000)):
        xs, ys = rng.uniform(0, width, count), rng.uniform(0, height, count)
        ix, iy = xs.astype(int).clip(0, width - 1), ys.astype(int).clip(0, height - 1)
        tones = np.clip(
            soft[iy, ix] + rng.normal(0, 9, (count, 3)) + rng.normal(0, 7, (count, 1)), 0, 255
        ).tolist()
        turns = angle[iy, ix] + rng.normal(0, 0.25, count)
        long, thin = size * unit * 1.5, max(size * unit * 0.55, 0.7)
        d, n = np.stack([np.cos(turns), np.sin(turns)], 1), np.stack([-np.sin(turns), np.cos(turns)], 1)
        at = np.stack([xs, ys], 1)
        ends = ((-1.0, 0), (-0.5, 1), (0.5, 1), (1.0, 0), (0.5, -1), (-0.5, -1))
        dabs = np.stack([at + d * long * along + n * thin * across for along, across in ends], 1)
        for shape, tone in zip((dabs * 16).astype(np.int32), tones, strict=True):
            cv2.fillConvexPoly(canvas, shape, tone, cv2.LINE_AA, 4)
    painted = floats(canvas) / 255
    return np.clip(painted * 1.03 + 0.02, 0, 1)


def watercolor(image: Array, noise: Noise, rng: np.random.Generator) -> Array:
    """Washes that pool at their edges, bleeding outlines, paper grain, a white margin that breaks in."""
    unit = unit_of(image)
    u, v = grid(image)
    bleed = np.stack([noise.fbm(u / 22, v / 22, 4), noise.fbm(u / 22 + 50, v / 22, 4)], axis=-1) * 4.5 * unit
    rows, columns = floats(np.mgrid[0 : image.shape[0], 0 : image.shape[1]])
    wet = cv2.remap(
        image, columns + bleed[..., 0], rows + bleed[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    flat = kuwahara(wet, max(round(4 * unit), 1))
    levels = np.floor(flat * 7 + 0.5) / 7
    washes = 0.55 * blur(levels, 1.0 * unit) + 0.45 * flat
    edge = np.abs(blur(washes, 1.2 * unit) - blur(washes, 4 * unit)).mean(axis=2, keepdims=True)
    pale = 1 - (1 - saturate(washes, 1.12)) * (0.78 + 0.22 * noise.fbm(u / 70, v / 70, 4)[..., None])
    paper = 1 + 0.035 * (noise.quick(u / 1.1, v / 1.1) + noise.quick(u / 2.3 + 9, v / 2.3))[..., None]
    inked = (pale - edge * 1.1) * paper
    margin = np.minimum(np.minimum(u, u.max() - u), np.minimum(v, v.max() - v)) + 22 * noise.fbm(
        u / 45, v / 45, 5
    )
    share = smoothstep(2, 22, margin)[..., None]
    return floats(np.clip(inked * share + (0.965 * paper) * (1 - share) * floats([1.0, 0.99, 0.96]), 0, 1))


def ink(image: Array, noise: Noise, rng: np.random.Generator) -> Array:
    """Ink wash on warm paper: grey tones, dry-brush edges, mist left blank, a red seal."""
    unit = unit_of(image)
    u, v = grid(image)
    grey = image @ floats([0.3, 0.59, 0.11])
    soft = kuwahara(np.repeat(grey[..., None], 3, axis=2), max(round(3 * unit), 1))[..., 0]
    soft = soft + 0.6 * (soft - blur(soft, 45 * unit))
    tone = np.clip((soft - 0.12) / 0.66, 0, 1) ** 0.9
    tone = tone + 0.07 * noise.fbm(u / 30, v / 30, 4) * (1 - tone)
    fine, wide = blur(soft, 0.8 * unit), blur(soft, 2.0 * unit)
    lines = smoothstep(0.012, 0.06, wide - fine) * smoothstep(-0.55, 0.25, noise.fbm(u / 3, v / 16, 3))
    dark = np.clip(tone - 0.55 * lines, 0, 1)
    fibre = 0.018 * (noise.quick(u / 0.9, v / 5) + noise.quick(u / 6, v / 1.1))
    paper, black = floats([0.93, 0.895, 0.82]), floats([0.10, 0.11, 0.125])
    picture = black * (1 - dark[..., None]) + (paper + fibre[..., None]) * dark[..., None]
    height, width = grey.shape
    size = max(int(20 * unit), 3)
    top, left = int(height * 0.08), int(width * 0.93) - size
    if top + size < height and left > 0:
        picture[top : top + size, left : left + size] = floats([0.72, 0.16, 0.12]) * (
            0.92 + 0.1 * fibre[top : top + size, left : left + size, None]
        )
        inner = (
            slice(top + size // 4, top + 3 * size // 4, max(size // 5, 1)),
            slice(left + size // 5, left + 4 * size // 5),
        )
        picture[inner] = paper
    return np.clip(picture, 0, 1)


def sketch(image: Array, noise: Noise, rng: np.random.Generator) -> Array:
    """Pencil: contours and hatching on paper."""
    unit = unit_of(image)
    u, v = grid(image)
    grey = floats(image @ floats([0.3, 0.59, 0.11]))
    inverse = blur(1 - grey, 6 * unit)
    dodge = np.clip(grey / np.maximum(1 - inverse, 0.05), 0, 1)
    hatch = 0.5 + 0.5 * np.sin((u + v) * 1.15 + 2 * noise.fbm(u / 40, v / 40, 2))
    cross = 0.5 + 0.5 * np.sin((u - v) * 1.15)
    shade = np.minimum(
        np.where(grey < 0.55, 0.62 + 0.38 * hatch, 1), np.where(grey < 0.30, 0.55 + 0.45 * cross, 1)
    )
    paper = 0.96 + 0.02 * noise.quick(u / 1.2, v / 1.2)
    lines = np.clip(dodge**1.6 * shade * paper, 0, 1)[..., None]
    return lines * floats([0.99, 0.98, 0.95])
