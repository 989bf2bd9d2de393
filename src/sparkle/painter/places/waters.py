"""Inland water: lakes, rivers, ponds, swamps, harbours, piers."""

from __future__ import annotations

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.grass import Blades, paint_blades
from sparkle.painter.engine.ground import HeightField, ground_start, height_of, paint_land
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.light import fog_bank
from sparkle.painter.engine.lighting import show
from sparkle.painter.engine.materials import brick
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.plants import bare_tree, pine
from sparkle.painter.engine.solids import Hits, Solid, Surface, box, cast
from sparkle.painter.engine.sprites import place
from sparkle.painter.engine.water import Water, paint_water
from sparkle.painter.things.land import GRASS, backdrop, dry, far_shore, grass_cover, snow_cover, tree_kinds

LAKE = Water(deep="173c49", shallow="4b6f63", ripple=0.35, wave=0.9)


def tree_line(
    canvas: Canvas, height_at: HeightField, distance: float, count: int, size: tuple[float, float]
) -> None:
    """Trees along a far shore, thicker toward the sides."""
    rng, view = canvas.rng, canvas.view
    kinds = tree_kinds(canvas)
    if canvas.plan.has("pine", "mountains", "snowy peaks") and not canvas.plan.has("bare trees"):
        kinds = [pine(canvas, rng, 0.4 if canvas.plan.season == "winter" else 0) for _ in range(2)]
    for z in np.sort(rng.uniform(distance * 1.05, distance * 2.4, count))[::-1]:
        x = rng.choice((-1.0, 1.0)) * rng.beta(1.6, 1.1) * view.half_width(z) * 1.05
        y = height_of(height_at, x, z)
        if y > -0.1:
            place(canvas, kinds[rng.integers(len(kinds))], (x, y - 0.2, float(z)), rng.uniform(*size))


def near_bank(canvas: Canvas, start: float, dark: str, bright: str, side: float = 0.0) -> HeightField:
    """The grassy bank at the viewer's feet, ending about `start` metres ahead."""
    noise, seed = canvas.noise, float(canvas.rng.uniform(0, 90))

    def at(x: Array, z: Array) -> Array:
        edge = start + side * x * 0.35 + 1.3 * noise.fbm(x / 4 + seed, z / 9, 3, exact=2)
        return np.clip((edge - z) * 0.16, -1.2, 0.35) + 0.05 * noise.fbm(x, z, 3, exact=1)

    snowy = canvas.plan.season == "winter" and canvas.plan.has("snow", "frozen")
    cover = snow_cover(canvas) if snowy else grass_cover(canvas, dark, bright)
    paint_land(canvas, at, cover, ground_start(canvas), start * 2.5)
    return at


def paint_lake(canvas: Canvas) -> None:
    """A lake between near reeds and a far wooded shore, peaks behind when the words ask for them."""
    plan, rng = canvas.plan, canvas.rng
    dark, bright = GRASS[plan.season]
    if plan.has("mountains", "snowy peaks", "aurora") or plan.season == "winter":
        backdrop(canvas, 1350, 1900, 0.30 if plan.has("snowy peaks") or plan.season == "winter" else 0.62)
    peaks = plan.has("mountains", "snowy peaks", "aurora")
    reach = 210.0 if peaks else 130.0
    shore = far_shore(canvas, reach, 16 if peaks else 34, dark, bright, gap=0.6)
    tree_line(canvas, shore, reach, 90, (9, 15))
    if plan.weather == "fog" or plan.has("mist"):
        fog_bank(canvas, 0.75, canvas.view.horizon / canvas.view.height, 0.06)
    if plan.has("frozen"):
        paint_ice(canvas)
    else:
        paint_water(canvas, LAKE, -0.25)
    side = float(rng.choice((-1.0, 1.0)))
    bank = near_bank(canvas, 4.6, dark, bright, side)
    if plan.has("bare trees"):
        for share, z in ((0.93, 9.0), (-0.98, 12.0), (0.72, 15.0)):
            place(
                canvas,
                bare_tree(canvas, rng),
                (share * canvas.view.half_width(z), -0.3, z),
                rng.uniform(5.5, 7.5),
            )
    if not plan.has("snow", "frozen"):
        paint_blades(canvas, Blades(dark, bright, 0.28, 3500, 1.3, 9), bank)
        reeds = Blades("4c5a2a", "a3a15a", 1.15, 420, 3.0, 8.5, 0.12, 0.014, "reed", ("6b4327",), 0.3)
        paint_blades(canvas, reeds, _at_edges(bank, canvas, 0.45))


def _at_edges(field: HeightField, canvas: Canvas, clear: float) -> HeightField:
    """Keep plants out of the middle of the view."""

    def at(x: Array, z: Array) -> Array:
        inside = np.abs(x) < clear * canvas.view.half_width(1.0) * z
        return np.where(inside, -90, field(x, z))

    return at


