"""Plants, cloth and hot air: small periodic displacements that die out at roots, trunks, rods and walls."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.backends.cpu.animator.layers import Displacement, Gain
from sparkle.backends.cpu.animator.noise import Field, smoothstep, travelling_waves, whole_cycles
from sparkle.backends.cpu.animator.scenery import Scenery


def sway_foliage(scenery: Scenery, strength: float) -> Displacement:
    """Crowns: gusts that pass along the wind bend branches, and leaves flutter on top of them."""
    random = scenery.random("foliage")
    weight = scenery.held_back(scenery.regions.foliage, 0.012) * _freedom(scenery)
    x, y = scenery.grid
    size, direction = scenery.size, 0.0 if scenery.wind > 0 else np.pi
    bend_cycles, share = whole_cycles(0.45 + 0.35 * strength, scenery.duration)
    bend = travelling_waves(random, (x, y), 0.16 * size, direction, 0.7, bend_cycles)
    nod = travelling_waves(random, (x, y), 0.12 * size, direction, 1.2, bend_cycles)
    flutter_cycles, flutter_share = whole_cycles(0.8 + 1.0 * strength, scenery.duration)
    flutter = [
        travelling_waves(random, (x, y), 0.034 * size, direction, 3.0, flutter_cycles, 9) for _ in range(2)
    ]
    gust = travelling_waves(
        random, (x, y), 0.7 * size, direction, 0.4, whole_cycles(0.22, scenery.duration)[0], 4
    )
    swing = weight * size * (0.0025 + 0.0056 * strength) * share
    tremble = weight * size * (0.0006 + 0.0010 * strength) * flutter_share

    def displacement(phase: float) -> Field:
        lull = np.clip(0.75 + 0.35 * gust.at(phase), 0.25, 1.5)
        dx = swing * lull * bend.at(phase) + tremble * lull * flutter[0].at(phase)
        dy = 0.5 * swing * lull * nod.at(phase) + tremble * lull * flutter[1].at(phase)
        return np.stack([dx, dy], axis=-1)

    return _from_start(displacement)


def sway_grass(scenery: Scenery, strength: float) -> Displacement:
    """Meadows and fields: gusts run over the ground in perspective, near blades bend farther than far ones."""
    random = scenery.random("grass")
    x, y = scenery.grid
    nearness = scenery.nearness(y)
    weight = scenery.held_back(scenery.regions.grass, 0.01) * (0.22 + 0.78 * nearness)
    ground = _ground_coordinates(scenery, x, nearness)
    size, direction = scenery.size, 0.0 if scenery.wind > 0 else np.pi
    roll_cycles, share = whole_cycles(0.4 + 0.4 * strength, scenery.duration)
    roll = travelling_waves(random, ground, 0.34 * size, direction, 0.5, roll_cycles)
    blade_cycles, blade_share = whole_cycles(0.9 + 0.9 * strength, scenery.duration)
    blades = travelling_waves(random, ground, 0.045 * size, direction, 1.0, blade_cycles, 9)
    swing = weight * size * (0.0024 + 0.0062 * strength) * share
    tremble = weight * size * (0.0005 + 0.0007 * strength) * blade_share

    def displacement(phase: float) -> Field:
        bow = roll.at(phase)
        across = swing * bow + tremble * (0.7 + 0.3 * bow) * blades.at(phase)
        return np.stack([across, 0.35 * swing * bow], axis=-1)

    return _from_start(displacement)


def wind_over_grass(scenery: Scenery, strength: float) -> Gain:
    """The bright bands that a gust draws over a field, in step with `sway_grass`."""
    random = scenery.random("grass")
    x, y = scenery.grid
    nearness = scenery.nearness(y)
    direction = 0.0 if scenery.wind > 0 else np.pi
    cycles, share = whole_cycles(0.4 + 0.4 * strength, scenery.duration)
    roll = travelling_waves(
        random, _ground_coordinates(scenery, x, nearness), 0.34 * scenery.size, direction, 0.5, cycles
    )
    # Pale ground (snow, frost) shows no such bands.
    coloured = smoothstep(0.1, 0.35, scenery.saturation)
    amount = (
        coloured
        * scenery.small(scenery.regions.grass)
        * (0.3 + 0.7 * nearness)
        * (0.02 + 0.045 * strength)
        * share
    )
    start = roll.at(0.0)
    return lambda phase: np.asarray(1 + amount * (roll.at(phase) - start), dtype=np.float32)


def sway_cloth(scenery: Scenery, strength: float) -> Displacement:
    """Curtains and flags: folds travel through the cloth, more the farther they hang from its upper rim."""
    random = scenery.random("cloth")
    x, y = scenery.grid
    region = scenery.small(scenery.regions.cloth)
    hanging = _below_rim(region, 0.3 * region.shape[0])
    weight = scenery.held_back(scenery.regions.cloth, 0.008) * hanging
    size, direction = scenery.size, 0.0 if scenery.wind > 0 else np.pi
    cycles, share = whole_cycles(0.3 + 0.5 * strength, scenery.duration)
    swing_waves = travelling_waves(random, (x, 0.35 * y), 0.3 * size, direction, 0.5, cycles, 5)
    folds = travelling_waves(random, (x, 0.3 * y), 0.07 * size, direction, 0.5, 2 * cycles, 7)
    swing = weight * size * (0.004 + 0.012 * strength) * share
    crease = weight * size * (0.0012 + 0.003 * strength) * share

    def displacement(phase: float) -> Field:
        across = swing * swing_waves.at(phase) + crease * folds.at(phase)
        return np.stack([across, 0.15 * across], axis=-1)

    return _from_start(displacement)


def heat_shimmer(scenery: Scenery, strength: float) -> Displacement:
    """Hot air over the ground: fine ripples that rise, strongest just above and below the horizon."""
    random = scenery.random("shimmer")
    x, y = scenery.grid
    from_horizon = np.abs(y - scenery.regions.horizon) / (0.16 * scenery.height)
    weight = np.exp(-(from_horizon**2)).astype(np.float32)
    cycles, share = whole_cycles(1.2 + 0.8 * strength, scenery.duration)
    size = scenery.size
    waves = [travelling_waves(random, (x, 1.6 * y), 0.04 * size, np.pi / 2, 0.5, cycles, 9) for _ in range(2)]
    amount = weight * size * (0.0005 + 0.0009 * strength) * share
    return _from_start(lambda phase: np.stack([amount * w.at(phase) for w in waves], axis=-1))


def lick_flames(scenery: Scenery, strength: float) -> Displacement:
    """Flames: their tips waver and stretch upwards while their foot stays where it burns."""
    random = scenery.random("flames")
    x, y = scenery.grid
    flame = scenery.small(scenery.regions.flame)
    blurred = cv2.GaussianBlur(flame, (0, 0), max(0.8, 0.008 * scenery.size / scenery.step))
    weight = smoothstep(0.08, 0.5, blurred) * (0.08 + 0.92 * _above_foot(flame))
    cycles, share = whole_cycles(1.5 + strength, scenery.duration)
    size = scenery.size
    waves = [travelling_waves(random, (x, 0.8 * y), 0.05 * size, np.pi / 2, 0.6, cycles, 8) for _ in range(2)]
    amount = weight * size * (0.0022 + 0.0028 * strength) * share
    return _from_start(
        lambda phase: np.stack([amount * waves[0].at(phase), 1.2 * amount * waves[1].at(phase)], axis=-1)
    )


def _from_start(displacement: Displacement) -> Displacement:
    start = displacement(0.0)
    return lambda phase: np.asarray(displacement(phase) - start, dtype=np.float32)


def _freedom(scenery: Scenery) -> Field:
    """Crowns swing farther the farther they are from anything that stands: trunks, walls, ground; 0.35 to 1."""
    fixed = scenery.small(scenery.regions.foliage) + scenery.small(scenery.regions.sky) < 0.5
    if not fixed.any():
        return np.ones_like(scenery.grid[0])
    distance = cv2.distanceTransform((~fixed).astype(np.uint8), cv2.DIST_L2, 3) * scenery.step
    return np.asarray(0.35 + 0.65 * np.clip(distance / (0.09 * scenery.size), 0, 1), dtype=np.float32)


def _ground_coordinates(scenery: Scenery, x: Field, nearness: Field) -> tuple[Field, Field]:
    """Level-ground coordinates: what is far away is small. Held above 0.25 so that far waves stay resolved."""
    scale = 0.25 + 0.75 * nearness
    return (x - 0.5 * scenery.width) / scale, 0.5 * scenery.size / scale


def _below_rim(region: Field, reach: float) -> Field:
    inside = (region > 0.3).astype(np.float32)
    depth = np.zeros_like(region)
    for row in range(1, len(region)):
        depth[row] = (depth[row - 1] + 1) * inside[row]
    return smoothstep(0.0, 1.0, cv2.GaussianBlur(depth / max(reach, 1), (0, 0), 2))


def _above_foot(region: Field) -> Field:
    inside = (region > 0.2).astype(np.float32)
    rise = np.zeros_like(region)
    for row in range(len(region) - 2, -1, -1):
        rise[row] = (rise[row + 1] + 1) * inside[row]
    tallest = max(float(rise.max()), 1.0)
    return np.asarray(np.clip(2 * cv2.GaussianBlur(rise, (0, 0), 1.5) / tallest, 0, 1), dtype=np.float32)
