"""Places where few people live: frontier towns, cabins, terraces."""

from __future__ import annotations

import itertools

import numpy as np

from sparkle.painter.engine.boughs import frame_with_boughs
from sparkle.painter.engine.canvas import Canvas
from sparkle.painter.engine.grass import Blades, paint_blades
from sparkle.painter.engine.ground import ground_start, hills, paint_land
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.light import fog_bank, glow, glow_at
from sparkle.painter.engine.lighting import Lamp, show
from sparkle.painter.engine.materials import brick, mottled, plain, planks, windows
from sparkle.painter.engine.noise import floats
from sparkle.painter.engine.palette import colour
from sparkle.painter.engine.plants import pine, tree
from sparkle.painter.engine.solids import Solid, ball, box, cast, column
from sparkle.painter.engine.sprites import place
from sparkle.painter.engine.strokes import stroke
from sparkle.painter.things.dry_land import far_mesas, sand
from sparkle.painter.things.facades import snowy
from sparkle.painter.things.land import GRASS, backdrop, grass_cover, scatter, snow_cover
from sparkle.painter.things.streets import chimney_smoke, dark_hour, far_towers, house


def paint_frontier(canvas: Canvas) -> None:
    """A dusty main street of false-fronted wooden houses."""
    rng = canvas.rng
    far_mesas(canvas)
    flat_sand = sand(canvas, "d2ab78", "a87f52")
    paint_land(canvas, hills(canvas.noise, 120, 4, 30, 3.0), flat_sand, ground_start(canvas), 1300)
    parts: list[Solid] = []
    for side in (-1.0, 1.0):
        z = 5.0
        while z < 78:
            wide, tall = rng.uniform(6, 9), rng.uniform(3.8, 6.6)
            code = ("8a6a4a", "a3835c", "7d7466", "9c5f42", "6f5a45")[rng.integers(5)]
            wood = windows(
                planks(code, 0.25),
                "2c2a28",
                (0.9, 1.3),
                (2.4, 2.9),
                0.4 if dark_hour(canvas) else 0.0,
                frame="d8cdb8",
            )
            x = side * (7.6 + 4)
            parts += [
                box(wood, (x, 0, z + wide / 2), (8, tall, wide - 0.3)),
                box(
                    planks(code, 0.25, False),
                    (side * 7.55, tall - 0.2, z + wide / 2),
                    (0.25, rng.uniform(1.2, 2.2), wide - 0.2),
                ),
            ]
            parts += [
                box(planks("7d6a52", 0.2), (side * 6.7, 0, z + wide / 2), (2.0, 0.3, wide - 0.1)),
                box(planks("6a5844", 0.25), (side * 6.5, 2.9, z + wide / 2), (2.6, 0.13, wide - 0.3)),
            ]
            parts += [
                box(planks("6a5844"), (side * 5.4, 0.3, z + dz), (0.15, 2.6, 0.15))
                for dz in (0.6, wide / 2, wide - 0.6)
            ]
            z += wide + (1.5 if rng.uniform() < 0.3 else 0.1)
    parts += [
        column(planks("6f5f4c", 0.2), (13.0, 5.5, 84), 2.2, 4.0),
        column(planks("5a4c3e"), (13.0, 9.5, 84), 2.5, 1.3, 0.1),
    ]
    parts += [box(planks("6f5f4c"), (13 + dx, 0, 84), (0.25, 5.6, 0.25)) for dx in (-1.6, 1.6)]
    parts += [
        column(planks("7a5a3c", 0.12), (-5.9, 0.3, 10.0), 0.4, 0.95),
        column(planks("7a5a3c", 0.12), (5.6, 0.3, 13.0), 0.4, 0.95),
    ]
    show(canvas, cast(canvas, parts), shadows=parts)
    fog_bank(
        canvas,
        0.30,
        canvas.view.horizon / canvas.view.height + 0.06,
        0.07,
        colour("d9b98c") * (canvas.light.sun * 0.4 + canvas.light.ambient * 0.6),
    )


def paint_cabin(canvas: Canvas) -> None:
    """A log cabin with lit windows in deep snow, or on a green clearing."""
    plan, rng = canvas.plan, canvas.rng
    winter = plan.season == "winter" or plan.has("snow")
    backdrop(canvas, 1300, 2400, 0.2 if winter else 0.5)
    field = hills(canvas.noise, 130, 14, 45, float(rng.uniform(0, 90)))
    dark_tone, bright = GRASS[plan.season]
    cover = snow_cover(canvas) if winter else grass_cover(canvas, dark_tone, bright)
    paint_land(canvas, field, cover, ground_start(canvas), 1200)
    pines = [pine(canvas, rng, 0.85 if winter else 0) for _ in range(3)]
    scatter(canvas, pines, field, 32, 190, 80, (8, 15), 0.0)
    side = float(rng.choice((-1.0, 1.0)))
    x, z, turn = side * 5.6, 21.0, -side * 0.5
    logs = windows(
        planks("6f4c30", 0.3, False), "33291f", (1.1, 1.2), (2.5, 2.7), 1.0, 2.0, "ffd9a0", "3f2c1c", "ffb45a"
    )
    roof = snowy(planks("54402f"), 1.0) if winter else planks("54402f", 0.3)
    parts = house(canvas, (x, 0.0, z), (7.2, 3.4, 6.0), turn, logs, roof, 1.0)
    cos, sin = np.cos(turn), np.sin(turn)
    porch = (x + 3.9 * sin, z - 3.9 * cos)
    parts += [box(planks("5a4330", 0.2), (porch[0], 0, porch[1]), (7.0, 0.3, 1.8), turn)]
    lamps = [Lamp((porch[0], 1.6, porch[1] - 1.0), (3.6, 1.9, 0.75), 0.8)]
    show(canvas, cast(canvas, parts), lamps=lamps, shadows=parts[:3])
    for z_near, share in ((13.0, -side * 0.86), (10.0, -side * 1.02), (16.0, side * 1.02)):
        x_near = share * canvas.view.half_width(z_near)
        place(canvas, pines[rng.integers(3)], (x_near, -0.1, z_near), rng.uniform(7, 9), 0.6)
    glow_at(canvas, (x, 1.7, z - 3), 1.75, (1.0, 0.55, 0.2), 0.25 if dark_hour(canvas) or winter else 0.05)
    chimney_smoke(canvas, [(x + cos * 1.6, 8.2, z)])
    if not winter:
        paint_blades(canvas, Blades(dark_tone, bright), field)