def paint_ice(canvas: Canvas) -> None:
    """A frozen lake: a dull mirror with cracks and drifted snow."""
    view, noise = canvas.view, canvas.noise
    columns, rows = view.grid()
    z = view.focal * view.eye / np.maximum(rows - view.horizon, 0.3) + 0 * columns
    x = (columns - view.centre) / view.focal * z
    flooded = paint_water(canvas, Water(deep="3f6f86", shallow="9cc5d4", ripple=0.02, wave=9.0), 0.0)
    canvas.kinds[flooded > 0.5] = Kind.LAND
    crack = 1 - np.abs(noise.fbm(x / 3.2, z / 3.2, 4, exact=1)) * 22 / (1 + z * 0.12)
    fine = 1 - np.abs(noise.fbm(x / 1.1 + 9, z / 1.1, 4)) * 30 / (1 + z * 0.12)
    drift = smoothstep(0.0, 0.55, noise.fbm(x / 7 + 20, z / 3.5, 5))
    light = canvas.light
    white = floats([0.90, 0.95, 1.0]) * (light.sun * 0.6 + light.ambient * 0.85)
    alpha = np.clip(drift * 0.75 + np.clip(crack, 0, 1) * 0.6 + np.clip(fine, 0, 1) * 0.3, 0, 0.92)
    canvas.blend(white, alpha * flooded)


def river_bed(canvas: Canvas, width: float, seed: float) -> HeightField:
    """Banks of a river that winds away from the viewer."""
    noise, start = canvas.noise, 3.2 * float(np.sin(seed))

    def at(x: Array, z: Array) -> Array:
        middle = (z / 9) * np.sin(z / 26 + seed) * 1.1 + 3.2 * np.sin(z / 60 + seed) - start
        off = np.abs(x - middle) - width - 0.7 * noise.fbm(z / 5, x / 9, 3, exact=1)
        bank = np.clip(off * 0.35, -1.0, 0.9) + 0.25 * noise.fbm(x / 8, z / 8, 3, exact=2)
        far = (
            smoothstep(50, 260, z)
            * 26
            * (0.4 + 0.7 * noise.fbm(x / 130 + seed, z / 130, 3, exact=3))
            * np.clip(off / 60, 0, 1)
        )
        return bank + far

    return at


def paint_river(canvas: Canvas) -> None:
    """A calm river between meadows and trees."""
    plan, rng = canvas.plan, canvas.rng
    if plan.has("mountains", "snowy peaks"):
        backdrop(canvas, 1300)
    dark, bright = GRASS[plan.season]
    field = river_bed(canvas, 4.2, float(rng.uniform(0, 6)))
    _river_land(canvas, field, dark, bright)
    _bank_trees(canvas, field, 20, 160, 34)
    paint_water(canvas, LAKE, -0.35)
    paint_blades(canvas, Blades(dark, bright, 0.35, 4500, 2, 24), dry(field))


def _river_land(canvas: Canvas, field: HeightField, dark: str, bright: str) -> None:
    near = ground_start(canvas)
    snowy = canvas.plan.season == "winter" and canvas.plan.has("snow")
    paint_land(canvas, field, snow_cover(canvas) if snowy else grass_cover(canvas, dark, bright), near, 900)


def _bank_trees(canvas: Canvas, field: HeightField, near: float, far: float, count: int) -> None:
    rng, view = canvas.rng, canvas.view
    kinds = tree_kinds(canvas)
    for z in np.sort(rng.uniform(near, far, count))[::-1]:
        x = rng.choice((-1.0, 1.0)) * rng.uniform(0.3 if z > 30 else 0.72, 1.1) * view.half_width(z)
        y = height_of(field, x, z)
        if y > -0.1:
            place(canvas, kinds[rng.integers(len(kinds))], (x, y - 0.1, float(z)), rng.uniform(6, 11), 0.7)


def paint_bridge(canvas: Canvas) -> None:
    """An old arched stone bridge across the river."""
    plan = canvas.plan
    dark, bright = GRASS[plan.season]

    def field(x: Array, z: Array) -> Array:
        off = np.abs(x + 1.5 * np.sin(z / 14)) - 9 - 0.9 * canvas.noise.fbm(z / 5, x / 7, 3, exact=2)
        bank = np.clip(off * 0.3, -1.4, 1.6) + 0.3 * canvas.noise.fbm(x / 7, z / 7, 3, exact=2)
        far = smoothstep(60, 300, z) * 30 * np.clip(off / 50, 0, 1)
        return bank + far

    _river_land(canvas, field, dark, bright)
    _bank_trees(canvas, field, 46, 170, 40)
    show(canvas, cast(canvas, [arched_wall(26.0, 44.0, 6.0, 3.6)]))
    paint_water(canvas, LAKE, -0.5)
    _bank_trees(canvas, field, 14, 24, 5)
    paint_blades(canvas, Blades(dark, bright, 0.35, 4200, 2, 20), dry(field))


def arched_wall(z: float, length: float, height: float, thick: float) -> Solid:
    """A stone wall with three arches, humped like an old bridge."""
    stonework = brick("b3a288", "6d6252", 0.75, 0.34, 0.35)

    def surface(hits: Hits) -> Surface:
        made = stonework(hits)
        x, y = hits.position[:, 0], hits.position[:, 1] - 1.2
        top = height - 1.2 - 2.1 * (x / length * 2) ** 2
        solid = y < top
        for centre, radius in ((0.0, 4.3), (-9.6, 3.3), (9.6, 3.3)):
            inside = ((x - centre) ** 2 + np.maximum(y - 0.0, 0) ** 2 < radius**2) & (y < radius)
            solid &= ~inside
            ring = np.abs(np.hypot(x - centre, np.maximum(y, 0)) - radius - 0.3) < 0.3
            made.albedo[ring] *= 1.18
        ledge = np.abs(y - (top - 0.9)) < 0.12
        made.albedo[ledge] *= 0.8
        return Surface(made.albedo, made.glow, solid)

    return box(surface, (0.0, -1.2, z), (length, height, thick))
