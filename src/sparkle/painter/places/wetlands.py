"""Garden ponds and swamps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.grass import Blades, paint_blades
from sparkle.painter.engine.ground import ground_start, paint_land
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.light import fog_bank
from sparkle.painter.engine.lighting import show
from sparkle.painter.engine.materials import plain
from sparkle.painter.engine.noise import smoothstep
from sparkle.painter.engine.palette import colour, tones
from sparkle.painter.engine.plants import bare_tree, tree
from sparkle.painter.engine.sky import paint_sky
from sparkle.painter.engine.solids import Solid, cast, column
from sparkle.painter.engine.sprites import place
from sparkle.painter.engine.strokes import stroke
from sparkle.painter.engine.water import Water, paint_water
from sparkle.painter.things.land import GRASS, dry, grass_cover
from sparkle.painter.things.landmarks import pixel_tone

MURKY = Water(deep="2a2f1c", shallow="4a4a2a", ripple=0.12, wave=0.6)


def paint_pond(canvas: Canvas) -> None:
    """A garden pond with lily pads, flowers and overhanging trees, a small arched footbridge behind."""
    rng, view, noise = canvas.rng, canvas.view, canvas.noise
    dark, bright = GRASS["summer" if canvas.plan.season == "summer" else canvas.plan.season]

    def field(x: Array, z: Array) -> Array:
        ring = np.hypot((x + 0.5) / 1.5, z - 13) - 8.0 + 1.2 * noise.fbm(x / 4, z / 4, 3, exact=2)
        return np.clip(ring * 0.25, -0.8, 0.5) + smoothstep(24, 60, z) * 2.5

    paint_land(canvas, field, grass_cover(canvas, dark, bright), ground_start(canvas), 90)
    kinds = [tree(canvas, "leafy", rng), tree(canvas, "young", rng), tree(canvas, "olive", rng)]
    for z in np.sort(rng.uniform(24, 60, 46))[::-1]:
        kind, x = kinds[rng.integers(3)], rng.uniform(-1.1, 1.1) * view.half_width(z)
        place(canvas, kind, (x, 0.4, float(z)), rng.uniform(5, 10), 0.5)
    bushes = [tree(canvas, "shrub", rng, 1.4)]
    for _ in range(16):
        z = rng.uniform(21.5, 24)
        x = rng.uniform(-1, 1) * view.half_width(z)
        place(canvas, bushes[0], (x, 0.2, z), rng.uniform(1.2, 2.6), 0.4)
    tones = ("e65a8c", "f2a33a", "d8436a", "f7e26b", "ffffff", "a56bd6")
    paint_blades(
        canvas, Blades(dark, bright, 0.75, 1300, 19.5, 24, 0.1, 0.02, "flower", tones, 0.9), dry(field)
    )
    paint_water(canvas, Water(deep="22472f", shallow="4d7a50", ripple=0.2, wave=0.7), -0.2)
    lily_pads(canvas)
    paint_blades(
        canvas, Blades(dark, bright, 0.5, 2600, 1.4, 6, 0.2, 0.01, "flower", tones, 0.18), dry(field)
    )


def lily_pads(canvas: Canvas) -> None:
    """Round leaves and blossoms lying on the water."""
    rng, view = canvas.rng, canvas.view
    leaf, rim, petal = plain("4f8a3c"), plain("7fb04a"), plain("f3b6cf")
    parts: list[Solid] = []
    for _ in range(14):
        z = rng.uniform(7, 18)
        cx = rng.uniform(-0.85, 0.85) * view.half_width(z)
        for _ in range(int(rng.integers(4, 11))):
            x, depth, radius = cx + rng.normal(0, 0.8), z + rng.normal(0, 0.7), rng.uniform(0.18, 0.36)
            parts.append(column(leaf if rng.uniform() < 0.6 else rim, (x, -0.2, depth), radius, 0.02))
            if rng.uniform() < 0.22:
                parts.append(column(petal, (x, -0.18, depth), 0.05, 0.13, 0.13))
    show(canvas, cast(canvas, parts))


def paint_swamp(canvas: Canvas) -> None:
    """Dark water, twisted trees with hanging moss, mist under a dull green sky."""
    if canvas.plan.time == "day":
        canvas.palette = replace(
            canvas.palette,
            **tones(
                zenith="66755f", middle="8f9d84", horizon="c3c9a8", cloud_lit="c9cfb6", cloud_shade="6f7a66"
            ),
        )
        canvas.light = replace(canvas.light, haze=colour("aeb79a"), sun=canvas.light.sun * 0.6)
    paint_sky(canvas)
    rng, view, noise = canvas.rng, canvas.view, canvas.noise

    def field(x: Array, z: Array) -> Array:
        clumps = noise.fbm(x / 7 + 5, z / 7, 4, exact=2)
        return 0.55 * (clumps - 0.28) + smoothstep(60, 110, z) * 1.2

    cover = grass_cover(canvas, "2f3a1e", "5f6a34", 0.0)
    paint_land(canvas, field, cover, ground_start(canvas), 160)
    trees = [bare_tree(canvas, rng, 0.42, "39342b") for _ in range(3)]
    for z in np.sort(1 / rng.uniform(1 / 95, 1 / 17, 34))[::-1]:
        x = rng.choice((-1.0, 1.0)) * rng.uniform(0.12, 1.05) * view.half_width(z)
        place(canvas, trees[rng.integers(3)], (x, -0.2, float(z)), rng.uniform(7, 12))
        if z > 30 and rng.uniform() < 0.5:
            fog_bank(canvas, 0.10, view.horizon / view.height, 0.10)
    paint_water(canvas, MURKY, 0.0)
    for share, z in ((0.86, 9.0), (-0.9, 7.5)):
        place(canvas, trees[rng.integers(3)], (share * view.half_width(z), -0.1, z), 7.5)
    hanging_moss(canvas)
    stalks = Blades("39421f", "7d7f43", 0.55, 2600, 2.5, 30, 0.12)
    paint_blades(canvas, stalks, lambda x, z: np.where(field(x, z) < 0, -90, field(x, z)))
    fog_bank(canvas, 0.6, view.horizon / view.height + 0.03, 0.09)


def hanging_moss(canvas: Canvas) -> None:
    """Curtains of moss from branches above the picture."""
    rng, view = canvas.rng, canvas.view

    greens = [pixel_tone(canvas, code, 9.0, 0.25) for code in ("39402a", "4b5233", "2b3020")]
    with canvas.drawing(Kind.FOLIAGE) as drawing:
        for _ in range(26):
            x0 = (rng.beta(0.5, 0.5)) * view.width
            long = rng.uniform(0.12, 0.42) * view.height * (0.5 + abs(x0 / view.width - 0.5))
            for _ in range(26):
                x, tall = x0 + rng.normal(0, 9) * view.unit, long * rng.uniform(0.3, 1)
                bend, end = rng.normal(0, 3) * view.unit, rng.normal(0, 4) * view.unit
                points = [(x, -4), (x + bend, tall * 0.6), (x + end, tall)]
                stroke(drawing, points, greens[rng.integers(3)], max(round(view.unit), 1))
