"""Places that are not on the map: space, floating islands, crystal caves, synthwave, sky, deep sea, wastelands."""

from __future__ import annotations

import numpy as np

from sparkle.painter.engine.canvas import Canvas
from sparkle.painter.engine.light import sparks
from sparkle.painter.engine.noise import smoothstep
from sparkle.painter.engine.palette import colour


def paint_synthwave(canvas: Canvas) -> None:
    """A glowing grid that runs to a striped sun, dark peaks with neon edges."""
    view, noise = canvas.view, canvas.noise
    columns, rows = view.grid()
    up = np.clip((view.horizon - rows) / view.horizon, 0, 1)[..., None]
    low, high = colour("ff3f9a") * 0.55, colour("140a38")
    glow = colour("5a1f8a") * np.exp(-((up - 0.35) ** 2) / 0.05) * 0.35
    canvas.rgb[:] = low * np.exp(-up * 4.5) + high * (1 - np.exp(-up * 2.5)) + glow
    rng = canvas.rng
    sparks(canvas, 150, (1, 0.9, 1.2), (0.2, 1), (0.4, 0.9), (0, view.horizon * 0.8 / view.height))
    _striped_sun(canvas)
    shift = float(rng.uniform(0, 80))
    peaks = 0.035 + 0.15 * noise.ridged(columns / view.height * 2.4 + shift, columns * 0 + 3, 5)
    ridge = peaks * view.height * np.clip(np.abs(columns / view.width - 0.5) * 3.4 - 0.35, 0, 1)
    line = view.horizon - ridge
    alpha = np.clip(rows - line, 0, 1) * (rows < view.horizon + 1)
    cell = view.height * 0.05
    mesh = np.exp(-((np.mod((columns - view.centre) / cell + (rows - line) / cell, 1) - 0.5) ** 2) / 0.004)
    canvas.blend((colour("160a30") + mesh[..., None] * colour("b43cff") * 0.45), alpha)
    edge = np.exp(-(((rows - line) / (1.4 * view.unit)) ** 2)) * (ridge > 2)
    canvas.add(edge[..., None] * colour("3fe0ff") * 1.4)
    _grid(canvas)


def _striped_sun(canvas: Canvas) -> None:
    view = canvas.view
    columns, rows = view.grid()
    radius, cy = view.height * 0.27, view.horizon - view.height * 0.17
    distance = np.hypot(columns - view.centre, rows - cy)
    disc = smoothstep(radius + view.unit, radius - view.unit, distance)
    t = np.clip((rows - cy + radius) / (2 * radius), 0, 1)
    stripes_at = np.mod((rows - cy) / (radius * 0.155), 1)
    gap = (t > 0.42) * (stripes_at < (t - 0.35) * 0.75)
    tone = colour("ffe14a") * (1 - t[..., None]) * 1.3 + colour("ff2f8a") * t[..., None] * 1.3
    canvas.blend(tone, (disc * (1 - gap) * (rows < view.horizon)))
    halo = np.exp(-np.maximum(distance - radius, 0) / (0.16 * view.height)) * (rows < view.horizon)
    canvas.add(halo[..., None] * colour("ff4fa0") * 0.42)


def _grid(canvas: Canvas) -> None:
    view = canvas.view
    columns, rows = view.grid()
    below = np.maximum(rows - view.horizon, 0.3)
    z = view.focal * 1.2 / below
    x = (columns - view.centre) / view.focal * z
    foot = z / view.focal
    along, across = np.abs(np.mod(x + 0.5, 1) - 0.5), np.abs(np.mod(z + 0.5, 1) - 0.5)
    thin_x, thin_z = np.maximum(0.016, foot * 0.7), np.maximum(0.016, z * z / (view.focal * 1.2) * 0.7)
    line = np.exp(-((along / thin_x) ** 2)) * np.clip(0.016 / thin_x * 3, 0, 1) + np.exp(
        -((across / thin_z) ** 2)
    ) * np.clip(0.016 / thin_z * 3, 0, 1)
    halo = np.exp(-along / 0.09) * 0.25 + np.exp(-across / 0.09) * 0.25
    ground = rows > view.horizon
    fade = np.exp(-z / 26)
    tone = (line * fade)[..., None] * colour("ff3fd0") * 2.2 + (halo * fade)[..., None] * colour("8a2fff")
    base = colour("0c0620") + np.exp(-below / (0.10 * view.height))[..., None] * colour("ff4fa8") * 0.32
    canvas.blend((base + tone), np.broadcast_to(ground, canvas.depth.shape))
