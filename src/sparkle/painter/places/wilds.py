"""Wild and dry lands: mountains, valleys, canyons, deserts, snow, volcanoes, Mars."""

from __future__ import annotations

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.grass import Blades, paint_blades
from sparkle.painter.engine.ground import ground_start, hills, paint_land
from sparkle.painter.engine.light import fog_bank
from sparkle.painter.engine.noise import smoothstep
from sparkle.painter.engine.plants import bare_tree, pine, tree
from sparkle.painter.engine.sky import rainbow
from sparkle.painter.engine.water import Water, paint_water
from sparkle.painter.things.land import GRASS, backdrop, grass_cover, scatter, snow_cover, tree_kinds

WILDFLOWERS = ("f7d24a", "f2f2ee", "d65f9a", "7f6fd0", "e8663f")


def paint_mountains(canvas: Canvas) -> None:
    """Ranges behind ranges, snow on the peaks, a dark foreground ridge with pines."""
    plan, rng = canvas.plan, canvas.rng
    winter = plan.season == "winter"
    backdrop(canvas, 3200, 7000, 0.28)
    backdrop(
        canvas, 2000, 2600, 0.30 if plan.has("snowy peaks", "snow") or winter or plan.time == "dawn" else 0.45
    )
    if plan.weather == "fog" or plan.has("mist") or plan.time == "dawn":
        fog_bank(canvas, 0.75, canvas.view.horizon / canvas.view.height - 0.01, 0.05)
    dark, bright = GRASS[plan.season]
    field = hills(canvas.noise, 110, 18, 22, float(rng.uniform(0, 90)))
    cover = snow_cover(canvas) if winter else grass_cover(canvas, dark, bright, 0.3)
    paint_land(canvas, field, cover, ground_start(canvas), 900)
    kinds = [pine(canvas, rng, 0.6 if winter else 0.0) for _ in range(3)]
    scatter(canvas, kinds, field, 45, 300, 34, (8, 14), 0.5)
    if not winter:
        tones = WILDFLOWERS if plan.has("flowers") else ()
        head = "flower" if tones else ""
        paint_blades(
            canvas, Blades(dark, bright, 0.28, 5600, 1.4, 18, head=head, heads=tones, head_share=0.28), field
        )


def paint_valley(canvas: Canvas) -> None:
    """A wide valley seen from a slope: layers of hills that fade, mist between them."""
    plan, rng, noise = canvas.plan, canvas.rng, canvas.noise
    if plan.has("mountains", "snowy peaks"):
        backdrop(canvas, 1700, 3800)
    dark, bright = GRASS[plan.season]
    seed = float(rng.uniform(0, 90))

    def field(x: Array, z: Array) -> Array:
        spurs = noise.fbm(x / 230 + seed, z / 330, 5, gain=0.45, exact=4)
        walls = np.clip(np.abs(x + 30 * np.sin(z / 200 + seed)) / 260, 0, 1) ** 1.3 * 95
        far = smoothstep(500, 2600, z) * 170 * (0.55 + 0.7 * noise.fbm(x / 700 + seed, z / 700, 4, exact=4))
        slope = 27 * smoothstep(70, 0, z)
        return (
            slope
            + smoothstep(40, 260, z) * (walls + 30 * spurs)
            + far
            + 0.3 * noise.fbm(x / 6, z / 6, 3, exact=1)
        )

    paint_land(canvas, field, grass_cover(canvas, dark, bright, 0.34), 2.0, 6000)
    scatter(canvas, tree_kinds(canvas), field, 40, 420, 60, (7, 12), 0.22)
    misty = plan.weather == "fog" or plan.has("mist")
    for base, height in ((0.50, 0.035), (0.58, 0.05)) if misty else ():
        fog_bank(canvas, 0.85, base, height)
    paint_blades(canvas, Blades(dark, bright, 0.32, 4200, 2.0, 16), field)
    if plan.weather == "rain":
        rain_curtain(canvas)
    if plan.has("rainbow"):
        rainbow(canvas)


