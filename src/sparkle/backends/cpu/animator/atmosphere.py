"""Air: drifting mist, rising smoke, slow light shafts, shadows of leaves that play on the ground."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.backends.cpu.animator.drift import Drift, drifting
from sparkle.backends.cpu.animator.layers import Gain, Layer, Moment
from sparkle.backends.cpu.animator.noise import (
    Field,
    fractal_noise,
    smoothstep,
    travelling_waves,
    whole_cycles,
)
from sparkle.backends.cpu.animator.scenery import Scenery


def drift_mist(scenery: Scenery, strength: float) -> Layer:
    """Banks of mist pass along the ground, densest around the horizon; they thin where they leave."""
    _, y = scenery.grid
    rise = (y - scenery.regions.horizon) / scenery.height
    density = np.exp(-((rise - 0.05) ** 2) / np.where(rise < 0.05, 0.015, 0.16)).astype(np.float32)
    banks = _banks(scenery, "mist", travel=(scenery.wind * (0.02 + 0.035 * strength), 0.0), stretch=2.4)
    return _veil(scenery, banks, density * (0.35 + 0.5 * strength), _haze_colour(scenery))


def rise_smoke(scenery: Scenery, strength: float) -> Layer:
    """Smoke or steam climbs from flames where there are any, else from the ground."""
    y = scenery.grid[1]
    flame = scenery.small(scenery.regions.flame)
    if float(flame.max()) > 0.3:
        tall = max(3, round(0.3 * scenery.size / scenery.step))
        source = cv2.blur(cv2.copyMakeBorder(flame, 0, tall, 0, 0, cv2.BORDER_CONSTANT, value=0), (5, tall))
        plume = cv2.GaussianBlur(
            source[tall // 2 :][: len(flame)], (0, 0), 0.02 * scenery.size / scenery.step
        )
        density = np.clip(plume / max(float(plume.max()), 1e-6), 0, 1)
    else:
        density = 0.8 * smoothstep(0.0, 0.5, scenery.nearness(y)) * (1 - 0.5 * scenery.nearness(y))
    wisps = _banks(
        scenery, "smoke", travel=(0.2 * scenery.wind * 0.05, -(0.03 + 0.05 * strength)), stretch=0.7
    )
    return _veil(scenery, wisps, density * (0.2 + 0.4 * strength), 0.7 * _haze_colour(scenery) + 20)


def _banks(scenery: Scenery, name: str, travel: tuple[float, float], stretch: float) -> Drift:
    random = scenery.random(name)
    rows, columns = scenery.grid[0].shape
    texture = fractal_noise(random, round(rows * stretch), columns, 0.4 * columns, 5)
    texture = smoothstep(0.15, 0.8, cv2.resize(texture, (columns, rows), interpolation=cv2.INTER_AREA))
    across, down = (share * scenery.size / scenery.step * scenery.duration for share in travel)
    ones = np.ones_like(texture)
    return drifting(random, texture, across * ones, down * ones, 0.35 * columns)


def _veil(scenery: Scenery, banks: Drift, amount: Field, colour: Field) -> Layer:
    """Lay the banks over the canvas, less a part of those that the picture shows already at phase 0."""

    def layer(canvas: Field, moment: Moment) -> None:
        change = amount * (banks.at(moment.phase) - 0.3 * banks.texture)
        cover = scenery.large(np.where(change < 0, 0.6 * change, change).astype(np.float32))[..., None]
        canvas += cover * (colour - canvas)

    return layer


def _haze_colour(scenery: Scenery) -> Field:
    """The colour of distance: that of the sky over the horizon, or of the brighter half of the picture, paled."""
    sky = scenery.regions.sky > 0.8
    row = np.arange(scenery.height)[:, None]
    low_sky = sky & (row > scenery.regions.horizon - 0.15 * scenery.height)
    light = scenery.image.astype(np.float32).mean(axis=2)
    chosen = low_sky if low_sky.mean() > 0.005 else light >= np.quantile(light, 0.6) - 0.01
    colour = scenery.image[chosen].astype(np.float32).mean(axis=0)
    # Mist scatters what light there is: it is brighter than the dark that it hides.
    paled = 0.75 * colour + 0.25 * colour.mean() + 10
    return np.asarray(
        paled * max(1.0, (1.2 * light.mean() + 50) / max(float(paled.mean()), 1.0)), dtype=np.float32
    )


def light_shafts(scenery: Scenery, strength: float) -> Layer:
    """Rays that fan out from above the brightest part of the upper picture, some waxing while others wane."""
    x, y = scenery.grid
    source_x, source_y = _light_source(scenery)
    # The rays meet outside the picture: the place where they cross is never seen.
    height = y - min(source_y, 0.0) + 0.45 * scenery.height
    bearing = np.arctan2(x - source_x, height).astype(np.float32)
    distance = np.hypot(x - source_x, y - source_y) / scenery.size
    cycles, share = whole_cycles(0.25 + 0.2 * strength, scenery.duration)
    rays = travelling_waves(scenery.random("shafts"), (bearing, np.zeros_like(x)), 0.2, 0.0, 0.1, cycles, 7)
    light = cv2.GaussianBlur(scenery.small(scenery.image.astype(np.float32).mean(axis=2)), (0, 0), 5) / 255
    lit = (0.15 + 0.85 * light) * (1 - 0.75 * scenery.small(scenery.regions.sky))
    amount = (np.exp(-1.3 * distance) * lit * (0.06 + 0.10 * strength) * share).astype(np.float32)
    colour = np.clip(scenery.light_colour, 90, 255)

    def layer(canvas: Field, moment: Moment) -> None:
        glow = scenery.large((amount * rays.change(moment.phase)).astype(np.float32))
        canvas += glow[..., None] * colour * (1.1 - canvas / 255)

    return layer


def _light_source(scenery: Scenery) -> tuple[float, float]:
    light = scenery.small(scenery.image.astype(np.float32).mean(axis=2))
    upper = cv2.GaussianBlur(light, (0, 0), 6)[: max(1, len(light) // 2)]
    row, column = np.unravel_index(int(np.argmax(upper)), upper.shape)
    return float(column * scenery.step), float(row * scenery.step)


def play_of_shadows(scenery: Scenery, strength: float) -> Gain:
    """Soft patches of light and shade that wander to and fro over everything but the sky."""
    x, y = scenery.grid
    random = scenery.random("shadows")
    near = 0.35 + 0.65 * scenery.nearness(y)
    ground = ((x - scenery.width / 2) / near, 0.7 * scenery.size / near)
    cycles, share = whole_cycles(0.4 + 0.4 * strength, scenery.duration)
    patches = travelling_waves(random, ground, 0.12 * scenery.size, 0.0, 3.1, cycles, 10)
    amount = (1 - scenery.small(scenery.regions.sky)) * (0.014 + 0.034 * strength) * share
    return lambda phase: np.asarray(1 + amount * patches.change(phase), dtype=np.float32)


def shadows_of_clouds(scenery: Scenery, strength: float) -> Gain:
    """Broad, soft shadows that pass with the wind over everything but the sky."""
    x, y = scenery.grid
    near = 0.35 + 0.65 * scenery.nearness(y)
    ground = ((x - scenery.width / 2) / near, 0.7 * scenery.size / near)
    cycles, share = whole_cycles(0.2, scenery.duration)
    direction = 0.0 if scenery.wind > 0 else np.pi
    waves = travelling_waves(
        scenery.random("clouds' shadows"), ground, 0.7 * scenery.size, direction, 0.5, cycles, 5
    )
    amount = (1 - scenery.small(scenery.regions.sky)) * (0.03 + 0.06 * strength) * share
    return lambda phase: np.asarray(1 + amount * waves.change(phase), dtype=np.float32)
