"""Says in words what was measured in a picture: light, colours, detail, what kind of place it may be.

A heuristic: it knows nothing of things, so it names none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.roles import Image
from sparkle.words.phrases import listing, sentence, with_article

WIDTH = 160
# Hue limits in OpenCV's half degrees; a pixel of little saturation is black, grey or white instead.
HUES = ((10, "red"), (22, "orange"), (34, "yellow"), (85, "green"), (100, "turquoise"), (130, "blue"))
LATER_HUES = ((150, "purple"), (170, "pink"), (181, "red"))
LEAST_SHARE = 0.12
MOST_COLOURS = 3


@dataclass(frozen=True, slots=True)
class Look:
    """What was measured: `brightness` and `contrast` in [0, 1], `warmth` (red minus blue) in [-1, 1].

    `busyness` is the share of pixels on edges, `sky_share` that of the top third that is smooth, light and
    blue or white, `green_share` that of green pixels; `colours` are the most frequent ones, the first one
    first.
    """

    brightness: float
    contrast: float
    warmth: float
    busyness: float
    sky_share: float
    green_share: float
    colours: tuple[str, ...]


def measure_look(picture: Image) -> Look:
    """Measure (H, W, 3) uint8 RGB."""
    height = max(8, round(WIDTH * picture.shape[0] / picture.shape[1]))
    small = cv2.resize(picture, (WIDTH, height), interpolation=cv2.INTER_AREA)
    hsv = cv2.cvtColor(small, cv2.COLOR_RGB2HSV)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    edges = cv2.Canny(grey, 60, 140) > 0
    names = _colour_names(hsv)
    third = height // 3
    airy = (hsv[..., 2] > 140) & np.isin(names, ("blue", "turquoise", "white", "grey"))
    near_edge = cv2.dilate(edges.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    red, _, blue = (float(value) / 255 for value in small.reshape(-1, 3).mean(axis=0))
    return Look(
        brightness=float(grey.mean()) / 255,
        contrast=float(grey.std()) / 128,
        warmth=red - blue,
        busyness=float(edges.mean()),
        sky_share=float((airy & ~near_edge)[:third].mean()),
        green_share=float((names == "green").mean()),
        colours=_main_colours(names),
    )


def describe_scene(picture: Image) -> str:
    """Return a sentence such as "A dim scene of soft contrast, mostly blue and black, cool in tone; ..."."""
    look = measure_look(picture)
    light = _word(look.brightness, ((0.18, "very dark"), (0.35, "dim"), (0.6, "evenly lit"), (2, "bright")))
    contrast = _word(look.contrast, ((0.3, "soft"), (0.6, "medium"), (9, "strong")))
    tone = _word(look.warmth, ((-0.05, "cool"), (0.05, "neutral"), (9, "warm")))
    detail = _word(look.busyness, ((0.04, "smooth"), (0.12, "moderately detailed"), (9, "busy")))
    seen = f"{with_article(f'{light} scene')} of {contrast} contrast, mostly {listing(list(look.colours))}"
    return sentence(f"{seen}, {tone} in tone; its surfaces are {detail}") + f" {_place(look)}"


def _place(look: Look) -> str:
    if look.sky_share > 0.35:
        return f"It may be outdoors: {look.sky_share:.0%} of the upper third is as smooth and light as a sky."
    if look.green_share > 0.3:
        return f"It may be outdoors: {look.green_share:.0%} of the picture is green."
    return f"It may be indoors: {look.sky_share:.0%} of the upper third looks like sky."


def _colour_names(hsv: NDArray[Any]) -> NDArray[np.str_]:
    hue, saturation, value = (hsv[..., channel].astype(int) for channel in range(3))
    names = np.full(hue.shape, "red", dtype="<U9")
    for limit, name in reversed(HUES + LATER_HUES):
        names[hue < limit] = name
    warm = np.isin(names, ("red", "orange", "yellow"))
    names[warm & (value < 150) & (saturation > 60)] = "brown"
    names[saturation < 40] = "grey"
    names[(saturation < 40) & (value > 200)] = "white"
    names[value < 45] = "black"
    return names


def _main_colours(names: NDArray[np.str_]) -> tuple[str, ...]:
    found, counts = np.unique(names, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    main = [str(found[index]) for index in order if counts[index] >= LEAST_SHARE * names.size]
    return tuple(main[:MOST_COLOURS]) or (str(found[order[0]]),)


def _word(value: float, limits: tuple[tuple[float, str], ...]) -> str:
    return next(word for limit, word in limits if value < limit)
