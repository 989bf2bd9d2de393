"""Monuments: ruins, temples, castles, pyramids, graveyards, pagodas, ice palaces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.grass import Blades, paint_blades
from sparkle.painter.engine.ground import HeightField, ground_start, height_of, hills, paint_land
from sparkle.painter.engine.light import fog_bank, glow_at
from sparkle.painter.engine.lighting import show
from sparkle.painter.engine.materials import brick, mottled, plain, stone, windows
from sparkle.painter.engine.palette import colour
from sparkle.painter.engine.plants import bare_tree, tree
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
from sparkle.painter.things.facades import tiles
from sparkle.painter.things.land import GRASS, grass_cover, scatter, tree_kinds


@material
def fluted(hits: Hits, code: str = "e6dfd0") -> Surface:
    """Marble with flutes, streaked by weather."""
    tone, veins = colour(code), mottled("ddd5c4", "efe9dd", 0.8)
    angle = np.arctan2(hits.position[:, 2], hits.position[:, 0])
    flute = 0.80 + 0.20 * np.abs(np.sin(angle * 10))
    flute = np.where(np.abs(hits.normal[:, 1]) > 0.7, 1.0, flute)
    made = veins(hits).albedo
    return Surface((0.5 * made + 0.5 * tone) * flute[:, None])


@material
def broken_top(hits: Hits, material: Material, height: float, canvas: Canvas, seed: float) -> Surface:
    """Cut a wall off along a ragged line, as ruins are."""
    noise = canvas.noise
    made = material(hits)
    line = height * (0.62 + 0.55 * noise.fbm(hits.u / 2.6 + seed, hits.u * 0 + seed, 3))
    step = np.floor(line / 0.4) * 0.4
    solid = hits.position[:, 1] < step
    return Surface(made.albedo, made.glow, solid if made.solid is None else solid & made.solid)


@material
def arch_wall(hits: Hits, material: Material, pitch: float, width: float, height: float) -> Surface:
    """Cut round-arched openings into a wall, `width` wide and `height` to the crown, every `pitch` metres."""
    made = material(hits)
    x = np.abs(np.mod(hits.u / pitch + 0.5, 1) - 0.5) * pitch
    spring = height - width / 2
    y = hits.position[:, 1]
    hole = (x < width / 2) & ((y < spring) | (np.hypot(x, y - spring) < width / 2))
    front = np.abs(hits.normal[:, 2]) > 0.5
    solid = ~(hole & front)
    return Surface(made.albedo, made.glow, solid if made.solid is None else solid & made.solid)


def paint_ruins(canvas: Canvas) -> None:
    """Broken walls with arches, fallen columns and blocks in wind-swept grass."""
    plan, rng, view = canvas.plan, canvas.rng, canvas.view
    field = hills(canvas.noise, 180, 24, 60, float(rng.uniform(0, 90)))
    dark, bright = ("6f6a34", "bfae68") if plan.season == "summer" else GRASS[plan.season]
    paint_land(canvas, field, grass_cover(canvas, dark, bright, 0.25), ground_start(canvas), 1500)
    scatter(canvas, tree_kinds(canvas), field, 110, 380, 30, (8, 12), 0.0)
    side = float(rng.choice((-1.0, 1.0)))
    block = stone()
    parts: list[Solid] = []
    for x, z, long, tall, turn in (
        (side * 13, 31.0, 17, 9.5, side * 0.25),
        (-side * 15, 40, 15, 7.5, -side * 0.35),
        (side * 2, 58, 22, 8.5, 0.05),
    ):
        ragged = broken_top(arch_wall(block, 5.2, 2.6, 5.2), tall, canvas, float(rng.uniform(0, 90)))
        parts.append(box(ragged, (x, -0.3, z), (long, tall * 1.2, 1.2), turn))
    for x, z in (
        (-side * 7.2, 19.0),
        (-side * 9.6, 23.0),
        (-side * 5.2, 27.5),
        (side * 7.4, 22.0),
        (side * 10.5, 18.0),
    ):
        tall = rng.uniform(2.2, 6.5)
        parts += [
            box(block, (x, -0.1, z), (1.5, 0.5, 1.5)),
            column(fluted("c9bda4"), (x, 0.4, z), 0.52, tall, 0.46),
        ]
        if tall > 5:
            parts.append(box(block, (x, 0.4 + tall, z), (1.4, 0.4, 1.4)))
    for _ in range(22):
        z = rng.uniform(8, 34)
        x = rng.choice((-1.0, 1.0)) * rng.uniform(0.3, 0.95) * view.half_width(z)
        parts.append(
            box(
                block,
                (x, -0.15, z),
                (rng.uniform(0.5, 1.5), rng.uniform(0.3, 0.9), rng.uniform(0.5, 1.2)),
                rng.uniform(0, 3),
            )
        )
    show(canvas, cast(canvas, parts), shadows=parts)
    paint_blades(canvas, Blades(dark, bright, 0.55, 8500, 1.5, 32, 0.6, 0.009), field)


def paint_temple(canvas: Canvas) -> None:
    """A Greek temple of marble columns on steps, olive trees beside it."""
    rng = canvas.rng
    field = hills(canvas.noise, 200, 30, 70, float(rng.uniform(0, 90)))
    paint_land(
        canvas, field, grass_cover(canvas, "7a7440", "b9a866", 0.3, "c2b090"), ground_start(canvas), 1500
    )
    scatter(canvas, [tree(canvas, "olive", rng), tree(canvas, "dry", rng)], field, 80, 320, 40, (6, 9), 0.0)
    marble, shaft = mottled("d9d0be", "efe8da", 1.6), fluted()
    side = float(rng.choice((-1.0, 1.0)))
    x0, z0, wide, deep = side * 5.0, 34.0, 21.0, 26.0
    parts: list[Solid] = [
        box(marble, (x0, 0.45 * i, z0 + deep / 2), (wide + 3.2 - 1.0 * i, 0.45, deep + 3.2 - 1.0 * i))
        for i in range(3)
    ]
    base, tall = 1.35, 8.6
    for i in range(7):
        x = x0 - wide / 2 + 1.1 + i * (wide - 2.2) / 6
        for z in (z0 + 1.1, z0 + deep - 1.1):
            parts += _greek_column(shaft, marble, (x, base, z), tall)
    for j in range(1, 8):
        z = z0 + 1.1 + j * (deep - 2.2) / 8
        for x in (x0 - wide / 2 + 1.1, x0 + wide / 2 - 1.1):
            parts += _greek_column(shaft, marble, (x, base, z), tall)
    parts += [
        box(marble, (x0, base + tall, z0 + deep / 2), (wide, 1.6, deep)),
        box(brick("e0d7c6", "b5aa96", 1.2, 0.8, 0.1), (x0, base, z0 + deep / 2), (wide - 7, tall, deep - 8)),
        gable(marble, (x0, base + tall + 1.6, z0 + deep / 2), (wide + 1.2, 3.6, deep + 0.6)),
    ]
    for z, x in ((15.0, -side * 8.0), (12.0, side * 8.6), (21.0, -side * 11.5)):
        parts += [
            column(shaft, (x, 0, z), 0.55, rng.uniform(1.2, 3.4)),
            box(marble, (x, -0.2, z), (1.6, 0.4, 1.6)),
        ]
    parts += [box(brick("c9bda6", "94886f", 1.1, 0.8, 0.2), (x0 * 0.5, -0.05, 20), (6, 0.1, 40), 0.0)]
    show(canvas, cast(canvas, parts), shadows=parts)
    olives = [tree(canvas, "olive", rng, 1.2)]
    for z, x in ((26.0, -side * 9.5), (19.0, -side * 10.5), (23.0, side * 19)):
        place(canvas, olives[0], (x, 0, z), rng.uniform(5, 6.5), 0.8)
    paint_blades(canvas, Blades("7a7440", "bfae6c", 0.35, 5200, 1.5, 24, 0.35), _beside(field, 3.1, x0 * 0.5))


def _greek_column(
    shaft: Material, marble: Material, at: tuple[float, float, float], tall: float
) -> list[Solid]:
    x, y, z = at
    return [
        column(shaft, (x, y, z), 0.78, tall - 0.7, 0.62),
        column(marble, (x, y + tall - 0.7, z), 0.62, 0.35, 0.95),
        box(marble, (x, y + tall - 0.35, z), (1.9, 0.35, 1.9)),
    ]


def _beside(field: HeightField, clear: float, middle: float = 0.0) -> HeightField:
    def at(x: Array, z: Array) -> Array:
        return np.where(np.abs(x - middle) < clear, -90, field(x, z))

    return at


def paint_graveyard(canvas: Canvas) -> None:
    """Leaning stones and crosses, bare trees and an iron fence in moonlit fog, a chapel behind."""
    rng, view = canvas.rng, canvas.view
    canvas.light = replace(canvas.light, sun=canvas.light.sun * 4.0, ambient=canvas.light.ambient * 2.2)
    field = hills(canvas.noise, 120, 10, 30, float(rng.uniform(0, 90)))
    paint_land(canvas, field, grass_cover(canvas, "2f3a26", "5a6a42", 0.0), ground_start(canvas), 600)
    bare = [bare_tree(canvas, rng, 0.36, "2c2724") for _ in range(3)]
    scatter(canvas, bare, field, 24, 120, 30, (7, 12), 0.1, 0.5)
    side = float(rng.choice((-1.0, 1.0)))
    ashlar = brick("6f6a66", "4a4642", 0.7, 0.4)
    wall = windows(ashlar, "1c1a20", (0.9, 2.6), (3.0, 6.5), 0.6, 1.1, "3a3f52", "4f4a46", "ffb45a")
    roof = tiles("3a3f4a", 0.3)
    x0, z0 = side * 11.0, 44.0
    parts: list[Solid] = [
        box(wall, (x0, 0, z0), (9, 7.5, 14)),
        gable(roof, (x0, 7.5, z0), (10, 5.5, 14.5)),
        box(wall, (x0, 0, z0 - 8), (4.4, 13, 4.4)),
        column(roof, (x0, 13, z0 - 8), 3.3, 9, 0.05),
        box(plain("2a2a2e"), (x0, 21.6, z0 - 8), (0.16, 1.6, 0.16)),
        box(plain("2a2a2e"), (x0, 22.4, z0 - 8), (0.8, 0.16, 0.16)),
    ]
    slab = mottled("5f6260", "8b8f88", 0.6)
    for z in np.geomspace(34, 4.6, 34):
        x = float(rng.choice((-1.0, 1.0)) * rng.uniform(0.2, 1.0) * view.half_width(z))
        y, turn, kind = (height_of(field, x, z) - 0.15, rng.normal(0, 0.25), rng.uniform())
        parts += _tombstone(slab, (x, y, float(z)), turn, kind)
    iron = plain("16161a")
    for x in np.arange(-24, 24.1, 0.55):
        parts.append(box(iron, (float(x), 0, 36.0), (0.06, 1.9, 0.06)))
    parts += [box(iron, (0, y, 36.0), (48, 0.06, 0.06)) for y in (0.4, 1.6)]
    show(canvas, cast(canvas, parts), shadows=())
    paint_blades(canvas, Blades("28321f", "5f7044", 0.32, 5200, 1.5, 24, 0.3), field)
    mist = canvas.horizon_glow.mean(axis=0) * 0.9 + canvas.light.sun * 0.22
    for base, height, strength in ((0.50, 0.06, 0.8), (0.62, 0.09, 0.75), (0.82, 0.10, 0.45)):
        fog_bank(canvas, strength, base, height, mist)
    glow_at(canvas, (x0, 3.5, z0 - 9), 1.75, (0.9, 0.5, 0.18), 0.25)


def _tombstone(slab: Material, at: tuple[float, float, float], turn: float, kind: float) -> list[Solid]:
    x, y, z = at
    if kind < 0.3:
        return [
            box(slab, (x, y, z), (0.22, 1.5, 0.18), turn),
            box(slab, (x, y + 0.95, z), (0.85, 0.2, 0.18), turn),
            box(slab, (x, y, z), (0.7, 0.3, 0.5), turn),
        ]
    if kind < 0.4:
        return [box(slab, (x, y, z), (0.9, 0.5, 0.9), turn), pyramid(slab, (x, y + 0.5, z), 0.62, 2.2, turn)]

    def rounded(hits: Hits) -> Surface:
        made = slab(hits)
        over = hits.position[:, 1] - 0.85
        solid = (over < 0) | (np.hypot(hits.position[:, 0], over) < 0.40)
        lines = (
            (np.abs(np.mod(hits.position[:, 1] / 0.14, 1) - 0.5) < 0.12)
            & (np.abs(hits.position[:, 0]) < 0.26)
            & (hits.position[:, 1] > 0.4)
            & (over < 0.1)
        )
        return Surface(np.where(lines[:, None], made.albedo * 0.6, made.albedo), None, solid)

    return [box(rounded, (x, y, z), (0.8, 1.3, 0.16), turn), box(slab, (x, y, z), (1.0, 0.18, 0.4), turn)]
