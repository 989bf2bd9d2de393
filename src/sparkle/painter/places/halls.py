"""Large rooms: greenhouse and jazz club."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sparkle.painter.engine.canvas import Canvas
from sparkle.painter.engine.ground import hills, paint_land
from sparkle.painter.engine.light import beams, glow_at
from sparkle.painter.engine.lighting import Lamp, show
from sparkle.painter.engine.materials import brick, mottled, plain, planks
from sparkle.painter.engine.noise import floats
from sparkle.painter.engine.palette import colour
from sparkle.painter.engine.plants import tree
from sparkle.painter.engine.sky import paint_sky
from sparkle.painter.engine.solids import Hits, Solid, Surface, ball, box, cast, column
from sparkle.painter.engine.sprites import place
from sparkle.painter.engine.weather import WEATHERS
from sparkle.painter.things.furniture import WARM, chair, cloth, light_pool, panelled, room, step_inside
from sparkle.painter.things.land import GRASS, grass_cover, scatter, tree_kinds


def paint_greenhouse(canvas: Canvas) -> None:
    """A glass house: iron ribs with the sky behind, benches of plants on both sides, hanging baskets."""
    inside, rng, view = canvas.light, canvas.rng, canvas.view
    # The air inside is clear, and the glass shows the weather.
    canvas.light = replace(inside, haze_per_km=WEATHERS[canvas.plan.weather].haze)
    paint_sky(canvas)
    field = hills(canvas.noise, 150, 14, 30, 3.0)
    paint_land(canvas, field, grass_cover(canvas, *GRASS[canvas.plan.season]), 14, 600)
    scatter(canvas, tree_kinds(canvas), field, 22, 80, 40, (6, 10), 0.0)
    canvas.light = inside
    canvas.rgb[:] = canvas.rgb * 0.62 + colour("dfeee6") * 0.30

    def frame(hits: Hits) -> Surface:
        position, normal = hits.position, np.abs(hits.normal)
        u = np.where(normal[:, 0] > 0.5, position[:, 2], position[:, 0])
        v = np.where(normal[:, 1] > 0.3, position[:, 2], position[:, 1])
        x, y = np.mod(u / 0.9, 1) * 0.9, np.mod(v / 1.15, 1) * 1.15
        wide = np.maximum(0.028, hits.footprint * 0.55)
        bar = (np.minimum(x, 0.9 - x) < wide) | (np.minimum(y, 1.15 - y) < wide) | (position[:, 1] < 0.7)
        bar |= hits.normal[:, 1] > 0.9
        tone = np.where(
            (hits.normal[:, 1] > 0.9)[:, None],
            colour("a39a86"),
            np.where((position[:, 1] < 0.7)[:, None], colour("b5a890"), colour("e6ece6")),
        )
        rough = 1 + 0.12 * canvas.noise.fbm(position[:, 0] * 3, position[:, 2] * 3, 3)
        return Surface((tone * rough[:, None]), None, bar)

    w, h = 4.6, 3.0
    planes = floats(
        [
            [1, 0, 0, w],
            [-1, 0, 0, w],
            [0.5, 0.866, 0, 0.866 * h + 0.5 * w],
            [-0.5, 0.866, 0, 0.866 * h + 0.5 * w],
            [0, -1, 0, 0],
            [0, 0, 1, 9.5],
            [0, 0, -1, 9.5],
        ]
    )
    hall = Solid(frame, (0, 0, 8.0), (-w, 0, -9.5), (w, 6, 9.5), planes=planes, inside=True)
    parts: list[Solid] = [hall, box(brick("b3a68f", "82765f", 0.5, 0.5, 0.2), (0, 0, 8), (2.0, 0.02, 19))]
    for side in (-1.0, 1.0):
        parts += [box(planks("8a6f50", 0.15), (side * 3.3, 0, 9), (1.9, 0.85, 15))]
    model = cast(canvas, parts)
    show(canvas, model, sky=1.2, sun=0.5)
    sorts = (("young", 1.4), ("leafy", 1.3), ("shrub", 1.5), ("cherry", 1.3), ("olive", 1.4))
    kinds = [tree(canvas, sort, rng, spread) for sort, spread in sorts]
    clay = mottled("a3593f", "b9714f", 0.3)
    for z in np.geomspace(15.5, 3.4, 26):
        for side in (-1.0, 1.0):
            x, tall = side * rng.uniform(2.5, 4.1), rng.uniform(0.8, 1.7)
            show(canvas, cast(canvas, [column(clay, (x, 0.85, float(z)), 0.13, 0.26, 0.17)]))
            place(canvas, kinds[rng.integers(5)], (x, 1.02, float(z)), tall)
    for z in np.geomspace(14, 3.6, 12):
        for side in (-1.0, 1.0):
            x, y = side * rng.uniform(1.2, 3.0), rng.uniform(2.75, 3.3)
            basket = ball(plain("6b5338"), (x, y, float(z)), (0.42, 0.30, 0.42))
            cord = column(plain("4a4a44"), (x, y + 0.1, float(z)), 0.012, 2.2)
            show(canvas, cast(canvas, [basket, cord]))
            place(canvas, kinds[rng.integers(3)], (x, y - 0.75, float(z)), 1.15)
            hanging = kinds[rng.integers(2)]
            upside_down = type(hanging)(np.ascontiguousarray(hanging.rgba[::-1]))
            place(canvas, upside_down, (x, y - 1.0, float(z) - 0.05), 1.15)
    beams(canvas, 0.5, (view.width * 0.5, -0.2 * view.height))


def paint_club(canvas: Canvas) -> None:
    """A small stage before red curtains, spotlights, round tables with lamps."""
    step_inside(canvas, "6a3a4a", 0.22)
    rng = canvas.rng
    end = 9.5
    parts: list[Solid] = [
        room(
            planks("4a2c1e", 0.16),
            panelled("4a2520"),
            mottled("1c1416", "2a1d20", 2),
            cloth("8f1a22", 5),
            (11.0, 4.6, end + 3),
        )
    ]
    parts += [
        box(planks("5f3a24", 0.2, False), (0, 0, 8.2), (7.6, 0.55, 2.6)),
        box(plain("b08a3e"), (0, 0.50, 6.88), (7.6, 0.06, 0.06)),
    ]
    for x in (-1.0, 1.0):
        parts.append(box(cloth("a81f28", 9), (x * 4.5, 0, 8.4), (1.8, 4.4, 0.4)))
    parts.append(box(cloth("8f1a22", 7), (0, 3.75, 8.2), (10.6, 0.8, 0.3)))
    for i in range(17):
        parts.append(ball(plain("ffdf9a", 2.4), (-3.6 + 0.45 * i, 0.60, 6.86), (0.09, 0.09, 0.09)))
    side = float(rng.choice((-1.0, 1.0)))
    black, brass = plain("141216"), plain("c9a04a", 0.15)
    parts += [
        box(black, (side * 2.1, 0.55 + 0.62, 8.3), (1.7, 0.34, 1.4)),
        box(black, (side * 2.1, 1.62, 8.75), (1.7, 0.9, 0.05), 0.3),
        box(plain("f2efe6"), (side * 2.1, 1.36, 7.56), (1.4, 0.05, 0.22)),
        *(
            box(black, (side * 2.1 + dx, 0.55, 8.3 + dz), (0.09, 0.62, 0.09))
            for dx in (-0.7, 0.7)
            for dz in (-0.5, 0.5)
        ),
    ]
    dx = -side * 1.9
    parts += [
        column(mottled("b5382e", "8f2a24", 0.5), (dx, 0.72, 8.4), 0.42, 0.42),
        column(plain("ece6da"), (dx, 1.14, 8.4), 0.42, 0.02),
        column(plain("ece6da"), (dx + 0.6, 1.1, 8.2), 0.2, 0.2),
        column(brass, (dx - 0.7, 1.45, 8.3), 0.34, 0.015),
        column(brass, (dx - 0.7, 0.55, 8.3), 0.015, 0.9),
        column(brass, (dx + 0.7, 1.6, 8.5), 0.3, 0.015),
        column(brass, (dx + 0.7, 0.55, 8.5), 0.015, 1.05),
    ]
    parts += [
        column(plain("3a3a3e"), (0.1, 0.55, 7.5), 0.015, 1.45),
        ball(plain("b9bcc0"), (0.1, 2.05, 7.45), (0.12, 0.18, 0.12)),
        column(plain("3a3a3e"), (0.1, 0.55, 7.5), 0.16, 0.02),
    ]
    lamps: list[Lamp] = []
    for x, z in (
        (-3.6, 5.4),
        (3.5, 5.0),
        (-1.9, 6.0),
        (2.0, 6.1),
        (-4.2, 3.6),
        (4.3, 3.4),
        (-2.7, 4.2),
        (2.9, 3.9),
    ):
        parts += [
            column(plain("2a1a14"), (x, 0, z), 0.05, 0.72),
            column(cloth("e6d9c4", 9), (x, 0.30, z), 0.50, 0.44, 0.46),
            column(brass, (x, 0.74, z), 0.03, 0.15),
            column(plain("ffb45a", 1.6), (x, 0.88, z), 0.13, 0.14, 0.07),
        ]
        parts += chair((x - 0.75, 0, z + 0.1), -1.4, "3a2018") + chair((x + 0.75, 0, z), 1.4, "3a2018")
        lamps.append(Lamp((x, 1.0, z - 0.05), (1.1, 0.6, 0.24), 0.35))
    stage = ((-2.6, (4.5, 1.6, 2.2)), (0.0, (5.5, 4.2, 2.6)), (2.6, (1.6, 2.0, 5.0)))
    lamps += [Lamp((x, 4.0, 7.2), tone, 0.8) for x, tone in stage]
    show(canvas, cast(canvas, parts), lamps, sun=0)
    for x, tone in stage:
        for aim in (-0.9, 0.5):
            light_pool(
                canvas,
                [(x - 0.10, 4.3, 6.2), (x + 0.10, 4.3, 6.2), (x + 0.10, 4.2, 6.3), (x - 0.10, 4.2, 6.3)],
                (aim * 1.3 - x * 0.35, -3.6, 1.9),
                floats(tone) / 5,
                0.9,
            )
    for lamp in lamps[:8]:
        glow_at(canvas, lamp.place, 0.28, WARM, 0.45)
    _stage_cones(canvas, stage)


def _stage_cones(canvas: Canvas, stage: tuple[tuple[float, tuple[float, float, float]], ...]) -> None:
    """Visible cones of the spotlights, with smoke in them."""
    view = canvas.view
    columns, rows = view.grid()
    smoke = 0.55 + 0.6 * canvas.noise.fbm(columns / view.height * 3.5, rows / view.height * 3.5, 5)
    for x, tone in stage:
        c, r = view.project(x, 4.6, 7.4)
        for lean in (-0.28, 0.22):
            down = np.maximum(rows - r, 0) / view.height
            across = (columns - c - lean * down * view.height) / (view.height * (0.012 + 0.19 * down))
            cone = np.exp(-(across**2) * 1.6) * np.exp(-down * 1.7) * (rows > r)
            canvas.add(np.clip(cone * smoke, 0, 2)[..., None] * floats(tone) * 0.055)
