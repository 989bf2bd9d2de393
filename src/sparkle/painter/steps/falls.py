"""A waterfall in the jungle: wet cliffs, white veils, a pool, broad leaves near the eye."""

from __future__ import annotations

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas, blur
from sparkle.painter.engine.ground import Ground
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import colour, mix
from sparkle.painter.engine.plants import SIZE, light_tones
from sparkle.painter.engine.sprites import Sheet, Sprite, paste
from sparkle.painter.engine.water import WATERS, paint_foam, paint_water
from sparkle.painter.scene import Scene, step
from sparkle.painter.things.covers import cover
from sparkle.painter.things.dry_land import rock_cover
from sparkle.painter.things.fields import field
from sparkle.painter.things.landmarks import lit

TOP, FOOT = (15.2, 41.0), (0.0, 34.0)  # height and distance of the edge and of the pool


@field
def fall_cliff(s: Scene, seed: float, x: Array, z: Array, at: float) -> Array:
    """Cliffs in two terraces around a bay, where the water falls."""
    x_fall = s.side * at
    edge = z - 33 - 9 * np.exp(-(((x - x_fall) / 9) ** 2)) + np.abs(x - x_fall) * 0.18
    edge = edge + 3.5 * s.noise.fbm(x / 7 + seed, z / 12, 4, exact=2)
    terrace = smoothstep(0, 2.6, edge) * 0.42 + smoothstep(3.2, 5.6, edge) * 0.58
    tall = 15 + 4 * s.noise.fbm(x / 17 + seed, z / 40, 3, exact=2)
    return terrace * tall - 0.6 + 0.3 * s.noise.fbm(x, z, 3)


@cover
def mossy(s: Scene, g: Ground) -> Array:
    """Wet rock under moss."""
    growth = s.noise.fbm(g.x / 2.2, g.height / 1.8 + g.z / 5, 6, gain=0.62) + 0.35 * (g.slope - 0.3)
    tone = s.noise.fbm(g.x * 1.7, g.height * 1.9 + g.z, 4)[..., None]
    leaf = colour("2f5a1f") * (0.85 + 0.55 * tone) + colour("7da33f") * np.clip(tone, 0, 1) * 0.35
    return mix(
        rock_cover(s.canvas, "7d7566", "332f29", "4f7a2c", 0.3)(g), leaf, smoothstep(-0.10, 0.28, growth)
    )


def _foot(s: Scene, at: float) -> tuple[float, float, float]:
    """Where the water meets the pool: column, row and half its width, in pixels."""
    view = s.canvas.view
    column, _ = view.project(s.side * at, *TOP)
    return column, view.project(s.side * at, *FOOT)[1], 2.5 * view.focal / 38


@step
def veil_of_water(s: Scene, at: float) -> None:
    """White water from the cliff's edge to the pool, `at` metres from the middle."""
    canvas, view, noise = s.canvas, s.canvas.view, s.noise
    column, foot, half = _foot(s, at)
    _, top = view.project(s.side * at, *TOP)
    columns, rows = view.grid()
    down = (rows - top) / (foot - top)
    across = (columns - column) / (half * (0.62 + 0.5 * np.clip(down, 0, 1)))
    streaks = noise.fbm(across * 7 + 3, rows / (70 * view.unit) - down * 1.2, 5, gain=0.62)
    steps = noise.fbm(across * 3 + 9, rows / (26 * view.unit), 3)
    alpha = smoothstep(1.12, 0.55, np.abs(across) + 0.30 * streaks) * smoothstep(-0.03, 0.05, down)
    alpha = alpha * (rows < foot + 3 * view.unit) * np.clip(0.74 + 0.45 * streaks, 0.15, 1)
    white = lit(canvas, floats([0.90, 0.95, 0.97]), 0.5, 0.8)
    canvas.blend(white * (0.80 + 0.28 * streaks + 0.16 * steps)[..., None], blur(alpha, 0.5 * view.unit))
    canvas.kinds[alpha > 0.4] = Kind.FALL


@step
def falls_pool(s: Scene, at: float) -> None:
    """The pool, churned white below the fall, and mist over it."""
    canvas, view, noise = s.canvas, s.canvas.view, s.noise
    flooded = paint_water(canvas, WATERS["jungle"], -0.1)
    columns, rows = view.grid()
    column, foot, half = _foot(s, at)
    off, below = (columns - column) / half, (rows - foot) / view.unit
    churn = np.exp(-((off / 1.9) ** 2) - np.maximum(below, 0) / 22)
    lace = noise.fbm(columns / (9 * view.unit), rows / (3 * view.unit), 4, gain=0.6)
    paint_foam(canvas, np.clip(churn * (0.9 + 0.8 * lace), 0, 1), flooded)
    patch = noise.fbm(columns / (46 * view.unit), rows / (30 * view.unit), 4)
    cloud = np.exp(-((off / 2.4) ** 2) - ((below + 8) / 34) ** 2) * (0.65 + 0.5 * patch)
    canvas.blend(lit(canvas, floats([0.9, 0.95, 0.96]), 0.4, 0.8), np.clip(cloud, 0, 0.9))


@step
def broad_leaves(s: Scene) -> None:
    """Large leaves in the lower corners and along the sides, a little out of focus."""
    rng, view = s.rng, s.canvas.view
    made = [Sprite(blur(broad_leaf(s.canvas, rng).rgba, 1.5)) for _ in range(3)]
    for left in [True] * 8 + [False] * 8:
        tall = rng.uniform(0.22, 0.46) * view.height
        wide, x, y = tall * rng.uniform(0.8, 1.2), rng.uniform(-0.10, 0.13), rng.uniform(0.52, 1.06)
        sprite = s.one_of(made) if left else s.one_of(made).mirrored()
        at = ((x if left else 1 - x) * view.width - wide / 2, y * view.height - tall / 2, wide, tall)
        paste(s.canvas, sprite, at, 1.5)


def broad_leaf(canvas: Canvas, rng: np.random.Generator) -> Sprite:
    """One arching banana-like leaf with ribs, torn at the edge."""
    sheet, light = Sheet(SIZE, SIZE), canvas.light
    t = np.linspace(0, 1, 46)
    bow = rng.uniform(0.25, 0.5)
    spine = np.stack([SIZE * (0.05 + 0.9 * t), SIZE * (0.85 - 1.3 * t + (0.55 + bow) * t**2)], axis=1)
    half = SIZE * 0.15 * np.sin(np.pi * np.clip(t * 0.94 + 0.04, 0, 1)) ** 0.7
    dark, bright = colour("1f4a22"), colour("7fb03f")
    for side in (-1.0, 1.0):
        for i in range(45):
            cut = rng.uniform(0.78, 1.0)
            direction = np.array([0.35, side])
            a, b = spine[i], spine[i + 1]
            shape = floats([a, b, b + direction * half[i + 1] * cut, a + direction * half[i] * cut])
            facing = floats(
                [np.clip(0.55 - 0.25 * side + 0.10 * (i % 3) - 0.2 * t[i] + rng.normal(0, 0.04), 0, 1)]
            )
            tone = dark * (1 - facing[0]) + bright * facing[0]
            sheet.polygon(shape, light_tones(light, tone, facing)[0])
    for i in range(45):
        sheet.limb(spine[i], spine[i + 1], (5, 4), light_tones(light, colour("a9c46a"), floats([0.6]))[0])
    return sheet.sprite()
