"""Industrial wastelands under smoke."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.ground import Ground, ground_start, paint_land
from sparkle.painter.engine.light import fog_bank, sparks
from sparkle.painter.engine.lighting import show
from sparkle.painter.engine.materials import mottled, stripes, windows
from sparkle.painter.engine.noise import smoothstep
from sparkle.painter.engine.palette import colour, mix
from sparkle.painter.engine.solids import Solid, ball, box, cast, column


def paint_wasteland(canvas: Canvas) -> None:
    """Smokestacks, tanks and skeletons of buildings over scrap and dust, in dirty light."""
    rng, view, noise = canvas.rng, canvas.view, canvas.noise
    grime = colour("8a6a48") * (canvas.light.sun.mean() * 0.5 + canvas.light.ambient.mean() * 0.5)
    _columns, rows = view.grid()
    veil = np.clip(0.35 + 0.5 * np.exp(-np.abs(view.horizon - rows) / (0.28 * view.height)), 0, 0.8)
    canvas.blend(grime, np.broadcast_to(veil, canvas.depth.shape))
    canvas.horizon_glow = np.tile(grime * 1.1, (view.width, 1))
    canvas.light = replace(canvas.light, haze_per_km=3.2)
    shift = float(rng.uniform(0, 80))

    def ground(x: Array, z: Array) -> Array:
        heaps = (
            smoothstep(0.15, 0.6, noise.fbm(x / 16 + shift, z / 16, 3, exact=3))
            * 3.2
            * np.clip(np.abs(x) / z * 1.7, 0, 1)
        )
        return heaps * (0.7 + 0.6 * noise.ridged(x / 2.2, z / 2.2, 4)) + 0.25 * noise.fbm(
            x / 3, z / 3, 4, exact=1
        )

    def cover(g: Ground) -> Array:
        share = np.clip(0.5 + 0.7 * noise.fbm(g.x / 1.2, g.z / 1.2, 6, gain=0.62), 0, 1)
        rust = smoothstep(0.1, 0.5, noise.fbm(g.x / 2.5 + 40, g.z / 2.5, 4))[..., None]
        return (mix(colour("3f3830"), colour("8a7a62"), share)) * (1 - rust * 0.6) + colour(
            "7a4526"
        ) * rust * 0.6

    paint_land(canvas, ground, cover, ground_start(canvas), 900)
    parts: list[Solid] = []
    stacks: list[tuple[float, float, float]] = []
    steel, rust = mottled("4a4642", "6a5f55", 3), mottled("6b3f26", "9a6238", 2)
    bare, amber = mottled("5a534b", "7a7066", 4), "ff9a4a"
    wall = windows(bare, "1c1a18", (2.2, 2.6), (3.4, 3.8), 0.10, 1.0, "5a5650", "4a453f", amber)
    for z in np.geomspace(560, 130, 30):
        x = rng.choice((-1.0, 1.0)) * rng.uniform(0.06, 1.0) * view.half_width(z)
        luck = rng.uniform()
        if luck < 0.42:
            tall = rng.uniform(38, 75)
            parts += [column(stripes("7a5a48", "5f4a3e", tall / 3, 0.5), (x, 0, z), 4.2, tall, 2.7)]
            stacks.append((x, tall, z))
        elif luck < 0.55:
            parts += [
                column(rust, (x + 8, 0, z), 7, 13),
                ball(rust, (x + 8, 13, z), (14, 5, 14)),
                column(steel, (x - 8, 0, z), 5, 20),
            ]
        else:
            w, tall = rng.uniform(16, 40), rng.uniform(10, 30)
            parts += [box(wall, (x, 0, z), (w, tall, 18), rng.uniform(-0.3, 0.3))]
            parts += [
                box(steel, (x + w * s, tall, z), (0.8, rng.uniform(3, 12), 0.8))
                for s in (-0.4, -0.15, 0.1, 0.35)
            ]
    for z in (85.0, 120.0, 170.0):
        x = rng.choice((-1.0, 1.0)) * rng.uniform(0.35, 0.8) * view.half_width(z)
        for level in range(5):
            parts += [box(rust, (x, level * 5.0, z), (13, 0.5, 9), 0.2)]
            parts += [
                box(steel, (x + dx, level * 5.0, z + dz), (0.55, 5, 0.55), 0.2)
                for dx in (-6, 0, 6)
                for dz in (-4, 4)
                if rng.uniform() < 0.85
            ]
        parts += [column(steel, (x + 11, 0, z), 0.5, 38), box(steel, (x + 4, 36, z), (30, 0.8, 0.8), 0.1)]
    for z in (14.0, 22.0, 33.0):
        side = rng.choice((-1.0, 1.0))
        x = side * view.half_width(z) * rng.uniform(0.6, 0.95)
        parts += [
            column(rust, (x, 0, z), 0.5, 1.3),
            box(rust, (x + side * 1.5, 0, z + 1), (3.6, 1.0, 1.8), rng.uniform(0, 3)),
            box(steel, (x, 0.4, z), (5, 0.25, 0.25), rng.uniform(0, 3)),
            box(rust, (x - side, 0, z - 1), (0.3, 2.6, 0.3), 0.4),
        ]
    show(canvas, cast(canvas, parts), sky=1.1)
    for x, tall, z in stacks:
        smoke_column(canvas, (x, tall, z), 5.5)
    fog_bank(canvas, 0.4, view.horizon / view.height + 0.03, 0.06, grime * 1.1)
    sparks(canvas, 50, (2.2, 0.8, 0.2), (0.2, 0.9), (0.5, 1.1), (0.2, 0.95))


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
    alpha = (
        smoothstep(0.0, 0.6, 1 - across**2 * 0.75 + 0.9 * puff - 0.4)
        * np.exp(-up * 0.55)
        * (rows < r + 1)
        * (canvas.depth > mouth[2] * 0.9)
    )
    lift = canvas.light.sun * 0.4 + canvas.light.ambient * 0.6
    tone = (mix(colour("3a3430"), colour("a39484"), shade)) * lift * 1.1
    haze = 1 - np.exp(-mouth[2] / 1000 * canvas.light.haze_per_km)
    tone = tone * (1 - haze) + canvas.horizon_glow[None] * haze
    canvas.blend(tone, alpha * 0.85)