def paint_terrace(canvas: Canvas) -> None:
    """A terrace at evening with string lights, flower pots and a balustrade, hills and sea of lights behind."""
    rng, view, plan = canvas.rng, canvas.view, canvas.plan
    field = hills(canvas.noise, 220, 36, 90, float(rng.uniform(0, 90)))
    paint_land(canvas, lambda x, z: field(x, z) - 14, grass_cover(canvas, *GRASS[plan.season], 0.4), 45, 1500)
    if plan.has("towers"):
        far_towers(canvas, 600, 10)
    for _ in range(80):
        z = rng.uniform(150, 900)
        c, r = view.project(rng.uniform(-1, 1) * view.half_width(z), float(rng.uniform(-12, -4)), z)
        glow(canvas, c, r, 1.1 * view.unit, floats([1.8, 1.05, 0.45]), float(rng.uniform(0.2, 0.8)))
    pale = mottled("cfc4b0", "ded5c4", 1.0)
    parts: list[Solid] = [
        box(brick("b39a7c", "7f6d58", 0.6, 0.6, 0.2), (0, -0.2, 5), (40, 0.2, 12.5)),
        box(pale, (0, 0.95, 11), (40, 0.16, 0.5)),
        box(pale, (0, 0, 11), (40, 0.16, 0.5)),
    ]
    parts += [column(pale, (float(x), 0.16, 11.0), 0.10, 0.8, 0.07) for x in np.arange(-14, 14.1, 0.55)]
    lights: list[tuple[float, float, float]] = []
    for x in (-5.6, 5.6):
        parts += [column(planks("4f3d2e", 0.1), (x, 0, 8.6), 0.08, 4.0)]
        parts += [column(mottled("a35f42", "bf7a58", 0.4), (x * 0.98, 0, 7.6), 0.34, 0.62, 0.46)]
    for row, z in enumerate((10.6, 8.6, 6.4)):
        for t in np.linspace(0, 1, 17):
            x = -7.5 + 15 * t
            span = np.mod(t * 3, 1)
            lights.append((float(x), 3.9 - 0.75 * 4 * span * (1 - span) + 0.1 * row, z))
    parts += [
        column(planks("5a4636"), (-3.4, 0, 8.4), 0.05, 0.74),
        column(plain("f4efe6"), (-3.4, 0.74, 8.4), 0.62, 0.05),
        column(planks("5a4636"), (3.4, 0, 8.8), 0.05, 0.74),
        column(plain("f4efe6"), (3.4, 0.74, 8.8), 0.62, 0.05),
    ]
    for x, z in ((-3.4, 8.4), (3.4, 8.8)):
        parts += [ball(plain("ffcf8a", 2.2), (x, 0.9, z), (0.1, 0.2, 0.1))]
        parts += [box(planks("6a5442", 0.1), (x + dx, 0, z), (0.42, 0.46, 0.42)) for dx in (-0.95, 0.95)]
    lamps = [Lamp((x, 3.2, z), (2.2, 1.3, 0.55), 0.8) for x in (-5.0, 0.0, 5.0) for z in (6.4, 9.6)]
    show(canvas, cast(canvas, parts), lamps=lamps, sun=0.5)
    roses = [tree(canvas, "cherry", rng, 1.2)]
    for x in (-5.5, 5.5):
        place(canvas, roses[0], (x, 0.55, 7.6), 1.6)
    frame_with_boughs(canvas, "cherry" if plan.style == "romantic" else "leafy", 2, 0.42)
    _wire(canvas, lights)
    for x, y, z in lights:
        glow_at(canvas, (x, y, z), 0.055, (2.6, 1.8, 0.8), 1.3)
        glow_at(canvas, (x, y, z), 0.20, (1.0, 0.6, 0.22), 0.28)


def _wire(canvas: Canvas, lights: list[tuple[float, float, float]]) -> None:
    with canvas.drawing(Kind.SOLID) as drawing:
        for first, second in itertools.pairwise(lights):
            if first[2] == second[2]:
                ends = [canvas.view.project(x, y + 0.06, z) for x, y, z in (first, second)]
                stroke(drawing, ends, (30, 24, 22))
