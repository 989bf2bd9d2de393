"""Drifting clouds and auroras: the sky's detail moves behind everything, its glow, sun and gradient stay."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.backends.cpu.animator.drift import drifting
from sparkle.backends.cpu.animator.layers import Layer, Moment
from sparkle.backends.cpu.animator.noise import (
    Field,
    fractal_noise,
    smoothstep,
    travelling_waves,
    whole_cycles,
)
from sparkle.backends.cpu.animator.scenery import Scenery, filled
from sparkle.roles import Image

# Seconds after which a drifting sky has dissolved back into itself: longer loops drift several times.
DRIFT_SECONDS = 9.0


def drift_clouds(scenery: Scenery, strength: float) -> Layer:
    """Clouds pass along the wind, the higher the faster, and dissolve patch by patch into the sky they came from.

    Two copies of the sky's detail are shown, one running a loop behind the other, so that the loop closes; each
    patch changes over at its own time, which reads as clouds that form and thin out.
    """
    rows = _sky_rows(scenery)
    detail = np.zeros((scenery.height, scenery.width, 3), np.float32)
    detail[:rows] = _drifting_detail(scenery, rows, veil=0.4 + strength)
    loops = max(1, round(scenery.duration / DRIFT_SECONDS))
    above = 1 - np.clip(np.arange(rows, dtype=np.float32) / max(scenery.regions.horizon, 1.0), 0, 1)
    speed = scenery.size * (0.011 + 0.027 * strength) * (0.35 + 0.65 * above)
    travel = np.repeat((scenery.wind * speed * scenery.duration / loops)[:, None], scenery.width, axis=1)
    random = scenery.random("clouds")
    drift = drifting(random, detail[:rows], travel, np.zeros_like(travel), 0.3 * scenery.size)

    def layer(canvas: Field, moment: Moment) -> None:
        moved = drift.at((moment.phase * loops) % 1.0)
        visible = moment.warp(scenery.regions.sky)[:rows, :, None]
        canvas[:rows] += visible * (moved - moment.warp(detail)[:rows])

    return layer


def dance_aurora(scenery: Scenery, strength: float) -> Layer:
    """Curtains of light that brighten and wander over a dark sky, as a change of what is painted there."""
    random = scenery.random("aurora")
    x, y = scenery.grid
    cycles, share = whole_cycles(0.25 + 0.3 * strength, scenery.duration)
    waves = travelling_waves(random, (x, 0.15 * y), 0.3 * scenery.size, 0.0, 0.3, cycles, 6)
    fine = travelling_waves(random, (x, 0.05 * y), 0.06 * scenery.size, 0.0, 0.3, 2 * cycles, 6)
    red, green, blue = (scenery.small(part) for part in cv2.split(scenery.image.astype(np.float32)))
    colourful = smoothstep(0.05, 0.5, np.abs(2 * green - red - blue) / np.maximum(green, 30))
    sky = scenery.small(scenery.regions.sky) * cv2.GaussianBlur(colourful, (0, 0), 3)
    amount = sky * (0.10 + 0.16 * strength) * share

    def layer(canvas: Field, moment: Moment) -> None:
        glow = amount * (waves.change(moment.phase) + 0.5 * fine.change(moment.phase))
        canvas *= scenery.large(np.clip(1 + glow, 0.3, 2.0).astype(np.float32))[..., None]

    return layer


def _sky_rows(scenery: Scenery) -> int:
    covered = np.flatnonzero((scenery.regions.sky > 0.02).any(axis=1))
    return int(covered[-1]) + 1 if len(covered) else 1


def _drifting_detail(scenery: Scenery, rows: int, veil: float) -> Field:
    """The part of the sky that drifts, float32 (rows, W, 3) around zero: not its gradient, glow, sun, moon or stars.

    A sky that has next to none gets faint streaks, `veil` strong, or nothing would be seen to drift.
    """
    matte = scenery.regions.sky[:rows]
    # Well inside: nothing of a roof's or crown's rim may come along with the clouds.
    margin = 2 * round(0.006 * scenery.size) + 1
    certain = cv2.erode(smoothstep(0.9, 1.0, matte), np.ones((margin, margin), np.uint8))
    certain = certain * (1 - _thin_things(scenery.image[:rows]))
    sky = filled(scenery.image[:rows].astype(np.float32), certain)
    if scenery.regions.night:
        sky = cv2.medianBlur(np.clip(sky, 0, 255).astype(np.uint8), 5).astype(np.float32)
    glow = cv2.GaussianBlur(sky, (0, 0), 0.11 * scenery.size)
    detail = (sky - glow) * (1 - _sun_and_moon(sky, scenery.size))[..., None]
    lively = (
        float(np.abs(detail[matte > 0.5] - np.median(detail[matte > 0.5], axis=0)).mean())
        if (matte > 0.5).any()
        else 0
    )
    if veil > 0 and lively < 5:
        detail += _thin_clouds(scenery, rows, sky) * veil * (1 - lively / 5)
    return np.asarray(detail, dtype=np.float32)


def _thin_things(image: Image) -> Field:
    """A mask of masts, wires, birds and spires: narrow and of strong contrast, whatever is behind them."""
    light = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    kernel = np.ones((11, 11), np.uint8)
    contrast = np.maximum(
        cv2.morphologyEx(light, cv2.MORPH_BLACKHAT, kernel), cv2.morphologyEx(light, cv2.MORPH_TOPHAT, kernel)
    )
    return np.asarray(
        cv2.dilate((contrast > 30).astype(np.float32), np.ones((5, 5), np.uint8)), dtype=np.float32
    )


def _thin_clouds(scenery: Scenery, rows: int, sky: Field) -> Field:
    """Faint streaks for an empty sky, no brighter than the light of the picture."""
    noise = fractal_noise(scenery.random("veil"), rows * 3, scenery.width, 0.35 * scenery.size, 5)
    streaks = cv2.resize(noise, (scenery.width, rows), interpolation=cv2.INTER_AREA) - 0.5
    towards = np.clip(scenery.light_colour - sky.mean(axis=(0, 1)), 8, 60)
    return np.asarray(0.35 * streaks[..., None] * towards, dtype=np.float32)


def _sun_and_moon(sky: Field, size: float) -> Field:
    """A soft mask of round, compact, glaring discs with their glow."""
    small = (
        cv2.resize(sky, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        if min(sky.shape[:2]) > 32
        else sky
    )
    light = small.mean(axis=2)
    glaring = (light > max(200.0, float(np.quantile(light, 0.97)))).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(glaring, connectivity=8)
    mask = np.zeros(light.shape, np.float32)
    for label, (_, _, width, height, area) in enumerate(stats[1:], start=1):
        compact = area > 0.6 * width * height and 0.6 < width / height < 1.7
        if compact and area > 12 and max(width, height) < 0.12 * size:
            reach = 2 * round(0.6 * max(width, height)) + 3
            kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
            mask = np.maximum(mask, cv2.dilate((labels == label).astype(np.float32), kernel))
    mask = cv2.GaussianBlur(mask, (0, 0), max(1.0, 0.008 * size))
    return np.asarray(cv2.resize(mask, (sky.shape[1], sky.shape[0])), dtype=np.float32)
