"""Things that shine in the woods: campfires, flames, glowing mushrooms."""

from __future__ import annotations

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.casting import cast
from sparkle.painter.engine.ground import HeightField, height_of
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.light import glow, glow_at
from sparkle.painter.engine.lighting import Lamp, show
from sparkle.painter.engine.materials import mottled, plain
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.solids import Solid, ball, box, column


def campfire(canvas: Canvas, at: tuple[float, float, float]) -> None:
    """Logs, flames and the light that they throw around."""
    view, rng = canvas.view, canvas.rng
    x, y, z = at
    logs = [
        box(mottled("3a2a1e", "6b4c33", 0.3), (x + dx, y, z + dz), (1.0, 0.16, 0.16), turn)
        for dx, dz, turn in ((0, 0, 0.5), (0.1, 0.1, -0.7), (-0.1, -0.2, 1.6))
    ]
    rock = mottled("55504a", "8a8278", 0.2)
    around = [(x + 0.75 * np.cos(a), y + 0.05, z + 0.75 * np.sin(a)) for a in np.linspace(0, 6.28, 12)[:-1]]
    stones = [ball(rock, spot, (0.32, 0.24, 0.3)) for spot in around]
    c, r = view.project(x, y + 0.1, z)
    metre = view.focal / z
    columns, rows = view.grid()
    distance = np.hypot((columns - c) / (metre * 4.2), (rows - r - metre * 0.2) / (metre * 1.9))
    warm = floats([1.0, 0.46, 0.14])
    reached = np.exp(-distance * 1.1) * np.clip(1.4 - np.abs(canvas.depth - z) / 9, 0.15, 1)
    canvas.rgb *= 1 + reached[..., None] * warm * 9
    show(canvas, cast(canvas, [*stones, *logs]), lamps=[Lamp((x, y + 0.6, z - 0.2), (1.6, 0.7, 0.2))])
    flames(canvas, c, r - metre * 0.05, metre * 1.25)
    glow(canvas, c, r - metre * 0.45, metre * 1.5, warm, 0.45)
    for _ in range(60):
        up = rng.uniform(0.3, 5)
        column, size = c + rng.normal(0, 0.16 * up) * metre, 0.7 * view.unit
        glow(canvas, column, r - up * metre, size, warm * 3, float(rng.uniform(0.3, 1)))


def flames(canvas: Canvas, column_: float, foot: float, tall: float) -> None:
    """Tongues of fire, `tall` pixels high."""
    view, rng = canvas.view, canvas.rng
    x0, x1 = int(max(column_ - tall, 0)), int(min(column_ + tall, view.width))
    y0, y1 = int(max(foot - tall * 1.25, 0)), int(min(foot + tall * 0.15, view.height))
    if x0 >= x1 or y0 >= y1:
        return
    columns = np.arange(x0, x1, dtype=np.float32)[None]
    rows = np.arange(y0, y1, dtype=np.float32)[:, None]
    up = (foot - rows) / tall
    shift = float(rng.uniform(0, 80))
    sway = canvas.noise.fbm(up * 2.2 + shift, columns * 0 + shift, 3) * 0.16 * np.clip(up, 0, 1)
    across = (columns - column_) / tall + sway
    tongues = canvas.noise.fbm(across * 7 + shift, up * 2.4 + shift, 4)
    width = 0.30 * np.sqrt(np.clip(1 - up, 0, 1)) * (0.55 + np.clip(up, 0, 0.3))
    body = 1 - np.abs(across) / np.maximum(width, 0.01) + 0.65 * tongues - 0.55 * np.clip(up, 0, 2)
    heat = smoothstep(-0.15, 0.85, body) * smoothstep(-0.10, 0.04, up) * smoothstep(1.2, 0.7, up)
    tone = heat[..., None] * floats([2.6, 1.0, 0.16]) + (heat**2.5)[..., None] * floats([0.6, 1.1, 0.5])
    canvas.add(tone, (slice(y0, y1), slice(x0, x1)))
    canvas.kinds[y0:y1, x0:x1][heat > 0.3] = Kind.FLAME


def glowing_mushrooms(canvas: Canvas, floor: HeightField) -> None:
    """Clusters of luminous mushrooms along the path, and floating spores."""
    rng, view = canvas.rng, canvas.view
    tones = (floats([0.15, 0.95, 0.95]), floats([0.55, 0.35, 1.0]), floats([0.25, 1.0, 0.55]))
    parts: list[Solid] = []
    lights: list[tuple[float, float, float, float, Array]] = []
    for _ in range(12):
        z = 1 / rng.uniform(1 / 22, 1 / 6.0)
        cx = rng.choice((-1.0, 1.0)) * rng.uniform(0.2, 0.95) * view.half_width(z)
        tone = tones[rng.integers(3)]
        code = "".join(f"{int(np.clip(v, 0, 1) ** 0.45 * 255):02x}" for v in tone)
        for _ in range(int(rng.integers(2, 6))):
            x, depth = cx + rng.normal(0, 0.32), z + rng.normal(0, 0.3)
            y = height_of(floor, x, depth)
            tall, wide = rng.uniform(0.16, 0.5), rng.uniform(0.12, 0.26)
            parts.append(
                column(plain("cfe8e0", 0.25), (x, y, depth), 0.035 + wide * 0.10, tall, 0.03 + wide * 0.07)
            )
            parts.append(ball(plain(code, 1.1, 0.3), (x, y + tall, depth), (wide * 2, wide * 1.25, wide * 2)))
            lights.append((x, y + tall, depth, wide, tone))
    show(canvas, cast(canvas, parts))
    for x, y, depth, wide, tone in lights:
        glow_at(canvas, (x, y, depth), wide * 1.5, tone, 0.13)
    for _ in range(90):
        c, r = rng.uniform(0, view.width), rng.uniform(0.15, 0.9) * view.height
        size, tone = rng.uniform(0.8, 2.2) * view.unit, tones[rng.integers(3)]
        glow(canvas, c, r, size, tone, float(rng.uniform(0.3, 1.1)))
