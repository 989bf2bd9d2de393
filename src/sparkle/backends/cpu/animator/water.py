"""Water: waves that roll in, streams that run, ripples that rock what is mirrored, and glints of light on all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.animator.layers import Displacement, Gain, Layer, Moment
from sparkle.backends.cpu.animator.noise import (
    Field,
    WaveSum,
    fractal_noise,
    grid_coordinates,
    smoothstep,
    travelling_waves,
    whole_cycles,
)
from sparkle.backends.cpu.animator.scenery import Scenery, filled

WaterKind = Literal["waves", "ripples", "flow"]

# Share of the picture's size that the surface runs in a second at full strength, towards the viewer.
RUN = {"waves": 0.062, "flow": 0.09, "ripples": 0.0}
ROCK = {"waves": 0.0055, "flow": 0.0022, "ripples": 0.0042}


@dataclass(frozen=True, slots=True)
class _Surface:
    """The rows that hold water: the picture continued over their rims, its local mean, and the water's matte."""

    top: int
    bottom: int
    plate: Field
    mean: Field
    matte: Field


def move_water(scenery: Scenery, strength: float, kind: WaterKind) -> Layer:
    """Rock the surface in perspective, and let its texture run: two copies fade into each other as they go."""
    surface = _surface(scenery)
    rock = _rocking(scenery, strength, kind, surface)
    height, width = surface.matte.shape
    x, y = grid_coordinates(height, width, 1)
    far = (0.12 + 0.88 * scenery.nearness(y + surface.top)).astype(np.float32)
    cycles, share = whole_cycles(0.3 + 0.2 * strength, scenery.duration)
    onwards = RUN[kind] * (0.25 + 0.75 * strength) * scenery.size * scenery.duration / cycles * share * far
    travel = (0.25 * scenery.wind * onwards).astype(np.float32), onwards.astype(np.float32)
    lag = 0.12 + 0.26 * fractal_noise(scenery.random("running"), height, width, 0.16 * scenery.size, 2)

    def layer(canvas: Field, moment: Moment) -> None:
        dx, dy = rock(moment.phase)
        if RUN[kind] == 0:
            moved = cv2.remap(
                surface.plate, x + dx, y + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
            )
        else:
            moved = _running(surface, x + dx, y + dy, travel, lag, (moment.phase * cycles) % 1.0)
        change = np.zeros_like(canvas)
        change[surface.top : surface.bottom] = surface.matte[..., None] * (moved - surface.plate)
        canvas += moment.warp(change)

    return layer


