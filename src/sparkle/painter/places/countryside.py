"""Country lanes and pumpkin patches."""

from __future__ import annotations

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.grass import Blades, paint_blades
from sparkle.painter.engine.ground import Ground, ground_start, height_of, hills, paint_land
from sparkle.painter.engine.lighting import show
from sparkle.painter.engine.materials import plain, planks
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import colour, mix
from sparkle.painter.engine.plants import tree
from sparkle.painter.engine.sky import rainbow
from sparkle.painter.engine.solids import Hits, Solid, Surface, ball, box, cast, column, material
from sparkle.painter.things.farm import barn
from sparkle.painter.things.land import GRASS, grass_cover, scatter, tree_kinds


def paint_pumpkins(canvas: Canvas) -> None:
    """Pumpkins among vines before a red barn and autumn trees."""
    rng, view = canvas.rng, canvas.view
    dark, bright = GRASS["autumn"]
    field = hills(canvas.noise, 200, 18, 60, float(rng.uniform(0, 90)))
    paint_land(canvas, field, grass_cover(canvas, dark, bright, 0.35, "7a6242"), ground_start(canvas), 1200)
    kinds = [tree(canvas, "orange", rng), tree(canvas, "maple", rng), tree(canvas, "birch", rng)]
    scatter(canvas, kinds, field, 60, 220, 36, (8, 13), 0.1)
    barn(canvas, (float(rng.choice((-1.0, 1.0))) * 11.0, 0.0, 38.0))
    flesh = _pumpkin_skin()
    parts: list[Solid] = []
    for z in np.sort(1 / rng.uniform(1 / 34, 1 / 3.0, 150))[::-1]:
        x = float(rng.uniform(-1.1, 1.1) * view.half_width(z))
        y = height_of(field, x, z)
        size = rng.uniform(0.28, 0.62)
        parts.append(ball(flesh, (x, y + size * 0.33, float(z)), (size, size * 0.76, size)))
        parts.append(column(plain("6a6a34"), (x, y + size * 0.66, float(z)), 0.045, 0.11, 0.025))
    show(canvas, cast(canvas, parts), shadows=parts[::2])
    leaves = Blades(
        "3f5424", "8a9440", 0.20, 3600, 1.5, 24, 0.3, 0.03, "leaf", ("5a7030", "7f8a3c", "a08a3c"), 0.5
    )
    paint_blades(canvas, leaves, field)


@material
def _pumpkin_skin(hits: Hits) -> Surface:
    low, high = colour("b5480e"), colour("f58a24")
    angle = np.arctan2(hits.position[:, 0], hits.position[:, 2])
    ribs = np.abs(np.sin(angle * 5.5))[:, None] ** 0.6
    return Surface(low * (1 - ribs) + high * ribs)


def paint_road(canvas: Canvas) -> None:
    """A dusty road between dry fields, a fence beside it."""
    rng, noise, plan = canvas.rng, canvas.noise, canvas.plan
    dark, bright = ("8a7c3a", "cdb566") if plan.season == "summer" else GRASS[plan.season]
    seed = float(rng.uniform(0, 6))
    bare = hills(noise, 230, 18, 90, float(rng.uniform(0, 90)))

    def middle(z: Array) -> Array:
        return 7 * np.sin(z / 45 + seed) - 7 * np.sin(seed)

    def field(x: Array, z: Array) -> Array:
        off = np.abs(x - middle(z))
        return bare(x, z) * smoothstep(1, 14, off) + 0.10 * smoothstep(2.0, 2.9, off)

    turf = grass_cover(canvas, dark, bright, 0.15)

    def cover(ground: Ground) -> Array:
        off = np.abs(ground.x - middle(ground.z)) + 0.25 * noise.fbm(ground.x, ground.z, 3)
        road = smoothstep(2.35, 1.9, off)
        ruts = smoothstep(0.45, 0.15, np.abs(off - 0.85))
        dust = (
            colour("d3b98c")
            * (1 - 0.16 * ruts + 0.14 * noise.fbm(ground.x / 0.5, ground.z / 0.9, 5))[..., None]
        )
        strip = (
            smoothstep(0.4, 0.1, off)[..., None]
            * 0.45
            * smoothstep(-0.1, 0.3, noise.fbm(ground.x * 2, ground.z, 3))[..., None]
        )
        dust = dust * (1 - strip) + colour(bright) * 0.8 * strip
        return mix(turf(ground), dust, road)

    paint_land(canvas, field, cover, ground_start(canvas), 1500)
    scatter(canvas, tree_kinds(canvas), bare, 60, 380, 26, (7, 12), 0.2)
    posts: list[Solid] = []
    wood = planks("7a6a55", 0.2)
    for z in np.arange(5.0, 90, 3.4):
        for side in (-1.0, 1.0):
            posts.append(
                box(wood, (float(middle(floats(z))) + side * 3.6, 0.0, float(z)), (0.12, 1.15, 0.12))
            )
    show(canvas, cast(canvas, posts), shadows=[])

    def verge(x: Array, z: Array) -> Array:
        return np.where(np.abs(x - middle(z)) < 2.3, -90, field(x, z))

    paint_blades(canvas, Blades("6d6a30", bright, 0.42, 6500, 1.5, 28, 0.3, 0.009), verge)
    if plan.has("rainbow"):
        rainbow(canvas)
