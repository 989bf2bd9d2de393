"""Red worlds: volcanoes with lava, and Mars."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas, blur
from sparkle.painter.engine.ground import Ground, HeightField, ground_start, paint_land
from sparkle.painter.engine.light import glow, sparks
from sparkle.painter.engine.lighting import show
from sparkle.painter.engine.materials import plain, stripes
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import colour, mix, tones
from sparkle.painter.engine.sky import paint_sky
from sparkle.painter.engine.solids import Solid, ball, box, cast, column
from sparkle.painter.things.dry_land import sand, strata


def paint_volcano(canvas: Canvas) -> None:
    """A smoking cone with rivers of lava, black rock in front."""
    canvas.palette = replace(
        canvas.palette,
        **tones(zenith="1c1416", middle="54302a", horizon="d8703a", cloud_lit="a8583a", cloud_shade="2a2022"),
    )
    canvas.light = replace(canvas.light, haze=colour("8a4a34"))
    paint_sky(canvas)
    noise, rng = canvas.noise, canvas.rng
    seed, side = float(rng.uniform(0, 90)), float(rng.choice((-1.0, 1.0)))
    summit = (side * 420.0, 2300.0)

    def cone(x: Array, z: Array) -> Array:
        r = np.hypot(x - summit[0], z - summit[1])
        slope = 960 * np.exp(-r / 720) - 90 * np.exp(-((r / 110) ** 2)) - 45
        crags = 150 * noise.ridged(x / 420 + seed, z / 420, 6) * smoothstep(1900, 500, r)
        return (slope + crags * 0.9) * smoothstep(1000, 1450, z)

    def hot(x: Array, z: Array, r: Array) -> Array:
        angle = np.arctan2(x - summit[0], z - summit[1])
        way = noise.fbm(np.cos(angle) * 4 + r / 900 + seed, np.sin(angle) * 4 + r / 700, 4)
        return smoothstep(0.085, 0.01, np.abs(way)) * smoothstep(1500, 700, r) + smoothstep(120, 60, r)

    def cover(ground: Ground) -> Array:
        return colour("4a3d38") * (
            0.75 + 0.6 * noise.fbm(ground.x / 90, ground.z / 90 + ground.height / 60, 5)[..., None]
        )

    paint_land(canvas, cone, cover, 1000, 5200)
    _lava_glow(canvas, hot, summit)
    _plume(canvas, summit, cone)
    _lava_plain(canvas)
    sparks(canvas, 110, (2.4, 0.8, 0.15), (0.2, 1), (0.5, 1.3), (0.1, 0.95))


def _world(canvas: Canvas) -> tuple[Array, Array]:
    columns, _ = canvas.view.grid()
    z = np.minimum(canvas.depth, 2e4)
    return ((columns - canvas.view.centre) / canvas.view.focal * z), z


def _lava_glow(
    canvas: Canvas, hot: Callable[[Array, Array, Array], Array], summit: tuple[float, float]
) -> None:
    x, z = _world(canvas)
    r = np.hypot(x - summit[0], z - summit[1])
    seen = (canvas.depth > 900) & (canvas.depth < 1e4)
    heat = hot(x, z, r) * seen
    flow = heat[..., None] * floats([2.6, 0.62, 0.08]) + (heat**3)[..., None] * floats([0.8, 0.9, 0.2])
    canvas.add(flow)
    canvas.add(blur((heat[..., None] * floats([0.9, 0.2, 0.03])), 9 * canvas.view.unit) * 1.3)


def _plume(canvas: Canvas, summit: tuple[float, float], cone: HeightField) -> None:
    view, noise = canvas.view, canvas.noise
    top = float(cone(floats([[summit[0]]]), floats([[summit[1]]]))[0, 0]) + 60
    c, r = view.project(summit[0], top, summit[1])
    columns, rows = view.grid()
    up = np.maximum(r - rows, 0) / view.height
    bend = c + np.sign(c - view.centre) * -0.35 * up**1.4 * view.width
    across = (columns - bend) / (view.height * (0.035 + 0.42 * up))
    puff = noise.fbm(columns / view.height * 5, rows / view.height * 5 + 20, 6, gain=0.58)
    billow = noise.fbm(columns / view.height * 5 + 0.12, rows / view.height * 5 + 19.85, 5, gain=0.58)
    alpha = smoothstep(0.0, 0.55, 1 - across**2 * 0.8 + 0.9 * puff - 0.45) * smoothstep(0, 0.02, up)
    warm = np.exp(-up / 0.10)[..., None] * floats([1.1, 0.30, 0.06])
    shade = np.clip(0.55 + 1.1 * (puff - billow), 0, 1)
    tone = mix(colour("2a2526"), colour("7a6c68"), shade)
    lift = canvas.light.ambient.mean() + canvas.light.sun.mean() * 0.4
    canvas.blend((tone * max(lift * 1.2, 0.25) + warm), (alpha * 0.93))


def _lava_plain(canvas: Canvas) -> HeightField:
    noise, seed = canvas.noise, float(canvas.rng.uniform(0, 90))

    def field(x: Array, z: Array) -> Array:
        return (
            0.9 * noise.ridged(x / 7 + seed, z / 7, 5) * np.clip(z / 12, 0.15, 1.4)
            + 0.4 * noise.fbm(x / 20, z / 20, 3, exact=2)
            - 0.3
        )

    def cover(ground: Ground) -> Array:
        return colour("3a3230") * (0.8 + 0.6 * noise.fbm(ground.x / 0.8, ground.z / 0.8, 5)[..., None])

    before = canvas.depth.copy()
    paint_land(canvas, field, cover, ground_start(canvas), 500)
    x, z = _world(canvas)
    new = canvas.depth < before
    crack = (
        smoothstep(0.10, 0.0, np.abs(noise.fbm(x / 4.5 + seed, z / 4.5, 4, exact=1)))
        * smoothstep(0.0, 0.3, noise.fbm(x / 20, z / 20 + 5, 2) + 0.25)
        * new
    )
    canvas.add(crack[..., None] * floats([2.3, 0.55, 0.07]))
    canvas.add(blur((crack[..., None] * floats([0.8, 0.17, 0.02])), 7 * canvas.view.unit) * 1.5)
    return field


def paint_mars(canvas: Canvas) -> None:
    """Domes and modules on a red plain below far mesas."""
    canvas.palette = replace(
        canvas.palette,
        **tones(zenith="8a5544", middle="c98a66", horizon="e8bf98", cloud_lit="e0a880", cloud_shade="a87058"),
    )
    canvas.light = replace(canvas.light, haze=colour("d9a07c"), haze_per_km=0.3)
    paint_sky(canvas)
    rng, noise, view = canvas.rng, canvas.noise, canvas.view
    seed = float(rng.uniform(0, 90))

    def mesas(x: Array, z: Array) -> Array:
        return (
            smoothstep(0.05, 0.42, noise.fbm(x / 520 + seed, z / 420, 5, exact=3))
            * 210
            * smoothstep(1300, 1900, z)
            - 3
        )

    paint_land(canvas, mesas, strata(canvas, ("9c4a2c", "7c3822", "b0603c", "8a4028"), 22.0), 1200, 4200)

    def field(x: Array, z: Array) -> Array:
        return 0.5 * noise.fbm(x / 14 + seed, z / 14, 4, exact=2) * np.clip(
            z / 20, 0.15, 2
        ) + 0.35 * smoothstep(0.45, 0.7, noise.fbm(x / 2.2, z / 2.2, 2))

    paint_land(canvas, field, sand(canvas, "b4633c", "84402a"), ground_start(canvas), 1300)
    white, glass, dark = stripes("e9e6e0", "b9b6b0", 1.6, 0.86), plain("9fc4d4", 0.28), plain("4a4a4e")
    parts: list[Solid] = []
    side = float(rng.choice((-1.0, 1.0)))
    for x, z, size in (
        (side * 19, 62.0, 17),
        (side * 44, 80, 24),
        (-side * 27, 90, 18),
        (-side * 58, 120, 26),
        (side * 8, 130, 22),
    ):
        parts += [
            column(white, (x, -0.5, z), size / 2 * 1.04, 1.8),
            ball(glass, (x, 1.0, z), (size, size * 0.86, size)),
            box(white, (x, 0, z - size * 0.55), (3.2, 2.6, 4)),
            box(plain("ffd9a0", 1.4), (x, 0.5, z - size * 0.55 - 2.02), (1.1, 1.6, 0.04)),
        ]
    parts += [
        column(white, (-side * 15, 0, 70), 2.1, 15),
        column(white, (-side * 15, 15, 70), 2.1, 4.5, 0.1),
        column(dark, (side * 30, 0, 66), 0.12, 17),
    ]
    parts += [box(plain("23304a"), (-side * 40 + i * 4.6, 1.2, 76), (4, 0.15, 2.4), 0.2) for i in range(5)]
    show(canvas, cast(canvas, parts), shadows=parts)
    for x, y, z in ((side * 30, 17.2, 66.0), (-side * 15, 19.8, 70.0)):
        c, r = view.project(x, y, z)
        glow(canvas, c, r, 3.4 * view.unit, floats([2.5, 0.4, 0.3]), 0.9)
