"""Harbours and piers."""

from __future__ import annotations

import numpy as np

from sparkle.painter.engine.canvas import Canvas
from sparkle.painter.engine.light import glow
from sparkle.painter.engine.lighting import show
from sparkle.painter.engine.materials import brick, mottled, planks, windows
from sparkle.painter.engine.noise import floats
from sparkle.painter.engine.solids import Solid, box, cast, column, gable
from sparkle.painter.engine.water import Water, paint_water
from sparkle.painter.things.land import GRASS, far_shore
from sparkle.painter.things.landmarks import sailboat, street_lamp


def paint_harbor(canvas: Canvas) -> None:
    """Moored sailing boats before a row of harbour houses."""
    rng, view, plan = canvas.rng, canvas.view, canvas.plan
    dark = plan.time in ("dusk", "night")
    far_shore(canvas, 190, 45, *GRASS[plan.season])
    houses: list[Solid] = []
    walls = ("e8d8b8", "d99a72", "f0e9dc", "c9735a", "dcc27f", "a9b9bd", "e6b9a0")
    x = -view.half_width(120.0) * 1.1
    while x < view.half_width(120.0) * 1.1:
        w, h = rng.uniform(7, 11), rng.uniform(7, 12)
        face = windows(
            mottled(walls[rng.integers(7)], walls[rng.integers(7)], 6),
            size=(1.0, 1.5),
            pitch=(2.2, 3.0),
            lit_share=0.5 if dark else 0,
            salt=x,
        )
        houses += [
            box(face, (x + w / 2, 0.4, 118), (w, h, 10)),
            gable(mottled("8a4a36", "a8644a", 2), (x + w / 2, h + 0.4, 118), (10.4, 3.2, w + 0.3), np.pi / 2),
        ]
        x += w
    quay = box(brick("8f877a", "5b554d", 1.2, 0.5), (0, -1.0, 118), (400, 1.6, 26))
    show(canvas, cast(canvas, [*houses, quay]), shadows=houses)
    lights = []
    if dark:
        for x in np.arange(-60, 61, 9.0):
            lights.append(street_lamp(canvas, (float(x) + rng.uniform(-2, 2), 0.6, 104), 4.2, True, True))
    paint_water(canvas, Water(deep="16394a", shallow="3f7078", ripple=0.35, wave=1.0), 0.0)
    for z in np.sort(rng.uniform(17, 70, 15))[::-1]:
        side = rng.choice((-1.0, 1.0))
        sailboat(
            canvas, side * rng.uniform(0.22, 0.98) * view.half_width(z), float(z), rng.uniform(8, 12), True
        )
    if dark:
        for place_of in lights:
            c, r = view.project(*place_of)
            for step in range(12):
                row, sway = 2 * view.horizon - r + step * 9 * view.unit, rng.normal(0, 2) * view.unit
                glow(canvas, c + sway, row, 4.5 * view.unit, floats([0.55, 0.32, 0.12]), 0.5 * 0.88**step)
    show(canvas, cast(canvas, [box(planks("8a7358", 0.2, True), (0, -0.4, 2.2), (60, 0.55, 4.6))]))
    for x in (-3.4, 3.5):
        show(canvas, cast(canvas, [column(planks("6d5a45", 0.3), (x, -0.4, 4.2), 0.16, 1.5)]))


def paint_pier(canvas: Canvas) -> None:
    """A long wooden pier that runs out into the sea."""
    rng = canvas.rng
    deep = "145a78" if canvas.plan.weather == "clear" else "2d4650"
    water = Water(deep, "5f8a8c", 0.5, 1.2 if canvas.plan.has("still water") else 2.2)
    paint_water(canvas, water, -1.6)
    wood = planks("8d8071", 0.22, False)
    post = planks("6f6458", 0.3)
    shift = float(rng.choice((-1.0, 1.0))) * 0.7
    parts: list[Solid] = [box(wood, (shift, -0.25, 47), (3.4, 0.25, 92))]
    for z in np.arange(5.0, 92, 4.4):
        for side in (-1.75, 1.75):
            parts.append(column(post, (shift + side, -2.2, float(z)), 0.13, 3.3))
    for side in (-1.75, 1.75):
        for y in (0.55, 1.0):
            parts.append(box(post, (shift + side, y, 48), (0.07, 0.09, 88)))
    parts += [
        box(wood, (shift, -0.25, 96), (9, 0.25, 9)),
        box(planks("7b8a90", 0.2), (shift, 0, 97), (4.5, 2.8, 4)),
        gable(planks("59524b", 0.2), (shift, 2.8, 97), (5.2, 1.5, 5)),
    ]
    if canvas.plan.has("street lamps"):
        parts.append(column(post, (shift + 1.75, 0, 20.0), 0.06, 3.6))
    show(canvas, cast(canvas, parts), shadows=parts[-4:])
