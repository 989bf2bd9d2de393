"""Surfaces: noise with detail at several scales, cloth, wood, fur, and light that falls from one side."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from benchmarks.eyes.scene import Picture


def fractal(shape: tuple[int, int], rng: np.random.Generator, start: int = 3, octaves: int = 6) -> Picture:
    """Return smooth noise (h, w) in [0, 1] with detail at several scales; `start` cells over the height at first."""
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        cells = start * 2**octave
        grid = rng.random((cells, max(1, round(cells * shape[1] / shape[0]))), dtype=np.float32)
        total += cv2.resize(grid, shape[::-1], interpolation=cv2.INTER_CUBIC) / 1.7**octave
    return cv2.normalize(total, None, 0, 1, cv2.NORM_MINMAX)


def tinted(grey: Picture, dark: Sequence[float], bright: Sequence[float]) -> Picture:
    """Return colours (h, w, 3) between two, by a map (h, w) in [0, 1]."""
    return (np.float32(dark) + grey[..., None] * (np.float32(bright) - np.float32(dark))).astype(np.float32)


def streaks(shape: tuple[int, int], rng: np.random.Generator, length: float, across: float = 1.0) -> Picture:
    """Return noise drawn out sideways (h, w) in [0, 1]: metal, wood, fur. `length`, `across`: sigmas in pixels."""
    noise = rng.normal(0, 1, shape).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), sigmaX=length, sigmaY=across)
    low, high = np.quantile(noise, (0.02, 0.98))
    return np.clip((noise - low) / (high - low), 0, 1)


def wood(
    shape: tuple[int, int], rng: np.random.Generator, dark: Sequence[float], bright: Sequence[float]
) -> Picture:
    """Return planks with a grain along the rows."""
    bend = 14 * fractal(shape, rng, 2, 3)
    rows = np.arange(shape[0], dtype=np.float32)[:, None] + bend
    rings = 0.5 + 0.5 * np.sin(rows * 0.55 + 5 * fractal(shape, rng, 2, 4))
    return tinted(0.45 * rings + 0.55 * streaks(shape, rng, 40, 0.8), dark, bright)


def cloth(shape: tuple[int, int], rng: np.random.Generator, base: Sequence[float]) -> Picture:
    """Return woven cloth with soft folds."""
    folds = cv2.GaussianBlur(fractal(shape, rng, 3, 4), (0, 0), 3)
    weave = 0.5 * streaks(shape, rng, 3, 0.6) + 0.5 * streaks(shape, rng, 0.6, 3)
    return np.clip(np.float32(base) * (0.55 + 0.7 * folds + 0.25 * (weave - 0.5))[..., None], 0, 255)


def tiled(texture: Picture, shape: tuple[int, int], scale: float = 1.0) -> Picture:
    """Return a texture repeated, mirrored at its borders, until it covers `shape`."""
    part = cv2.resize(texture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    below, right = max(0, shape[0] - part.shape[0]), max(0, shape[1] - part.shape[1])
    while below or right:
        part = cv2.copyMakeBorder(
            part, 0, min(below, part.shape[0] - 1), 0, min(right, part.shape[1] - 1), cv2.BORDER_REFLECT_101
        )
        below, right = max(0, shape[0] - part.shape[0]), max(0, shape[1] - part.shape[1])
    return part[: shape[0], : shape[1]].astype(np.float32)


def lit(
    colour: Picture, alpha: Picture, roundness: float, direction: tuple[float, float] = (-0.5, -0.8)
) -> Picture:
    """Return colours shaded as if the shape of `alpha` were a cushion: bright towards `direction` (x, y), dark away.

    roundness: how far the shading reaches in from the rim, in pixels.
    """
    inside = cv2.GaussianBlur(alpha, (0, 0), roundness)
    across = (
        cv2.Sobel(inside, cv2.CV_32F, 1, 0) * direction[0]
        + cv2.Sobel(inside, cv2.CV_32F, 0, 1) * direction[1]
    )
    shade = 1 - across * roundness * 0.42
    return np.clip(colour * np.clip(shade, 0.35, 1.6)[..., None], 0, 255).astype(np.float32)
