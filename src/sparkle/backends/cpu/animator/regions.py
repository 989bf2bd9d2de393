"""Where things are in any still picture: sky, water, plants, cloth, flames, lamps, by colour, texture and position.

These are heuristics on a picture of at most 320 pixels; words of the caption decide which of the doubtful ones to
look for. The maps are soft, and where nothing is found they are empty: nothing moves that was not found.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

import cv2
import numpy as np

from sparkle.backends.cpu.animator.find_ground import (
    find_curtains,
    find_flags,
    find_plants,
    find_water,
    grassy,
)
from sparkle.backends.cpu.animator.find_lights import find_lights
from sparkle.backends.cpu.animator.find_sky import find_sky
from sparkle.backends.cpu.animator.noise import Field, smoothstep
from sparkle.backends.cpu.animator.view import Bools, View, blueness_of, measure, row_numbers
from sparkle.painter import Kind, Painted
from sparkle.roles import Image


@dataclass(frozen=True, slots=True)
class Regions:
    """Soft maps float32 (H, W) in [0, 1] of the picture's size; `horizon` is the row where the sky ends, in pixels;
    `brightness` the mean light in [0, 1]; `daylight` a bright blue sky, `dark_sky` a night sky; `rigid` is what
    nothing may displace, `smoke` what rises and `fall` water that falls, where that is known."""

    sky: Field
    water: Field
    foliage: Field
    grass: Field
    cloth: Field
    flame: Field
    lamp: Field
    horizon: float
    brightness: float
    daylight: bool
    dark_sky: bool
    rigid: Field | None = None
    smoke: Field | None = None
    fall: Field | None = None

    @property
    def night(self) -> bool:
        """Whether the picture is dark enough for lights to glow."""
        return self.brightness < 0.36

    @property
    def dim(self) -> bool:
        """Whether lamps could be seen at all: evening, indoors, overcast."""
        return self.dark_sky or (self.brightness < 0.47 and not self.daylight)


def find_regions(image: Image, looked_for: Set[str], indoor: bool) -> Regions:
    """Find the regions of `image`; `looked_for` are kinds of motion that the caption names."""
    height = image.shape[0]
    view = measure(image)
    sky = find_sky(view, indoor, looked_for)
    horizon = _horizon_of(sky)
    water = find_water(view, sky, horizon, bool(looked_for & {"waves", "ripples", "flow", "glints"}))
    plants = find_plants(view, sky, water, looked_for, indoor)
    ground = row_numbers(view) > horizon
    grass = plants & ground & grassy(view, plants, "grass" in looked_for)
    cloth = np.zeros_like(sky)
    if "curtains" in looked_for:
        cloth |= find_curtains(view, plants | sky)
    if "flags" in looked_for:
        cloth |= find_flags(view, plants | sky)
    flame, lamp = find_lights(view, sky, cloth)
    scale = height / sky.shape[0]
    return Regions(
        sky=_refined_matte(image, sky),
        water=_soft(water, image, 0.004),
        foliage=_soft(plants & ~grass, image, 0.006),
        grass=_soft(grass, image, 0.006),
        cloth=_soft(cloth, image, 0.006),
        flame=_soft(flame, image, 0.004),
        lamp=_soft(lamp, image, 0.004),
        horizon=float(horizon * scale),
        brightness=float(view.light.mean() / 255),
        daylight=_is_daylight(view, sky),
        dark_sky=sky.mean() > 0.02 and float(np.median(view.light[sky])) < 80,
    )


def painted_regions(image: Image, painted: Painted) -> Regions:
    """The regions of a painting, as its painter knows them."""
    view, plan = measure(image), painted.plan
    shown = {kind: painted.share(kind) for kind in Kind}
    sky = cv2.resize(shown[Kind.SKY], view.light.shape[::-1], interpolation=cv2.INTER_AREA) > 0.5
    return Regions(
        sky=shown[Kind.SKY],
        water=shown[Kind.WATER],
        foliage=shown[Kind.FOLIAGE],
        grass=shown[Kind.GRASS],
        cloth=shown[Kind.CLOTH],
        flame=shown[Kind.FLAME],
        lamp=shown[Kind.LIGHT],
        horizon=_horizon_of(sky) * image.shape[0] / sky.shape[0],
        brightness=float(view.light.mean() / 255),
        daylight=plan.time in ("day", "golden") and bool(sky.mean() > 0.005),
        dark_sky=plan.time in ("dusk", "night") or bool(sky.mean() < 0.005),
        rigid=painted.share(Kind.SOLID, Kind.LIGHT),
        smoke=shown[Kind.SMOKE],
        fall=shown[Kind.FALL],
    )


def _is_daylight(view: View, sky: Bools) -> bool:
    """A bright blue sky."""
    if sky.mean() < 0.02:
        return False
    return bool(np.median(view.light[sky]) > 120 and np.median(blueness_of(view)[sky]) > 0.15)


def _horizon_of(sky: Bools) -> float:
    """The row under which the picture is ground: median over columns of the lowest sky, or the upper third."""
    height = len(sky)
    if sky.mean() < 0.02:
        return 0.35 * float(height)
    columns = sky.any(axis=0)
    lowest = height - 1 - np.argmax(sky[::-1], axis=0)
    return float(np.quantile(lowest[columns], 0.6))


def _soft(mask: Bools, image: Image, feather: float) -> Field:
    """Bring a small mask to the picture's size with a soft rim; `feather` is a share of the longer side."""
    height, width = image.shape[:2]
    large = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(
        cv2.GaussianBlur(large, (0, 0), max(0.6, feather * max(height, width))), dtype=np.float32
    )


def _refined_matte(image: Image, mask: Bools) -> Field:
    """A matte that follows the picture's own edges: leaves and spires against the sky (guided filter)."""
    soft = _soft(mask, image, 0.002)
    if not mask.any():
        return soft
    radius = max(2, round(0.008 * max(image.shape[:2])))
    guide = image.astype(np.float32) / 255
    matte = cv2.ximgproc.guidedFilter(guide, soft, radius, 1e-3)
    return smoothstep(0.12, 0.88, np.clip(matte, 0, 1))
