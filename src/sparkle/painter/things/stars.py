"""Open space: stars, nebulae, a planet with its thin air."""

from __future__ import annotations

import numpy as np

from sparkle.painter.engine.canvas import Canvas, blur
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import colour, mix


def paint_space(canvas: Canvas, planet: bool) -> None:
    """Stars, a nebula, and if asked a planet lit from one side."""
    view, noise, rng = canvas.view, canvas.noise, canvas.rng
    columns, rows = view.grid()
    u, v = columns / view.height * 1.6, rows / view.height * 1.6
    warp = noise.fbm(u + 30, v + 8, 4)
    cloud = noise.fbm(u * 1.1 + warp * 0.7, v * 1.1 + warp * 0.5 + 5, 6, gain=0.58)
    other = noise.fbm(u * 1.4 + 60 - warp * 0.6, v * 1.4, 6, gain=0.58)
    base = colour("03050c") + 0 * columns[..., None]
    violet = smoothstep(0.0, 0.9, cloud)[..., None] * colour("6a3fb0") * 0.42
    teal = smoothstep(0.1, 1.0, other)[..., None] * colour("2f8fb5") * 0.38
    pink = smoothstep(0.25, 1.0, cloud * other * 3)[..., None] * colour("ff7fb0") * 0.3
    canvas.rgb[:] = base + violet + teal + pink
    stars = np.zeros_like(canvas.rgb)
    count = 2600
    ix, iy = rng.integers(0, view.width, count), rng.integers(0, view.height, count)
    hue = floats([[0.8, 0.9, 1.1], [1, 1, 1], [1.1, 0.95, 0.8]])[rng.integers(0, 3, count)]
    stars[iy, ix] = hue * np.minimum(rng.pareto(1.5, count) * 0.2, 3.5)[:, None] * view.unit**1.5
    canvas.add(blur(stars, 0.55 * view.unit) * 2.8 + blur(stars, 2.2 * view.unit) * 2.0)
    if planet:
        side = float(rng.choice((-1.0, 1.0)))
        paint_planet(canvas, view.width * (0.5 + 0.22 * side), view.horizon * 0.62, view.height * 0.24)


def paint_planet(canvas: Canvas, column_: float, row: float, radius: float) -> None:
    """A sphere with seas, land and cloud bands, a terminator and a thin glowing air."""
    view, noise, light = canvas.view, canvas.noise, canvas.light
    columns, rows = view.grid()
    x, y = (columns - column_) / radius, (rows - row) / radius
    r2 = x * x + y * y
    inside = r2 < 1.0
    z = np.sqrt(np.clip(1 - r2, 0, 1))
    side = -1.0 if light.direction[0] < 0 else 1.0
    sun = floats([0.72 * side, -0.45, 0.53])
    lit = np.clip(x * sun[0] + y * sun[1] + z * sun[2], 0, 1)
    lon, lat = np.arctan2(x, z + 1e-3) * 1.5, np.arcsin(np.clip(y, -1, 1)) * 1.5
    land = smoothstep(0.0, 0.12, noise.fbm(lon * 1.6 + 5, lat * 1.6, 6, gain=0.55) - 0.05)
    clouds = smoothstep(
        0.05, 0.6, noise.fbm(lon * 1.3 + 0.6 * noise.fbm(lon * 2, lat * 2, 3) + 40, lat * 3.2, 6, gain=0.58)
    )
    ground = colour("7a7a4a") * (1 + 0.5 * noise.fbm(lon * 6, lat * 6, 4)[..., None])
    surface = mix(colour("1c4f86"), ground, land)
    surface = mix(surface, floats([0.95, 0.95, 0.95]), clouds)
    rgb = surface * (lit[..., None] * 1.45 + 0.012)
    rim = np.exp(-((1 - z) ** 2) / 0.0001 * 0 - z * 3.2)[..., None]
    rgb = rgb + rim * colour("6fb8ff") * lit[..., None] * 0.9
    alpha = smoothstep(1 + 1.2 / radius, 1 - 1.2 / radius, np.sqrt(r2))
    canvas.blend(rgb, alpha)
    fall = np.exp(-np.maximum(np.sqrt(r2) - 1, 0) / 0.035) * (~inside)
    halo = fall * np.clip(0.35 + x * sun[0] + y * sun[1], 0, 1)
    canvas.add(halo[..., None] * colour("4f9cff") * 0.8)
