"""Castles, pyramids, pagodas and palaces of ice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.grass import Blades, paint_blades
from sparkle.painter.engine.ground import ground_start, height_of, hills, paint_land
from sparkle.painter.engine.light import fog_bank, glow_at, sparks
from sparkle.painter.engine.lighting import show
from sparkle.painter.engine.materials import brick, mottled, plain, planks, windows
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import colour, mix, tones
from sparkle.painter.engine.plants import palm, pine
from sparkle.painter.engine.sky import paint_sky
from sparkle.painter.engine.solids import (
    Hits,
    Material,
    Solid,
    Surface,
    box,
    cast,
    column,
    gable,
    material,
    pyramid,
)
from sparkle.painter.engine.sprites import place
from sparkle.painter.things.dry_land import dune_field, sand
from sparkle.painter.things.facades import tiles
from sparkle.painter.things.land import GRASS, backdrop, grass_cover, scatter, snow_cover, tree_kinds
from sparkle.painter.things.landmarks import flag


@material
def battlement(hits: Hits, material: Material) -> Surface:
    """Cut crenels into the top of a wall: every other metre of the upper 1.1 m is open."""
    made = material(hits)
    top = hits.position[:, 1].max() if len(hits.z) else 0.0
    notch = (
        (hits.position[:, 1] > top - 1.1)
        & (np.mod(hits.u / 2.0, 1) < 0.45)
        & (np.abs(hits.normal[:, 1]) < 0.5)
    )
    return Surface(made.albedo, made.glow, ~notch)


def paint_castle(canvas: Canvas) -> None:
    """A castle with towers, walls and banners on a hill; a road winds up to it."""
    plan, rng, noise = canvas.plan, canvas.rng, canvas.noise
    dark, bright = GRASS[plan.season]
    backdrop(canvas, 900, 2800, 0.5)
    side = float(rng.choice((-1.0, 1.0)))
    cx, cz = side * 26.0, 185.0

    def field(x: Array, z: Array) -> Array:
        r = np.hypot((x - cx) / 1.5, z - cz)
        mound = 27 * smoothstep(74, 20, r + 5 * noise.fbm(x / 16, z / 16, 4, exact=3))
        return mound + 3 * noise.fbm(x / 60, z / 60, 3, exact=3) * smoothstep(20, 60, z)

    snowy = plan.season == "winter"
    cover = snow_cover(canvas) if snowy else grass_cover(canvas, dark, bright, 0.2, "857a68")
    paint_land(canvas, field, cover, ground_start(canvas), 1200)
    y = 26.0
    skin = windows(
        brick("a89d8b", "756b5c", 0.9, 0.5, 0.3),
        "24262a",
        (0.55, 1.5),
        (5.2, 6.5),
        0.55 if plan.time in ("night", "dusk") else 0.0,
        frame="8a7f6e",
    )
    cone = tiles("5f6a80", 0.3)
    parts: list[Solid] = []
    towers = [
        (-19, -9, 3.6, 17),
        (19, -9, 3.6, 17),
        (-6.5, -11, 2.6, 13),
        (6.5, -11, 2.6, 13),
        (-17, 11, 3.4, 22),
        (17, 11, 3.4, 20),
        (-4, 8, 4.6, 33),
        (7, 5, 3.2, 26),
    ]
    tops: list[tuple[float, float, float]] = []
    for dx, dz, radius, tall in towers:
        x, z = cx + dx, cz + dz
        parts += [
            column(skin, (x, y - 6, z), radius * 1.06, tall + 6, radius),
            column(skin, (x, y + tall, z), radius * 1.18, 1.5),
            column(cone, (x, y + tall + 1.5, z), radius * 1.32, radius * 3.0, 0.05),
        ]
        tops.append((x, y + tall + 1.5 + radius * 3.0 - 0.4, z))
    wall = battlement(skin)
    parts += [
        box(wall, (cx, y - 6, cz - 10), (38, 15.5, 2)),
        box(wall, (cx, y - 6, cz + 11), (36, 17, 2)),
        *(box(wall, (cx + s * 19, y - 6, cz), (2, 15.5, 20)) for s in (-1, 1)),
    ]
    parts += [
        box(skin, (cx, y, cz + 5), (16, 19, 10)),
        gable(cone, (cx, y + 19, cz + 5), (11, 6, 17), np.pi / 2),
        box(plain("2a221c"), (cx, y - 1, cz - 11.1), (4.2, 6.2, 0.2)),
    ]
    show(canvas, cast(canvas, parts), shadows=parts)
    for number, top in enumerate(tops):
        flag(canvas, top, 6.5 if number > 5 else 5.0, ("b8232a", "c9a02c")[number % 2])
    scatter(canvas, tree_kinds(canvas), field, 60, 165, 44, (5, 8), 0.22)
    scatter(canvas, tree_kinds(canvas), field, 24, 40, 5, (5, 7), 0.75)
    if not snowy:
        paint_blades(canvas, Blades(dark, bright, 0.3, 6000, 1.5, 24), field)


def paint_pyramids(canvas: Canvas) -> None:
    """Three pyramids behind dunes, a few palms."""
    rng = canvas.rng
    side = float(rng.choice((-1.0, 1.0)))
    far_dunes = dune_field(canvas, 6.0, 60)
    blocks = brick("d9b884", "a07f52", 4.2, 2.4, 0.30)

    def weathered(hits: Hits) -> Surface:
        made = blocks(hits)
        smooth_cap = smoothstep(
            95, 108, hits.position[:, 1] + 6 * canvas.noise.fbm(hits.u / 9, hits.v / 9, 3)
        )
        return Surface(mix(made.albedo, colour("eadcb8"), smooth_cap))

    parts = [
        pyramid(weathered, (side * 90, -2, 430), 225, 142, 0.42),
        pyramid(weathered, (-side * 150, -2, 560), 215, 136, 0.42),
        pyramid(weathered, (-side * 10, -2, 690), 108, 66, 0.42),
        *(pyramid(blocks, (side * (190 + 32 * i), -2, 420 + 24 * i), 24, 15, 0.42) for i in range(3)),
    ]
    paint_land(canvas, lambda x, z: far_dunes(x, z) * 0.6, sand(canvas, "dfb67c", "b98a52"), 180, 3000)
    show(canvas, cast(canvas, parts), shadows=parts)
    field = dune_field(canvas, 3.4, 26)
    paint_land(canvas, field, sand(canvas), ground_start(canvas), 260)
    palms = [palm(canvas, rng) for _ in range(2)]
    for z, share in ((70.0, -0.62), (62.0, -0.72), (58.0, -0.55), (44.0, -0.9)):
        x = side * share * canvas.view.half_width(z)
        place(canvas, palms[rng.integers(2)], (x, height_of(field, x, z), z), rng.uniform(6, 9), 0.8)


def pagoda(at: tuple[float, float, float], wide: float, floors: int) -> list[Solid]:
    """A tower of red walls and swept roofs."""
    x, y, z = at
    red, roof, white = planks("9a3a2c", 0.4), tiles("3f4a48", 0.25), mottled("e2dac8", "efe8d8", 1)
    parts: list[Solid] = [box(brick("8d877c", "5f5a52", 0.8, 0.5), (x, y, z), (wide * 1.3, 0.9, wide * 1.3))]
    level, size = y + 0.9, wide
    for _ in range(floors):
        parts += [
            box(white, (x, level, z), (size * 0.74, 2.5, size * 0.74)),
            *(
                box(red, (x + sx * size * 0.37, level, z + sz * size * 0.37), (0.3, 2.5, 0.3))
                for sx in (-1, 1)
                for sz in (-1, 1)
            ),
            box(red, (x, level + 2.2, z), (size * 0.8, 0.3, size * 0.8)),
        ]
        parts += [
            column(roof, (x, level + 2.5, z), size * 0.80, 0.55, size * 0.50),
            column(roof, (x, level + 3.05, z), size * 0.50, 1.0, size * 0.30),
        ]
        level, size = level + 3.5, size * 0.86
    parts += [column(plain("c9a04a"), (x, level, z), 0.12, 3.2, 0.03)]
    return parts


def paint_samurai(canvas: Canvas) -> None:
    """A misty valley between steep hills, a pagoda, pines, torn flags on poles."""
    rng, noise, view = canvas.rng, canvas.noise, canvas.view
    seed, side = float(rng.uniform(0, 90)), float(rng.choice((-1.0, 1.0)))
    backdrop(canvas, 1500, 3200, 0.8)
    fog_bank(canvas, 0.9, view.horizon / view.height - 0.02, 0.06)

    def ranges(x: Array, z: Array) -> Array:
        ridge = noise.ridged(x / 320 + seed, z / 420, 5) * 150 + 40 * noise.fbm(x / 90, z / 90, 4, exact=2)
        return smoothstep(260, 700, z) * ridge * np.clip(np.abs(x) / z * 1.5 + 0.2, 0, 1) - 4

    paint_land(canvas, ranges, grass_cover(canvas, "33452e", "5f7048", 0.5), 250, 1900)
    for base in (0.50, 0.47):
        fog_bank(canvas, 0.85, base, 0.035)
    field = hills(noise, 120, 16, 40, seed)
    paint_land(canvas, field, grass_cover(canvas, "4d5a30", "8b9150", 0.2), ground_start(canvas), 240)
    parts = pagoda((side * 21, 1.0, 74), 11, 4)
    parts += [box(planks("a3392b", 0.3), (-side * 8 + dx, 0, 34), (0.5, 5.6, 0.5)) for dx in (-2.4, 2.4)]
    parts += [
        box(planks("a3392b", 0.3), (-side * 8, 5.5, 34), (7.4, 0.45, 0.6)),
        box(planks("8f3026", 0.3), (-side * 8, 4.4, 34), (5.6, 0.35, 0.4)),
    ]
    show(canvas, cast(canvas, parts), shadows=parts)
    fog_bank(canvas, 0.6, 0.55, 0.05)
    pines = [pine(canvas, rng) for _ in range(2)]
    scatter(canvas, pines, field, 30, 150, 15, (7, 12), 0.4)
    fog_bank(canvas, 0.7, 0.58, 0.05)
    for z, share in ((40.0, 0.5), (30.0, -0.5), (22.0, 0.66), (17.0, -0.78)):
        x = share * view.half_width(z)
        y = height_of(field, x, z)
        flag(canvas, (x, y - 0.1, z), 4.6, ("e8e0d0", "a3262a", "2a2e3a")[rng.integers(3)], torn=True)
    fog_bank(canvas, 0.4, 0.66, 0.07)
    paint_blades(canvas, Blades("4d5a30", "a39f5c", 0.6, 7000, 1.6, 28, 0.45, 0.009), field)


def paint_ice_palace(canvas: Canvas) -> None:
    """Spires of ice on a frozen hill under a coloured sky."""
    canvas.palette = replace(
        canvas.palette,
        **tones(zenith="1c1450", middle="5a3f9f", horizon="d09ae0", cloud_lit="c49af0", cloud_shade="4a3a80"),
    )
    canvas.light = replace(
        canvas.light, haze=colour("a892d0"), ambient=colour("8b9cdc"), sun=floats([1.25, 0.85, 0.80])
    )
    paint_sky(canvas)
    rng, view, noise = canvas.rng, canvas.view, canvas.noise
    backdrop(canvas, 1300, 2600, 0.1)

    def field(x: Array, z: Array) -> Array:
        return 0.8 * noise.fbm(x / 20, z / 14, 4, exact=3) * np.clip(z / 14, 0.1, 2) + 8 * smoothstep(
            95, 175, z
        ) * smoothstep(100, 15, np.abs(x))

    paint_land(canvas, field, snow_cover(canvas, "cfdcf5"), ground_start(canvas), 900)
    parts: list[Solid] = []
    ice = _ice()
    spires = [
        (0.0, 104.0, 7.0, 52),
        (-11, 100, 5.0, 38),
        (11, 101, 5.0, 40),
        (-21, 106, 4.2, 30),
        (21, 106, 4.2, 29),
        (-31, 112, 3.4, 21),
        (31, 112, 3.4, 22),
        (-5, 96, 2.6, 26),
        (5, 96, 2.6, 27),
        (-15, 95, 2.4, 19),
        (15, 95, 2.4, 18),
    ]
    for x, depth, radius, tall in spires:
        z = depth + 76
        parts += [
            column(ice, (x, 4, z), radius, tall * 0.62, radius * 0.74),
            column(ice, (x, 4 + tall * 0.62, z), radius * 0.95, tall * 0.05, radius * 0.95),
            column(ice, (x, 4 + tall * 0.67, z), radius * 0.8, tall * 0.62, 0.05),
        ]
    parts += [
        box(ice, (0, 3, 173), (46, 12, 3)),
        box(plain("9a7aff", 1.2), (0, 5.5, 171.4), (4.6, 7.5, 0.3)),
        gable(ice, (0, 13, 171.4), (7.0, 5.0, 2.0)),
    ]
    for _ in range(26):
        z = 1 / rng.uniform(1 / 60, 1 / 9)
        x = rng.choice((-1.0, 1.0)) * rng.uniform(0.35, 1.0) * view.half_width(z)
        parts.append(column(ice, (x, -0.2, z), rng.uniform(0.2, 0.6), rng.uniform(1.0, 3.6), 0.03))
    show(canvas, cast(canvas, parts), shadows=())
    for x, y, z, tone in (
        (0.0, 20.0, 180.0, (0.6, 0.4, 1.4)),
        (0.0, 8.0, 171.0, (0.7, 0.5, 1.5)),
        (-11.0, 18.0, 176.0, (0.3, 0.6, 1.3)),
        (11.0, 18.0, 177.0, (0.3, 0.6, 1.3)),
    ):
        glow_at(canvas, (x, y, z), 9, floats(tone), 0.16)
    sparks(canvas, 120, (1, 1.1, 1.5), (0.1, 0.7), (0.4, 1.0), (0.2, 1))


@material
def _ice(hits: Hits) -> Surface:
    deep, pale = colour("4f86c4"), colour("e4f2ff")
    angle = np.arctan2(hits.position[:, 2], hits.position[:, 0])
    facet = np.abs(np.mod(angle * 8 / (2 * np.pi), 1) - 0.5) * 2
    bands = 0.5 + 0.5 * np.sin(hits.position[:, 1] * 0.9 + np.floor(angle * 4) * 2.1)
    share = np.clip(0.25 + 0.45 * facet + 0.3 * bands, 0, 1)
    albedo = mix(deep, pale, share)
    inner = (0.05 + 0.22 * (1 - facet) * bands)[:, None] * floats([0.45, 0.55, 1.1])
    return Surface(albedo, inner)