def rain_curtain(canvas: Canvas) -> None:
    """Grey veils of a distant shower."""
    view, noise = canvas.view, canvas.noise
    columns, rows = view.grid()
    lean = (columns + 0.25 * rows) / view.height
    veil = smoothstep(
        -0.1,
        0.6,
        noise.fbm(lean * 1.8 + 7, rows / view.height * 0.25, 3)
        + 0.2 * noise.fbm(lean * 24, rows / view.height, 2),
    )
    profile = smoothstep(0.02, 0.25, rows / view.height) * smoothstep(0.62, 0.42, rows / view.height)
    canvas.blend((canvas.horizon_glow[None] * 0.72), (veil * profile * 0.55))


def paint_snowfield(canvas: Canvas) -> None:
    """Wide drifted snow; in a blizzard a white gloom with a few shapes of trees."""
    plan, rng, noise = canvas.plan, canvas.rng, canvas.noise
    seed = float(rng.uniform(0, 90))
    if plan.weather != "blizzard":
        backdrop(canvas, 900, 3000, 0.1)

    def field(x: Array, z: Array) -> Array:
        drift = noise.fbm(x / 30 + seed, z / 17, 4, gain=0.42, exact=4)
        sastrugi = noise.ridged(x / 7 + seed, z / 2.6, 3) * 0.16
        return 1.3 * drift * np.clip(z / 15, 0.1, 2) + sastrugi + smoothstep(60, 400, z) * 14 * (0.3 + drift)

    grass = "8a9a4f" if plan.has("melting snow") else "a39b78"
    cover = snow_cover(canvas, patches=0.62 if plan.has("melting snow") else 1.0, grass=grass)
    paint_land(canvas, field, cover, ground_start(canvas), 1400)
    kinds = [pine(canvas, rng, 0.75), pine(canvas, rng, 0.6), bare_tree(canvas, rng)]
    scatter(canvas, kinds, field, 26, 230, 34, (6, 12), 0.25)
    if plan.weather == "blizzard":
        blowing_snow(canvas)


def blowing_snow(canvas: Canvas) -> None:
    """Streaming powder over the ground and in the air."""
    view, noise = canvas.view, canvas.noise
    columns, rows = view.grid()
    u, v = columns / view.height, rows / view.height
    warp = noise.fbm(u * 1.2, v * 3, 3)
    streaks = noise.fbm(u * 1.6 + v * 1.2 + warp * 0.4, v * 13 + u * 3.5 + warp, 5, gain=0.6)
    alpha = smoothstep(-0.2, 0.8, streaks) * (0.25 + 0.5 * np.exp(-(((v - 0.62) / 0.22) ** 2)))
    white = canvas.horizon_glow[None] * 1.12
    canvas.blend(white, alpha)


def paint_melting(canvas: Canvas) -> None:
    """Snow patches on young grass, rills of meltwater, first flowers."""
    rng, noise = canvas.rng, canvas.noise
    seed = float(rng.uniform(0, 90))
    backdrop(canvas, 1200, 2800, 0.2)

    def field(x: Array, z: Array) -> Array:
        rill = np.abs(x - 2.4 * np.sin(z / 7 + seed) - z * 0.16 * np.sin(seed)) - 0.75
        base = 0.22 * noise.fbm(x / 7 + seed, z / 7, 3, exact=3) + smoothstep(50, 300, z) * 18 * (
            0.4 + noise.fbm(x / 140, z / 140 + seed, 3, exact=3)
        )
        return base - 0.42 * smoothstep(0.9, -0.5, rill) * smoothstep(90, 50, z)

    paint_land(canvas, field, snow_cover(canvas, patches=0.50, grass="71963a"), ground_start(canvas), 1200)
    kinds = [bare_tree(canvas, rng), tree(canvas, "young", rng), pine(canvas, rng, 0.2)]
    scatter(canvas, kinds, field, 28, 200, 32, (6, 11), 0.2)
    paint_water(canvas, Water(deep="2c4c55", shallow="7f9c98", ripple=0.25, wave=0.5), -0.30)

    def grassy(x: Array, z: Array) -> Array:
        snow = noise.fbm(x / 2.6 + 11, z / 2.0, 6, gain=0.55) < 0.02
        return np.where(snow | (field(x, z) < -0.22), -90, field(x, z))

    heads = ("f6e36a", "ffffff", "a48be0")
    flowers = Blades("4d7a24", "9cc24e", 0.2, 5200, 1.4, 18, head="flower", heads=heads, head_share=0.06)
    paint_blades(canvas, flowers, grassy)
