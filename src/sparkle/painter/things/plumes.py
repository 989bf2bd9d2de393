"""What drifts and falls: smoke, spray, veils of rain, blown snow, moss that hangs."""

from __future__ import annotations

import numpy as np

from sparkle.painter.engine.canvas import Canvas
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import colour, mix
from sparkle.painter.engine.strokes import stroke
from sparkle.painter.things.landmarks import pixel_tone


def chimney_smoke(canvas: Canvas, chimneys: list[tuple[float, float, float]]) -> None:
    """Thin smoke that drifts from chimneys at (x, y, z)."""
    view, noise = canvas.view, canvas.noise
    columns, rows = view.grid()
    for x, y, z in chimneys:
        c, r = view.project(x, y, z)
        metre = view.focal / z
        up = np.maximum(r - rows, 0) / metre
        across = (columns - c - 0.10 * up**1.3 * metre) / (metre * (0.25 + 0.18 * up))
        puff = noise.fbm(columns / (metre * 1.1), rows / (metre * 1.4) + x, 4)
        shape = np.exp(-(across**2)) * np.exp(-up / 5.5) * (up > 0)
        alpha = shape * np.clip(0.5 + 0.7 * puff, 0, 1) * (canvas.depth > z * 0.9)
        tone = canvas.light.ambient * 0.9 + canvas.light.sun * 0.35
        canvas.blend(tone, alpha * 0.65)
        canvas.kinds[alpha > 0.2] = Kind.SMOKE


def smoke_column(canvas: Canvas, mouth: tuple[float, float, float], size: float) -> None:
    """Dark billowing smoke that drifts to one side as it rises."""
    view, noise = canvas.view, canvas.noise
    c, r = view.project(*mouth)
    metre = view.focal / mouth[2]
    columns, rows = view.grid()
    up = np.maximum(r - rows, 0) / (metre * 40)
    middle = c + up**1.3 * metre * 26
    across = (columns - middle) / (metre * size * (0.6 + 2.6 * up))
    u, v = columns / (metre * size * 2.2), rows / (metre * size * 2.2)
    puff = noise.fbm(u + mouth[0], v, 5, gain=0.58)
    shade = np.clip(0.5 + 1.2 * (puff - noise.fbm(u + mouth[0] + 0.25, v - 0.25, 4, gain=0.58)), 0, 1)
    body = smoothstep(0.0, 0.6, 1 - across**2 * 0.75 + 0.9 * puff - 0.4) * np.exp(-up * 0.55)
    alpha = body * (rows < r + 1) * (canvas.depth > mouth[2] * 0.9)
    lift = canvas.light.sun * 0.4 + canvas.light.ambient * 0.6
    tone = (mix(colour("3a3430"), colour("a39484"), shade)) * lift * 1.1
    haze = 1 - np.exp(-mouth[2] / 1000 * canvas.light.haze_per_km)
    tone = tone * (1 - haze) + canvas.horizon_glow[None] * haze
    canvas.blend(tone, alpha * 0.85)
    canvas.kinds[alpha > 0.25] = Kind.SMOKE


def spray(canvas: Canvas, x: float, z: float, size: float) -> None:
    """A burst of white water standing over the sea."""
    view, noise = canvas.view, canvas.noise
    column, row = view.project(x, 0.0, z)
    tall = size * view.focal / z
    columns, rows = view.grid()
    across, up = (columns - column) / (tall * 0.9), (row - rows) / tall
    ragged = noise.fbm(columns / (tall * 0.16), rows / (tall * 0.22), 5, gain=0.62)
    plume = np.exp(-(across**2) * 2.2) * np.exp(-np.abs(up - 0.28) * 2.6)
    body = smoothstep(0.22, 0.62, plume + 0.34 * ragged) * smoothstep(0.02, 0.12, plume)
    alpha = body * smoothstep(-0.12, 0.05, up) * (canvas.depth > z)
    light = canvas.light
    white = floats([0.9, 0.94, 0.96]) * (light.sun * 0.4 + light.ambient * 0.8)
    canvas.blend(white, alpha * 0.85)


def rain_curtain(canvas: Canvas) -> None:
    """Grey veils of a distant shower."""
    view, noise = canvas.view, canvas.noise
    columns, rows = view.grid()
    lean = (columns + 0.25 * rows) / view.height
    fine = 0.2 * noise.fbm(lean * 24, rows / view.height, 2)
    veil = smoothstep(-0.1, 0.6, noise.fbm(lean * 1.8 + 7, rows / view.height * 0.25, 3) + fine)
    profile = smoothstep(0.02, 0.25, rows / view.height) * smoothstep(0.62, 0.42, rows / view.height)
    canvas.blend((canvas.horizon_glow[None] * 0.72), (veil * profile * 0.55))


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