def _running(
    surface: _Surface, x: Field, y: Field, travel: tuple[Field, Field], lag: Field, share: float
) -> Field:
    """Two copies half a cycle apart take turns, each patch at its own time (`lag`), so that no common pulse is seen.

    Contrast that mixing takes away is given back around the local mean.
    """
    ages = share if share < 0.5 else share - 1, share - 0.5
    first, second = (
        cv2.remap(
            surface.plate,
            x - age * travel[0],
            y - age * travel[1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        for age in ages
    )
    turn = smoothstep(-0.12, 0.12, share - lag) * smoothstep(-0.12, 0.12, 0.5 + lag - share)
    mixed = first + turn[..., None] * (second - first)
    kept = np.sqrt(turn**2 + (1 - turn) ** 2)[..., None]
    return np.asarray(surface.mean + (mixed - surface.mean) / (0.35 + 0.65 * kept), dtype=np.float32)


def _surface(scenery: Scenery) -> _Surface:
    matte = scenery.regions.water
    rows = np.flatnonzero((matte > 0.02).any(axis=1))
    top, bottom = (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, 1)
    part = scenery.image[top:bottom].astype(np.float32)
    inside = matte[top:bottom]
    plate = filled(part, np.clip(2 * inside - 0.6, 0, 1).astype(np.float32))
    # Inside the matte the plate must be the picture itself, or the change at phase 0 would not be zero.
    plate = plate + np.clip(3 * inside, 0, 1)[..., None] * (part - plate)
    mean = cv2.GaussianBlur(plate, (0, 0), 0.02 * scenery.size)
    return _Surface(top, bottom, plate.astype(np.float32), np.asarray(mean, dtype=np.float32), inside)


def _rocking(
    scenery: Scenery, strength: float, kind: WaterKind, surface: _Surface
) -> Callable[[float], tuple[Field, Field]]:
    random = scenery.random("water")
    cycles, share = whole_cycles(0.7 + 0.4 * strength, scenery.duration)
    waves = [_ground_waves(scenery, random, length, 0.9, cycles) for length in (0.05, 0.05)]
    y = scenery.grid[1]
    amount = (
        ROCK[kind] * (0.35 + 0.65 * strength) * scenery.size * share * (0.15 + 0.85 * scenery.nearness(y))
    )

    def rock(phase: float) -> tuple[Field, Field]:
        moved = [scenery.large(amount * wave.change(phase)) for wave in waves]
        return 0.7 * moved[0][surface.top : surface.bottom], moved[1][surface.top : surface.bottom]

    return rock


def _ground_waves(
    scenery: Scenery, random: np.random.Generator, length: float, spread: float, cycles: float
) -> WaveSum:
    """Waves on a level surface in perspective, running towards the viewer."""
    x, y = scenery.grid
    scale = 0.14 + 0.86 * scenery.nearness(y)
    ground = ((x - scenery.width / 2) / scale * 0.45, 0.4 * scenery.size / scale)
    return travelling_waves(random, ground, length * scenery.size, -np.pi / 2, spread, cycles, 9)


def swell(scenery: Scenery, strength: float) -> Gain:
    """Light and shade of long waves that run in."""
    random = scenery.random("swell")
    cycles, share = whole_cycles(0.35 + 0.2 * strength, scenery.duration)
    long = _ground_waves(scenery, random, 0.16, 0.35, cycles)
    amount = scenery.small(scenery.regions.water) * (0.015 + 0.05 * strength) * share
    return lambda phase: np.asarray(1 + amount * long.change(phase), dtype=np.float32)


def wash_shore(scenery: Scenery, strength: float) -> Displacement:
    """The lower rim of the water runs up the shore and back, a little later from place to place."""
    x, y = scenery.grid
    water = scenery.small(scenery.regions.water)
    reach = 0.03 * scenery.size / scenery.step
    above = np.roll(water, round(reach), axis=0)
    above[: round(reach)] = 0
    rim = cv2.GaussianBlur(np.clip(above - water, 0, 1) + 0.6 * water, (0, 0), 0.6 * reach)
    cycles, share = whole_cycles(0.22 + 0.1 * strength, scenery.duration)
    waves = travelling_waves(scenery.random("shore"), (x, 0.2 * y), 0.8 * scenery.size, 0.0, 0.2, cycles, 4)
    near = scenery.nearness(y)
    amount = np.clip(rim, 0, 1) * near * scenery.size * (0.0045 + 0.007 * strength) * share
    still = np.zeros_like(amount)
    return lambda phase: np.stack([still, -amount * waves.change(phase)], axis=-1)


def glints(scenery: Scenery, strength: float) -> Layer:
    """Sparks of sunlight on the water: short level dashes that flare up and go out, each at its own time."""
    random = scenery.random("glints")
    places = _glint_places(scenery, random, count=round(140 + 260 * strength))
    cycles = np.maximum(1, np.rint(scenery.duration * random.uniform(0.5, 1.3, len(places)))).astype(int)
    starts, powers = random.random(len(places)), random.uniform(0.35, 1.0, len(places)) ** 1.5
    colour = np.clip(0.5 * scenery.light_colour + 140, 0, 255)
    near = scenery.nearness(places[:, 1].astype(np.float32))
    lengths = scenery.size * (0.0011 + 0.0035 * near)

    def layer(canvas: Field, moment: Moment) -> None:
        swing = np.cos(2 * np.pi * (moment.phase * cycles + starts))
        flare = powers * np.clip((swing - 0.72) / 0.28, 0, 1) ** 1.5
        for (column, row), brightness, length in zip(places, flare, lengths, strict=True):
            if brightness > 0.02:
                _flare(canvas, column, row, float(length), colour * brightness)

    return layer


def _glint_places(scenery: Scenery, random: np.random.Generator, count: int) -> NDArray[np.int64]:
    """Draw (x, y) where the water is bright for its surroundings: that is where it mirrors the light."""
    light = scenery.image.astype(np.float32).mean(axis=2)
    around = cv2.GaussianBlur(light, (0, 0), 0.03 * scenery.size)
    likely = (
        np.clip(scenery.regions.water - 0.5, 0, 1)
        * np.exp(np.clip((light - around) / 18, -2, 2))
        * (around + 20)
        * (light < 228)
    )
    total = float(likely.sum())
    if total <= 0:
        return np.zeros((0, 2), dtype=np.int64)
    share = float((scenery.regions.water > 0.5).mean())
    drawn = random.choice(
        likely.size, size=max(6, round(count * min(1.0, 4 * share))), p=(likely / total).ravel()
    )
    return np.stack([drawn % scenery.width, drawn // scenery.width], axis=1)


def _flare(canvas: Field, column: int, row: int, length: float, colour: Field) -> None:
    reach = int(np.ceil(2.2 * length)) + 1
    left, right = max(0, column - reach), min(canvas.shape[1], column + reach + 1)
    top, bottom = max(0, row - 2), min(canvas.shape[0], row + 3)
    across = np.exp(-0.5 * ((np.arange(left, right) - column) / max(length, 0.6)) ** 2)
    down = np.exp(-0.5 * ((np.arange(top, bottom) - row) / max(0.25 * length, 0.55)) ** 2)
    canvas[top:bottom, left:right] += (down[:, None] * across[None, :])[..., None] * colour
