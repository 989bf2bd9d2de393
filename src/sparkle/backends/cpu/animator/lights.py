"""Lights: torches and lamps flicker with their glow, neon pulses, windows and stars twinkle each at its own time."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.animator.layers import Gain, Layer, Moment
from sparkle.backends.cpu.animator.noise import Field, travelling_waves, whole_cycles
from sparkle.backends.cpu.animator.scenery import Scenery

LIGHT_GROUPS = 6
TWINKLE_GROUPS = 24
LARGEST_POINT = 0.0008  # share of the picture


def flicker(scenery: Scenery, strength: float, name: str) -> Gain:
    """Each light and what it shines on grow brighter and dimmer together; `name` is "flames" or "lamps"."""
    random = scenery.random(name)
    glows = _glows(scenery, scenery.regions.flame if name == "flames" else scenery.regions.lamp)
    rate, depth = (2.0, 0.05 + 0.12 * strength) if name == "flames" else (1.1, 0.05 + 0.12 * strength)
    curves = _unrest(random, len(glows), rate, scenery.duration)
    return lambda phase: _limited(depth * np.tensordot(_change(curves, phase), glows, axes=1))


def firelight_shadows(scenery: Scenery, strength: float) -> Gain:
    """Shadows that dance on what the flames light up."""
    glow = np.clip(_glows(scenery, scenery.regions.flame).sum(axis=0), 0, 1)
    cycles, share = whole_cycles(0.9 + strength, scenery.duration)
    waves = travelling_waves(
        scenery.random("firelight"), scenery.grid, 0.22 * scenery.size, 0.0, 3.1, cycles, 8
    )
    amount = glow * (0.03 + 0.05 * strength) * share
    return lambda phase: np.asarray(1 + amount * waves.change(phase), dtype=np.float32)


def pulse_neon(scenery: Scenery, strength: float) -> Gain:
    """Saturated glowing areas of dark pictures pulse, neighbouring colours at different times."""
    hsv = cv2.cvtColor(scenery.image, cv2.COLOR_RGB2HSV)
    rows, columns = scenery.grid[0].shape
    small = cv2.resize(hsv, (columns, rows), interpolation=cv2.INTER_AREA)
    glowing = ((small[..., 1] > 120) & (small[..., 2] > 130)).astype(np.float32)
    families = (small[..., 0].astype(int) * LIGHT_GROUPS // 180) % LIGHT_GROUPS
    spread = max(1.0, 0.02 * scenery.size / scenery.step)
    maps = np.stack(
        [cv2.GaussianBlur(glowing * (families == i), (0, 0), spread) for i in range(LIGHT_GROUPS)]
    )
    curves = _unrest(scenery.random("neon"), LIGHT_GROUPS, 0.5 + 0.6 * strength, scenery.duration)
    depth = 0.07 + 0.14 * strength
    return lambda phase: _limited(depth * np.tensordot(_change(curves, phase), maps, axes=1))


def twinkle(scenery: Scenery, strength: float, name: str) -> Layer:
    """Stars ("stars") or small lights under the sky ("city_lights") change in brightness, each in its own rhythm."""
    random = scenery.random(name)
    group = _points(scenery, random, of_sky=name == "stars")
    rate = 0.7 + 0.6 * strength if name == "stars" else 0.3 + 0.4 * strength
    curves = _unrest(random, TWINKLE_GROUPS, rate, scenery.duration)
    depth = 0.25 + 0.25 * strength

    def layer(canvas: Field, moment: Moment) -> None:
        gains = np.concatenate([[1.0], np.clip(1 + depth * _change(curves, moment.phase), 0.25, 1.9)])
        canvas *= cv2.GaussianBlur(gains.astype(np.float32)[group], (0, 0), 0.8)[..., None]

    return layer


def _glows(scenery: Scenery, region: Field) -> Field:
    """Maps (G, h, w) in [0, 1] of what each group of lights shines on: the lights themselves and a wide soft halo."""
    small = scenery.small(region)
    count, labels = cv2.connectedComponents((small > 0.35).astype(np.uint8))
    near, wide = (max(1.0, s * scenery.size / scenery.step) for s in (0.02, 0.12))
    maps = []
    for group in range(min(LIGHT_GROUPS, max(1, count - 1))):
        own = small * ((labels > 0) & ((labels - 1) % LIGHT_GROUPS == group))
        halo = 0.5 * _levelled(cv2.GaussianBlur(own, (0, 0), near)) + 0.6 * _levelled(
            cv2.GaussianBlur(own, (0, 0), wide)
        )
        maps.append(np.clip(0.6 * own + halo, 0, 1))
    return np.asarray(np.stack(maps), dtype=np.float32)


def _limited(change: NDArray[np.floating[Any]]) -> Field:
    """A gain that never more than halves or adds half, however many lights overlap."""
    return np.asarray(1 + 0.5 * np.tanh(2 * change), dtype=np.float32)


def _levelled(values: Field) -> Field:
    return (
        np.asarray(values / max(float(values.max()), 1e-6), dtype=np.float32)
        if values.max() > 1e-4
        else values
    )


def _points(scenery: Scenery, random: np.random.Generator, of_sky: bool) -> NDArray[np.uint8]:
    """Number small bright points 1..TWINKLE_GROUPS at random, uint8 (H, W); 0 elsewhere."""
    strongest = scenery.image.max(axis=2)
    reach = 2 * max(1, round(0.004 * scenery.size)) + 1
    raised = cv2.morphologyEx(strongest, cv2.MORPH_TOPHAT, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    high = np.arange(scenery.height)[:, None] < 0.85 * scenery.regions.horizon
    place = (scenery.regions.sky > 0.5) & high if of_sky else scenery.regions.sky < 0.5
    point = (raised > (28 if of_sky else 45)) & (strongest > 90) & place
    count, labels, stats, _ = cv2.connectedComponentsWithStats(point.astype(np.uint8))
    numbers = np.concatenate([[0], random.integers(1, TWINKLE_GROUPS + 1, max(count - 1, 0))])
    # A facade in the sun or the crown of a tree is no point of light.
    numbers[stats[:, cv2.CC_STAT_AREA] > LARGEST_POINT * point.size] = 0
    numbers = numbers.astype(np.uint8)
    return np.asarray(cv2.dilate(numbers[labels], np.ones((3, 3), np.uint8)), dtype=np.uint8)


def _unrest(
    random: np.random.Generator, count: int, rate: float, duration: float
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Irregular periodic curves: whole cycles (count, 5) around `rate` Hz, starts, and weights of unit variance."""
    cycles = np.maximum(1, np.rint(duration * rate * random.uniform(0.4, 2.4, (count, 5)))).astype(np.int64)
    weights = random.uniform(0.5, 1.0, (count, 5)) * min(1.0, 2 * rate * duration)
    return cycles, random.random((count, 5)), weights / np.sqrt(0.5 * 5 * 0.58)


def _change(
    curves: tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]], phase: float
) -> NDArray[np.float64]:
    cycles, starts, weights = curves
    now, start = (np.sin(2 * np.pi * (cycles * moment + starts)) for moment in (phase, 0.0))
    return np.asarray((weights * (now - start)).sum(axis=1))
