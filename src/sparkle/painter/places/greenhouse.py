"""The greenhouse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sparkle.painter.engine.canvas import Canvas
from sparkle.painter.engine.ground import hills, paint_land
from sparkle.painter.engine.light import beams
from sparkle.painter.engine.lighting import show
from sparkle.painter.engine.materials import brick, mottled, plain, planks
from sparkle.painter.engine.noise import floats
from sparkle.painter.engine.palette import colour
from sparkle.painter.engine.plants import tree
from sparkle.painter.engine.sky import paint_sky
from sparkle.painter.engine.solids import Hits, Solid, Surface, ball, box, cast, column
from sparkle.painter.engine.sprites import place
from sparkle.painter.engine.weather import WEATHERS
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
