"""Where water, plants and cloth are."""

from __future__ import annotations

from collections.abc import Set

import cv2
import numpy as np

from sparkle.backends.cpu.animator.view import (
    Bools,
    View,
    blueness_of,
    excess_green,
    large_parts,
    near_sky_colour,
    opened,
    parts_between,
    row_numbers,
    waterline,
)


def find_water(view: View, sky: Bools, horizon: float, named: bool) -> Bools:
    """Blue, or of the sky's own colour, below the horizon, with more level edges than upright ones."""
    height = len(sky)
    below = (row_numbers(view) > max(horizon, waterline(view) if named else 0) - 2) & ~sky
    across = cv2.GaussianBlur(np.abs(view.edges_x), (0, 0), 5)
    level = cv2.GaussianBlur(np.abs(view.edges_y), (0, 0), 5) / (across + 0.5)
    green = excess_green(view)
    blue = (blueness_of(view) > 0.12) & (green < 0.3)
    candidate = below & blue & (view.light > 12)
    if named:
        # Wet sand mirrors the sky's colour and has no ripples.
        like_sky = near_sky_colour(view, sky) & (level > 1.15) & (green < 0.15) & (view.detail > 4)
        foam = (view.light > 170) & (view.saturation < 0.2) & (level > 0.9)
        near_blue = cv2.dilate(candidate.astype(np.uint8), np.ones((1 + height // 8 * 2, 9), np.uint8)) > 0
        candidate |= below & (like_sky | (foam & near_blue))
    candidate = opened(candidate, 2)
    closed = cv2.morphologyEx(candidate.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 15), np.uint8)) > 0
    candidate = closed & below & (green < 0.3)
    smallest = 0.004 if named else 0.03
    kept = large_parts(candidate, smallest)
    unlikely = (
        not named
        and kept.any()
        and (level[kept].mean() < 1.2 or row_numbers(view)[kept].mean() < 0.6 * height)
    )
    return np.zeros_like(sky) if unlikely else kept


# In a picture darker than this (mean of 255), green is more often a light than a leaf.
DARK = 88
PLANT_WORDS = frozenset({"grass", "foliage", "petals", "leaves"})


def find_plants(view: View, sky: Bools, water: Bools, looked_for: Set[str], indoor: bool) -> Bools:
    """Textured areas of a plant's colour, without long straight lines: no facade, no shelf."""
    # Lamplight is yellow: without a word for plants, what has more red than green is none.
    named = bool(looked_for & PLANT_WORDS)
    green = (excess_green(view) > 0.09) & (named | (view.rgb[..., 1] > view.rgb[..., 0]))
    plants = (view.detail > 3.2) & green
    if looked_for & PLANT_WORDS and not indoor:
        plants |= (view.detail > 3.0) & _doubtful_colours(view, looked_for)
    if looked_for & (PLANT_WORDS - {"grass"}) and not indoor:
        plants |= _silhouettes(view, sky)
    plants &= ~sky & ~water
    solid = cv2.dilate((view.lines & ~green).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    plants = opened(plants & ~solid, 1)
    plants = cv2.morphologyEx(plants.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)) > 0
    if not named and view.light.mean() < DARK:
        return np.zeros_like(sky)
    least = 0.0015 if named else 0.06 if indoor else 0.006
    return large_parts(plants & ~sky & ~water, least)


def _doubtful_colours(view: View, looked_for: Set[str]) -> Bools:
    """Straw, blossom and autumn colours, which are plants only where the words speak of plants."""
    earthen = 18 if "grass" in looked_for else 34
    colours = (view.hue > earthen) & (view.hue < 70) & (view.saturation > 0.22) & (view.light > 45)
    # Beside named water, what is pink or sunlit is its glitter.
    if looked_for & (PLANT_WORDS - {"grass"}) and not looked_for & {"waves", "ripples", "glints"}:
        pink = ((view.hue > 300) | (view.hue < 14)) & (view.saturation > 0.1) & (view.light > 90)
        sunlit = (view.hue < 50) & (view.light > 172)
        colours |= pink | sunlit
    if "grass" in looked_for:
        frosted = (view.saturation < 0.3) & (view.light > 150) & (view.detail > 4.5)
        colours |= frosted & (row_numbers(view) > 0.5 * len(colours))
    return np.asarray(colours, dtype=bool)


def _silhouettes(view: View, sky: Bools) -> Bools:
    """Dark crowns against the sky: a ragged rim, no straight lines."""
    if not sky.any():
        return np.zeros_like(sky)
    height = sky.shape[0]
    dark = ~sky & (view.light < 0.5 * float(np.median(view.light[sky])))
    reach = max(3, height // 9) | 1
    near = cv2.dilate(sky.astype(np.uint8), np.ones((reach, reach // 2 | 1), np.uint8)) > 0
    ragged = cv2.GaussianBlur((np.hypot(view.edges_x, view.edges_y) > 6).astype(np.float32), (0, 0), 4) > 0.1
    return np.asarray(dark & near & ragged, dtype=bool)


def grassy(view: View, plants: Bools, named: bool) -> Bools:
    """Green (or, where grass is named, straw) that reaches down to the picture's foot without much between."""
    height = plants.shape[0]
    straw = (view.hue > 18) & (view.hue < 70)
    frosted = (view.saturation < 0.3) & (view.light > 110)
    colour = (excess_green(view) > 0.09) | (named & (straw | frosted))
    colour = cv2.blur((colour & plants).astype(np.float32), (9, 9)) > 0.3 * cv2.blur(
        plants.astype(np.float32), (9, 9)
    )
    from_foot = np.flip(np.cumsum(np.flip(~plants, axis=0), axis=0), axis=0)
    return np.asarray(colour & (from_foot < 0.35 * height) & (row_numbers(view) > 0.42 * height), dtype=bool)


def find_curtains(view: View, taken: Bools) -> Bools:
    """Pale cloth with folds that hang or billow: steady upright edges, no level ones, no fine pattern."""
    size = max(view.light.shape)
    xx, yy, xy = (
        cv2.GaussianBlur(product, (0, 0), 0.02 * size)
        for product in (view.edges_x**2, view.edges_y**2, view.edges_x * view.edges_y)
    )
    steadiness = np.hypot(xx - yy, 2 * xy) / (xx + yy + 4)
    upright = xx > 1.1 * yy
    pale = (view.saturation < 0.62) & (view.light > max(38.0, 0.9 * float(np.median(view.light))))
    folds = cv2.blur(((steadiness > 0.45) & upright & pale).astype(np.float32), (9, 9)) > 0.5
    closed = cv2.morphologyEx(folds.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((11, 9), np.uint8)) > 0
    parts = large_parts(opened(closed & pale & ~taken, 2), 0.006)
    return parts if parts.mean() < 0.35 else np.zeros_like(parts)


def find_flags(view: View, taken: Bools) -> Bools:
    """Plain saturated patches off the floor."""
    height = view.light.shape[0]
    plain = (
        (view.saturation > 0.55) & (view.light > 50) & (view.detail < 5) & (row_numbers(view) < 0.65 * height)
    )
    closed = cv2.morphologyEx(plain.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)) > 0
    return parts_between(opened(closed & ~taken, 1), 0.0008, 0.05)
