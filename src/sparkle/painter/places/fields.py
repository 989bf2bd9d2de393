"""Open country: meadows, prairies, crops in rows, moors, valleys."""

from __future__ import annotations

import numpy as np

from sparkle.painter.engine.canvas import Canvas
from sparkle.painter.engine.grass import Blades, paint_blades
from sparkle.painter.engine.ground import ground_start, hills, paint_land
from sparkle.painter.engine.light import fog_bank, glow, shafts
from sparkle.painter.engine.noise import floats
from sparkle.painter.plan import ScenePlan
from sparkle.painter.things.farm import barn
from sparkle.painter.things.land import GRASS, backdrop, grass_cover, scatter, snow_cover, tree_kinds


def paint_meadow(canvas: Canvas) -> None:
    """Rolling grassland with trees."""
    plan, rng = canvas.plan, canvas.rng
    if plan.has("mountains", "snowy peaks"):
        backdrop(canvas, 1500)
    dark, bright = GRASS[plan.season]
    field = hills(canvas.noise, 170, 26, 35, float(rng.uniform(0, 90)))
    snowy = plan.has("snow", "frost") and plan.season == "winter"
    cover = snow_cover(canvas) if snowy else grass_cover(canvas, dark, bright)
    paint_land(canvas, field, cover, ground_start(canvas), 1500)
    trees = tree_kinds(canvas)
    scatter(canvas, trees, field, 45, 260, 26, (7, 11))
    if plan.has("silhouettes"):
        scatter(canvas, trees, field, 22, 34, 3, (7, 9), 0.62)
    if plan.has("barn"):
        barn(canvas, (float(rng.choice((-1.0, 1.0))) * 24, 0.0, 70.0))
    if plan.weather == "storm" or plan.has("beams"):
        shafts(canvas, 0.5 if plan.weather == "storm" and plan.style == "photo" else 0.2)
    if plan.weather == "fog" or plan.has("mist"):
        fog_bank(canvas, 0.7, canvas.view.horizon / canvas.view.height + 0.03, 0.06)
    if snowy:
        paint_blades(canvas, Blades("8d8a78", "e9eef5", 0.26, 2400), field)
        return
    for tones, share, head in meadow_flowers(plan):
        paint_blades(
            canvas, Blades(dark, bright, 0.26, 1500, head=head, heads=tones, head_share=share), field
        )
    paint_blades(canvas, Blades(root=dark, tip=bright), field)
    if plan.has("fireflies"):
        fireflies(canvas)


def meadow_flowers(plan: ScenePlan) -> list[tuple[tuple[str, ...], float, str]]:
    """Flower heads of the plan: tones, share of stalks, shape."""
    if plan.leaves_out("flowers"):
        return []
    if plan.has("dandelions"):
        return [(("f7cf2a", "ffdf4a"), 0.9, "flower")] * 2 + [(("f4f4f2",), 0.8, "puff")]
    if plan.has("poppies"):
        return [(("d8261c", "f04a2a"), 0.8, "flower")]
    if plan.has("flowers"):
        return [(("f7d24a", "f2f2ee", "d65f9a", "7f6fd0", "e8663f"), 0.8, "flower")]
    return [(("f4f2e6", "f0d860", "b79ad8"), 0.25, "flower")] if plan.season in ("spring", "summer") else []


def fireflies(canvas: Canvas) -> None:
    """Small warm lights over the grass."""
    rng, view = canvas.rng, canvas.view
    for _ in range(75):
        z = 1 / rng.uniform(1 / 40, 1 / 4)
        c, r = view.project(rng.uniform(-1, 1) * view.half_width(z), rng.uniform(0.3, 2.2), z)
        size = np.clip(0.05 * view.focal / z, 1.0 * view.unit, 4 * view.unit)
        glow(canvas, c, r, float(size), floats([1.5, 1.6, 0.4]), float(rng.uniform(0.4, 1.2)))
