"""Where the sky is: smooth and reaching the top, then all that has its colour, and the clouds in it."""

from __future__ import annotations

from collections.abc import Set

import cv2
import numpy as np

from sparkle.backends.cpu.animator.noise import Field
from sparkle.backends.cpu.animator.view import (
    Bools,
    View,
    blueness_of,
    excess_green,
    near_sky_colour,
    row_numbers,
    waterline,
)


def find_sky(view: View, indoor: bool, looked_for: Set[str]) -> Bools:
    """Smooth areas that reach the top edge, not green and not earthen; then what has their colour, and clouds."""
    height = view.light.shape[0]
    named = bool(looked_for & {"clouds", "stars", "aurora", "birds"})
    aurora = "aurora" in looked_for
    gradient = cv2.GaussianBlur(np.hypot(view.edges_x, view.edges_y), (0, 0), 1.2)
    # A sky that the words speak of may be full of clouds that are not smooth.
    bold = aurora or (named and bool(looked_for & {"waves", "ripples", "glints"}))
    smooth = (view.detail < (16 if bold else 5)) & (gradient < (20 if bold else 6.5))
    plausible = smooth & ((excess_green(view) < 0.16) | aurora) & (row_numbers(view) < 0.8 * height)
    sky = _reaching_top(plausible)
    if sky.mean() < 0.02 or not (named or _sky_coloured(view, sky, indoor)):
        return np.zeros_like(sky)
    if aurora:
        return _without_dark(view, sky & (row_numbers(view) < 0.55 * height))
    sky = _without_dark(view, sky)
    if sky.mean() < 0.02:
        return np.zeros_like(sky)
    sky = _grow_by_colour(view, sky)
    water_named = bool(looked_for & {"waves", "ripples", "flow", "glints"})
    return _fill_clouds(view, _without_rooted(view, _continued(view, sky, water_named)))


def _reaching_top(mask: Bools) -> Bools:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    touching = np.unique(labels[: max(2, len(mask) // 30)])
    kept = [i for i in touching if i > 0 and stats[i, cv2.CC_STAT_AREA] > 0.004 * labels.size]
    return np.asarray(np.isin(labels, kept), dtype=bool)


def _continued(view: View, sky: Bools, water_named: bool) -> Bools:
    """Follow the sky's colour past hard-edged clouds, down to the horizon where the sea has that colour too."""
    height = len(sky)
    blueness = blueness_of(view)
    pure = (blueness > 0.3) & (view.detail < 11)
    least = min(0.15, float(np.median(blueness[sky])))
    alike = (blueness >= least) & (view.detail < 6) & near_sky_colour(view, sky)
    candidate = sky | _without_dark(view, sky | ((pure | alike) & (row_numbers(view) < 0.8 * height)))
    bridged = cv2.morphologyEx(candidate.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)) > 0
    reached = candidate & _reaching_top(bridged)
    if water_named or reached[round(0.62 * height) :].mean() > 0.05:
        reached &= row_numbers(view) < waterline(view)
    # Clouds are what has sky above and, not far down, below it; a mountain has none below.
    above = np.maximum.accumulate(reached, axis=0)
    below = np.zeros_like(reached)
    for shift in range(1, max(3, height // 5), 2):
        below[:-shift] |= reached[shift:]
    bright = view.light > 0.7 * float(np.median(view.light[sky]))
    between = above & below & bright & (excess_green(view) < 0.12)
    return np.asarray(reached | between, dtype=bool)


def _without_dark(view: View, sky: Bools) -> Bools:
    """Drop what is far darker than the sky around it: unlit walls, towers and hills can be as smooth as it."""
    return np.asarray(sky & (view.light > 0.6 * _local_light(view, sky)), dtype=bool)


def _without_rooted(view: View, sky: Bools) -> Bools:
    """Drop what is darker than the sky around it and hangs together with the ground: towers, crowns, ridges."""
    level = _local_light(view, sky)
    solid = ~sky | (view.light < 0.8 * level)
    _, labels = cv2.connectedComponents(solid.astype(np.uint8), connectivity=4)
    lowest = labels[round(0.9 * len(labels)) :]
    rooted = np.isin(labels, np.unique(lowest[lowest > 0]))
    return np.asarray(sky & ~rooted, dtype=bool)


def _local_light(view: View, sky: Bools) -> Field:
    weight = sky.astype(np.float32)
    spread = 0.12 * max(sky.shape)
    level = cv2.GaussianBlur(view.light * weight, (0, 0), spread) / (
        cv2.GaussianBlur(weight, (0, 0), spread) + 1e-3
    )
    return np.asarray(level, dtype=np.float32)


def _sky_coloured(view: View, sky: Bools, indoor: bool) -> bool:
    """A wall can be as smooth as the sky: without a word for it, it must be blue or bright; indoors, very blue."""
    red, _, blue = (float(np.median(view.rgb[..., i][sky])) for i in range(3))
    light = float(np.median(view.light[sky]))
    outside = float(view.light[~sky].mean()) if (~sky).any() else 0.0
    if indoor:
        return blue > red + 30 and float(sky.mean()) > 0.1
    return blue > red + 6 or light > 150 or light > outside + 40


def _grow_by_colour(view: View, sky: Bools) -> Bools:
    """Let cut decide the rim and the gaps between branches, from colours of what is surely sky and surely not."""
    height, width = sky.shape
    marks = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
    inner = cv2.erode(sky.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    rows = row_numbers(view)
    lowest = rows[sky].max()
    marks[sky] = cv2.GC_PR_FGD
    marks[inner] = cv2.GC_FGD
    marks[(rows > lowest + 3) | (excess_green(view) > 0.22)] = cv2.GC_BGD
    if not (marks == cv2.GC_BGD).any() or not inner.any():
        return sky
    cv2.setRNGSeed(7)
    inside, outside = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(view.rgb.astype(np.uint8), marks, (0, 0, 1, 1), inside, outside, 3, cv2.GC_INIT_WITH_MASK)
    cut = (marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD)
    # Gaps in a canopy are as bright as the sky; what is darker than its darkest tenth is hair, trunk or roof.
    bright = view.light > np.quantile(view.light[sky], 0.1) - 6
    return np.asarray(sky | (cut & bright & (rows < lowest)), dtype=bool)


def _fill_clouds(view: View, sky: Bools) -> Bools:
    """Add islands that are bright, soft or long and level: clouds, sun, moon. Birds are sharp, trees are rooted."""
    if not sky.any():
        return sky
    outside = (~sky).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(outside, connectivity=4)
    filled = sky.copy()
    typical = float(np.median(view.light[sky]))
    sharpness = np.hypot(view.edges_x, view.edges_y)
    for i in range(1, count):
        left, top, width, height, area = stats[i]
        inside = top > 0 and top + height < 0.75 * sky.shape[0] and area < 0.12 * sky.size
        light = float(view.light[labels == i].mean())
        bright = left > 0 and left + width < sky.shape[1] and light > typical - 12
        level = width > 1.8 * height and area > 0.0005 * sky.size and light > 0.62 * typical
        soft = area > 0.0005 * sky.size and float(sharpness[labels == i].mean()) < 4
        if inside and (bright or level or soft):
            filled |= labels == i
    return filled
