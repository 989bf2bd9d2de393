"""A volcano with lava."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas, blur
from sparkle.painter.engine.ground import Ground, HeightField, ground_start, paint_land
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.light import sparks
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import colour, mix, tones
from sparkle.painter.engine.sky import paint_sky


def paint_volcano(canvas: Canvas) -> None:
    """A smoking cone with rivers of lava, black rock in front."""
    sky = tones(zenith="1c1416", middle="54302a", horizon="d8703a", cloud_lit="a8583a", cloud_shade="2a2022")
    canvas.palette = replace(canvas.palette, **sky)
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
    canvas.kinds[alpha > 0.3] = Kind.SMOKE


def _lava_plain(canvas: Canvas) -> HeightField:
    noise, seed = canvas.noise, float(canvas.rng.uniform(0, 90))

    def field(x: Array, z: Array) -> Array:
        ridges = 0.9 * noise.ridged(x / 7 + seed, z / 7, 5) * np.clip(z / 12, 0.15, 1.4)
        return ridges + 0.4 * noise.fbm(x / 20, z / 20, 3, exact=2) - 0.3

    def cover(ground: Ground) -> Array:
        return colour("3a3230") * (0.8 + 0.6 * noise.fbm(ground.x / 0.8, ground.z / 0.8, 5)[..., None])

    before = canvas.depth.copy()
    paint_land(canvas, field, cover, ground_start(canvas), 500)
    x, z = _world(canvas)
    new = canvas.depth < before
    line = smoothstep(0.10, 0.0, np.abs(noise.fbm(x / 4.5 + seed, z / 4.5, 4, exact=1)))
    crack = line * smoothstep(0.0, 0.3, noise.fbm(x / 20, z / 20 + 5, 2) + 0.25) * new
    canvas.add(crack[..., None] * floats([2.3, 0.55, 0.07]))
    canvas.add(blur((crack[..., None] * floats([0.8, 0.17, 0.02])), 7 * canvas.view.unit) * 1.5)
    return field
