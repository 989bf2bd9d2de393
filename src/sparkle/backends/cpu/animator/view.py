"""The picture small, and what the finders of regions measure on it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.animator.noise import Field
from sparkle.roles import Image

ANALYSIS_SIDE = 320
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class View:
    """The picture small, with what the finders measure on it (all float32 (h, w), colours in 0..255)."""

    rgb: Field
    light: Field
    saturation: Field
    hue: Field
    detail: Field
    edges_x: Field
    edges_y: Field
    lines: Bools


def measure(image: Image) -> View:
    """Shrink a picture (H, W, 3) to at most ANALYSIS_SIDE pixels and measure colours, texture and edges on it."""
    height, width = image.shape[:2]
    ratio = min(1.0, ANALYSIS_SIDE / max(height, width))
    size = (max(8, round(width * ratio)), max(8, round(height * ratio)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    rgb = small.astype(np.float32)
    hsv = cv2.cvtColor(rgb / 255, cv2.COLOR_RGB2HSV)
    light = np.asarray(cv2.cvtColor(rgb / 255, cv2.COLOR_RGB2GRAY) * 255, dtype=np.float32)
    edges_x = cv2.Sobel(light, cv2.CV_32F, 1, 0, scale=0.25)
    edges_y = cv2.Sobel(light, cv2.CV_32F, 0, 1, scale=0.25)
    detail = cv2.GaussianBlur(np.abs(light - cv2.GaussianBlur(light, (0, 0), 2)), (0, 0), 2)
    hue, saturation, detail, edges_x, edges_y = (
        np.asarray(values, dtype=np.float32)
        for values in (hsv[..., 0], hsv[..., 1], detail, edges_x, edges_y)
    )
    return View(rgb, light, saturation, hue, detail, edges_x, edges_y, _straight_lines(light))


def row_numbers(view: View) -> Field:
    """Return the row number of every pixel."""
    return np.broadcast_to(np.arange(view.light.shape[0], dtype=np.float32)[:, None], view.light.shape)


def _straight_lines(light: Field) -> Bools:
    """Long straight edges: walls, roofs, window frames, shelves. Plants have none of that length."""
    drawn = np.zeros(light.shape, np.uint8)
    shortest = 0.11 * max(light.shape)
    segments = cv2.createLineSegmentDetector(cv2.LSD_REFINE_STD).detect(
        np.clip(light, 0, 255).astype(np.uint8)
    )[0]
    for x1, y1, x2, y2 in () if segments is None else segments.reshape(-1, 4):
        if np.hypot(x2 - x1, y2 - y1) >= shortest:
            cv2.line(drawn, (round(x1), round(y1)), (round(x2), round(y2)), 255, 1)
    return cv2.dilate(drawn, np.ones((3, 3), np.uint8)) > 0


def excess_green(view: View) -> Field:
    """Return how much green outweighs red and blue, relative to the light; grass is above 0.1."""
    red, green, blue = cv2.split(view.rgb)
    return np.asarray((2 * green - red - blue) / np.maximum(view.light, 24), dtype=np.float32)


def blueness_of(view: View) -> Field:
    """Return how much blue outweighs red, relative to the light; a clear sky is above 0.3."""
    return np.asarray((view.rgb[..., 2] - view.rgb[..., 0]) / np.maximum(view.light, 24), dtype=np.float32)


def near_sky_colour(view: View, sky: Bools) -> Bools:
    """Return what has a colour (not a lightness) that is common in the sky."""
    if not sky.any():
        return np.zeros_like(sky)
    lab = cv2.cvtColor(view.rgb / 255, cv2.COLOR_RGB2LAB)
    spread = lab[sky][:: max(1, int(sky.sum()) // 400), 1:]
    centres = np.quantile(spread, (0.15, 0.5, 0.85), axis=0)
    distance = np.min([np.hypot(lab[..., 1] - a, lab[..., 2] - b) for a, b in centres], axis=0)
    return np.asarray(distance < 9, dtype=bool)


def waterline(view: View) -> int:
    """The row of the longest level edge of the picture: where the sea meets the sky, or the lake its far shore."""
    height = len(view.light)
    strength = np.abs(cv2.blur(view.edges_y, (1, 3)).mean(axis=1))
    strength[: round(0.16 * height)] = 0
    strength[round(0.75 * height) :] = 0
    return int(np.argmax(strength))


def opened(mask: Bools, radius: int) -> Bools:
    """Remove what is narrower than twice `radius`."""
    kernel = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, kernel) > 0)


def large_parts(mask: Bools, share: float) -> Bools:
    """Keep connected parts of at least `share` of the picture."""
    return parts_between(mask, share, 1.0)


def parts_between(mask: Bools, least: float, most: float) -> Bools:
    """Keep connected parts whose share of the picture is from `least` to `most`."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = stats[:, cv2.CC_STAT_AREA] / mask.size
    good = (areas >= least) & (areas <= most)
    good[0] = False
    return np.asarray(good[labels], dtype=bool)
