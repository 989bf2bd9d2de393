"""A waterfall in the jungle: wet cliffs, white veils, a pool, broad leaves near the eye."""

from __future__ import annotations

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas, blur
from sparkle.painter.engine.ground import Cover, Ground, HeightField, height_of, paint_land
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.light import fog_bank
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import colour, mix
from sparkle.painter.engine.plants import SIZE, light_tones, palm, tree
from sparkle.painter.engine.sprites import Sheet, Sprite, paste, place
from sparkle.painter.engine.water import WATERS, paint_foam, paint_water
from sparkle.painter.things.dry_land import rock_cover


def paint_falls(canvas: Canvas) -> None:
    """Paint everything below the sky."""
    view, rng, noise = canvas.view, canvas.rng, canvas.noise
    x_fall = float(rng.uniform(-5.5, -2.5) * rng.choice((-1.0, 1.0)))
    cliff = _cliff(canvas, x_fall)
    paint_land(canvas, cliff, _mossy(canvas), 22, 120)
    trees = [tree(canvas, "leafy", rng), tree(canvas, "shrub", rng, 1.3), palm(canvas, rng)]
    for _ in range(46):
        z = rng.uniform(44, 60)
        x = rng.uniform(-1.1, 1.1) * view.half_width(z)
        if abs(x - x_fall) > 3.6:
            y = height_of(cliff, x, z)
            place(canvas, trees[rng.integers(3)], (x, y - 0.4, z), rng.uniform(4, 8))
    foot = _veil(canvas, x_fall)
    for side in (-1.0, 1.0):
        for z in (34.0, 28.0, 22.0):
            x = x_fall + side * rng.uniform(6.5, 16)
            place(canvas, trees[rng.integers(3)], (x, 0.0, z), rng.uniform(4, 7.5))
    flooded = paint_water(canvas, WATERS["jungle"], -0.1)
    columns, rows = view.grid()
    churn = np.exp(-(((columns - foot[0]) / (foot[2] * 1.9)) ** 2)) * np.exp(
        -np.maximum(rows - foot[1], 0) / (22 * view.unit)
    )
    lace = noise.fbm(columns / (9 * view.unit), rows / (3 * view.unit), 4, gain=0.6)
    paint_foam(canvas, np.clip(churn * (0.9 + 0.8 * lace), 0, 1), flooded)
    _mist(canvas, foot)
    fog_bank(canvas, 0.22, view.horizon / view.height - 0.02, 0.1)
    _broad_leaves(canvas)


def _cliff(canvas: Canvas, x_fall: float) -> HeightField:
    noise, seed = canvas.noise, float(canvas.rng.uniform(0, 90))

    def at(x: Array, z: Array) -> Array:
        bay = 9 * np.exp(-(((x - x_fall) / 9) ** 2))
        edge = z - 33 - bay + 3.5 * noise.fbm(x / 7 + seed, z / 12, 4, exact=2) + np.abs(x - x_fall) * 0.18
        terrace = smoothstep(0, 2.6, edge) * 0.42 + smoothstep(3.2, 5.6, edge) * 0.58
        tall = 15 + 4 * noise.fbm(x / 17 + seed, z / 40, 3, exact=2)
        return terrace * tall - 0.6 + 0.3 * noise.fbm(x, z, 3)

    return at


def _mossy(canvas: Canvas) -> Cover:
    noise = canvas.noise
    stone = rock_cover(canvas, "7d7566", "332f29", "4f7a2c", 0.3)

    def cover(ground: Ground) -> Array:
        growth = noise.fbm(ground.x / 2.2, ground.height / 1.8 + ground.z / 5, 6, gain=0.62)
        moss = smoothstep(-0.10, 0.28, growth + 0.35 * (ground.slope - 0.3))
        tone = noise.fbm(ground.x * 1.7, ground.height * 1.9 + ground.z, 4)[..., None]
        leaf = colour("2f5a1f") * (0.85 + 0.55 * tone) + colour("7da33f") * np.clip(tone, 0, 1) * 0.35
        return mix(stone(ground), leaf, moss)

    return cover


def _veil(canvas: Canvas, x_fall: float) -> tuple[float, float, float]:
    """White water from the cliff's edge to the pool; returns its foot (column, row, half width)."""
    view, noise, light = canvas.view, canvas.noise, canvas.light
    column, top = view.project(x_fall, 15.2, 41.0)
    _, foot = view.project(x_fall, 0.0, 34.0)
    half = 2.5 * view.focal / 38
    columns, rows = view.grid()
    down = np.clip((rows - top) / (foot - top), 0, 1)
    spread = half * (0.62 + 0.5 * down)
    across = (columns - column) / spread
    streaks = noise.fbm(across * 7 + 3, rows / (70 * view.unit) - down * 1.2, 5, gain=0.62)
    steps = noise.fbm(across * 3 + 9, rows / (26 * view.unit), 3)
    alpha = smoothstep(1.12, 0.55, np.abs(across) + 0.30 * streaks) * smoothstep(
        -0.03, 0.05, (rows - top) / (foot - top)
    )
    alpha = alpha * (rows < foot + 3 * view.unit) * np.clip(0.74 + 0.45 * streaks, 0.15, 1)
    white = floats([0.90, 0.95, 0.97]) * (light.sun * 0.5 + light.ambient * 0.8)
    shade = (0.80 + 0.28 * streaks + 0.16 * steps)[..., None]
    canvas.blend((white * shade), blur(alpha, 0.5 * view.unit))
    canvas.kinds[alpha > 0.4] = Kind.WATER
    return column, foot, half


def _mist(canvas: Canvas, foot: tuple[float, float, float]) -> None:
    view = canvas.view
    columns, rows = view.grid()
    patch = canvas.noise.fbm(columns / (46 * view.unit), rows / (30 * view.unit), 4)
    cloud = np.exp(
        -(((columns - foot[0]) / (foot[2] * 2.4)) ** 2)
        - ((rows - foot[1] + 8 * view.unit) / (34 * view.unit)) ** 2
    )
    white = floats([0.9, 0.95, 0.96]) * (canvas.light.sun * 0.4 + canvas.light.ambient * 0.8)
    canvas.blend(white, np.clip(cloud * (0.65 + 0.5 * patch), 0, 0.9))


def _broad_leaves(canvas: Canvas) -> None:
    """Large leaves in the lower corners and along the sides, a little out of focus."""
    rng, view = canvas.rng, canvas.view
    made = [Sprite(blur(broad_leaf(canvas, rng).rgba, 1.5)) for _ in range(3)]
    for side in (0, 1):
        for _ in range(8):
            tall = rng.uniform(0.22, 0.46) * view.height
            wide = tall * rng.uniform(0.8, 1.2)
            x = rng.uniform(-0.10, 0.13) if side == 0 else rng.uniform(0.87, 1.10)
            y = rng.uniform(0.52, 1.06)
            sprite = made[rng.integers(3)]
            sprite = sprite if side == 0 else sprite.mirrored()
            paste(canvas, sprite, (x * view.width - wide / 2, y * view.height - tall / 2, wide, tall), 1.5)


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
