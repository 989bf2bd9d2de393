"""Dry lands: canyons, mesas, dunes, oases, battlefields."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.grass import Blades, paint_blades
from sparkle.painter.engine.ground import HeightField, ground_start, height_of, paint_land
from sparkle.painter.engine.light import fog_bank
from sparkle.painter.engine.lighting import show
from sparkle.painter.engine.materials import plain, planks
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.plants import palm, tree
from sparkle.painter.engine.sky import paint_sky
from sparkle.painter.engine.solids import Solid, ball, box, cast, column
from sparkle.painter.engine.sprites import place
from sparkle.painter.engine.water import Water, paint_water
from sparkle.painter.things.dry_land import RED_ROCK, dune_field, far_mesas, sand, strata
from sparkle.painter.things.land import scatter
from sparkle.painter.things.landmarks import flag


def paint_canyon(canvas: Canvas) -> None:
    """Layered walls on both sides of a dry floor, buttes beyond, shrubs and rubble in front."""
    rng, noise = canvas.rng, canvas.noise
    seed = float(rng.uniform(0, 90))

    def field(x: Array, z: Array) -> Array:
        wind = 14 * np.sin(z / 75 + seed) * np.clip(z / 60, 0, 1)
        wall = np.abs(x - wind) - 13 - z * 0.055 + 9 * noise.fbm(x / 26 + seed, z / 26, 4, exact=3)
        steps = smoothstep(0, 5, wall) * 15 + smoothstep(9, 13, wall) * 15 + smoothstep(19, 25, wall) * 16
        buttes = (
            smoothstep(0.28, 0.36, noise.fbm(x / 210 + seed, z / 210, 4, exact=3))
            * 90
            * smoothstep(420, 600, z)
        )
        talus = 0.22 * np.clip(wall + 8, 0, 9)
        return (
            np.maximum(steps * smoothstep(8, 30, z) * smoothstep(420, 240, z), buttes)
            + talus * smoothstep(6, 14, z)
            + 0.5 * noise.fbm(x / 4, z / 4, 4, exact=2) * np.clip(z / 10, 0, 1)
        )

    paint_land(canvas, field, strata(canvas, RED_ROCK, 3.1), ground_start(canvas), 2600)
    desert_plants(canvas, field, 34)


def desert_plants(canvas: Canvas, field: HeightField, count: int) -> None:
    """Dry shrubs and tufts scattered over sand."""
    rng = canvas.rng
    shrubs = [tree(canvas, "dry", rng, 1.5), tree(canvas, "olive", rng, 1.6)]
    scatter(canvas, shrubs, field, 5.5, 70, count, (0.5, 1.3), 0.22)
    tufts = Blades("6d6236", "c2a962", 0.3, 2600, 2, 26, 0.25, 0.012)

    def clumps(x: Array, z: Array) -> Array:
        bare = canvas.noise.fbm(x / 1.4, z / 1.4, 2) < 0.35
        return np.where(bare, -90, field(x, z))

    paint_blades(canvas, tufts, clumps)


def paint_desert(canvas: Canvas) -> None:
    """A plain with low dunes and far mesas, shrubs with long shadows."""
    far_mesas(canvas)
    field = dune_field(canvas, 3.0, 30)
    paint_land(canvas, field, sand(canvas, "dcae74", "b9814e"), ground_start(canvas), 1500)
    desert_plants(canvas, field, 44)


def paint_dunes(canvas: Canvas) -> None:
    """High dunes whose crests run toward the viewer; a noon sun is lowered to the side, or it would show no relief."""
    if canvas.plan.time == "day":
        low = canvas.light.direction * floats([1.2, 0.45, 0.0]) + floats([0, 0, 0.1])
        canvas.light = replace(canvas.light, direction=floats(low / np.linalg.norm(low)))
    paint_sky(canvas)
    waves, cos, sin = dune_field(canvas, 18.0, -400, 110.0), math.cos(1.1), math.sin(1.1)

    def field(x: Array, z: Array) -> Array:
        return (waves(x * cos - z * sin, x * sin + z * cos) - 2) * smoothstep(10, 80, z)

    paint_land(canvas, field, sand(canvas), ground_start(canvas), 3600)


def paint_oasis(canvas: Canvas) -> None:
    """A pool ringed by palms between dunes."""
    rng, view, noise = canvas.rng, canvas.view, canvas.noise
    dunes = dune_field(canvas, 15.0, 40)

    def field(x: Array, z: Array) -> Array:
        ring = np.hypot(x / 1.9, z - 17) - 7.5 + 1.0 * noise.fbm(x / 5, z / 5, 3, exact=2)
        return dunes(x, z) + np.clip(ring * 0.2, -0.9, 0.4)

    paint_land(canvas, field, sand(canvas), ground_start(canvas), 1800)
    palms = [palm(canvas, rng) for _ in range(3)]
    bush = [tree(canvas, "shrub", rng, 1.5)]
    for z in np.sort(rng.uniform(25, 38, 26))[::-1]:
        x = rng.uniform(-1, 1) * 19
        kind = palms[rng.integers(3)] if rng.uniform() < 0.6 else bush[0]
        place(canvas, kind, (x, 0.3, float(z)), rng.uniform(6, 10) if rng.uniform() < 0.7 else 2.4, 0.7)
    for _ in range(14):
        place(canvas, bush[0], (rng.uniform(-16, 16), 0.1, rng.uniform(24.5, 26)), rng.uniform(0.9, 2.2), 0.4)
    paint_water(canvas, Water(deep="14606b", shallow="4fb5a5", ripple=0.25, wave=0.8), -0.25)
    for side, z in ((-1.0, 15.0), (1.0, 11.0), (-1.0, 9.0)):
        kind, x = palms[rng.integers(3)], side * view.half_width(z) * rng.uniform(0.8, 0.98)
        place(canvas, kind, (x, 0.2, z), rng.uniform(6.5, 8.5), 0.8)
    reeds = Blades("4f6a2c", "a9b45a", 0.8, 1500, 3, 27, 0.15, 0.014)
    paint_blades(canvas, reeds, lambda x, z: np.where(np.abs(field(x, z)) > 0.22, -90, field(x, z)))


def paint_battlefield(canvas: Canvas) -> None:
    """A wasted sandy plain with broken spears, torn banners and drifting smoke."""
    rng, view = canvas.rng, canvas.view
    field = dune_field(canvas, 4.0, 35)
    paint_land(canvas, field, sand(canvas, "b99a6e", "7f6446"), ground_start(canvas), 1500)
    for base in (0.50, 0.56):
        fog_bank(canvas, 0.55, base, 0.06)
    tones = ("7c1f1c", "2d3f5c", "8a6a2a", "5a1a1a")
    for z in np.geomspace(60, 11, 13):
        x = rng.choice((-1.0, 1.0)) * rng.uniform(0.25, 0.98) * view.half_width(z)
        y = height_of(field, x, z)
        flag(canvas, (x, y - 0.1, float(z)), rng.uniform(3.2, 4.8), tones[rng.integers(4)], torn=True)
        wood, iron = planks("4d3b2a", 0.1), plain("5d5f63")
        parts: list[Solid] = [
            column(
                wood, (x + rng.uniform(-2, 2), y - 0.1, z + rng.uniform(-1, 1)), 0.03, rng.uniform(1.2, 2.2)
            )
            for _ in range(3)
        ]
        parts += [
            ball(iron, (x + rng.uniform(-2, 2), y + 0.1, z), (0.9, 0.12, 0.9)),
            box(wood, (x + 1, y - 0.1, z), (1.6, 0.12, 0.14), rng.uniform(0, 3)),
        ]
        show(canvas, cast(canvas, parts))
    fog_bank(canvas, 0.30, 0.62, 0.1)
