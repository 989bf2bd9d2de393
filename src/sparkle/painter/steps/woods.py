"""Among trees: the light and the air of a wood, its floor, the trunks that stand near."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sparkle.painter.engine.boughs import trunk_sprite
from sparkle.painter.engine.canvas import Array, blur
from sparkle.painter.engine.ground import Ground, height_of
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import colour, mix
from sparkle.painter.engine.sprites import paste
from sparkle.painter.scene import Scene, step
from sparkle.painter.things import fires
from sparkle.painter.things.covers import cover
from sparkle.painter.things.fields import field
from sparkle.painter.things.landmarks import lit


@field
def wood(s: Scene, seed: float, x: Array, z: Array) -> Array:
    """The floor of a wood, lower along its path."""
    humps = 0.35 * s.noise.fbm(x / 6 + seed, z / 6, 4, exact=2) * np.clip(z / 8, 0, 1)
    return smoothstep(1.2, 9, s.way(x, z)) * 0.55 + humps


@cover
def woodland(s: Scene, g: Ground, low: str, high: str) -> Array:
    """Earth, a trodden path, and spots of sun where it shines."""
    plan, noise = s.canvas.plan, s.noise
    share = np.clip(0.5 + 0.6 * noise.fbm(g.x / 1.6, g.z / 1.6, 6, gain=0.6), 0, 1)
    path = 0.65 * smoothstep(1.5, 0.7, s.way(g.x, g.z) + 0.5 * noise.fbm(g.x, g.z, 3))
    earth = mix(mix(colour(low), colour(high), share), colour("8f7a5a"), path)
    dapple = smoothstep(0.05, 0.45, noise.fbm(g.x / 1.1 + 30, g.z / 1.7, 3))[..., None]
    sunny = 0.55 if plan.time in ("day", "golden") and plan.weather == "clear" else 0.0
    return earth * (1 - sunny + sunny * (0.45 + dapple))


@step
def wood_air(s: Scene, leaf: str, glow: str = "") -> None:
    """Light from above, whatever the hour, much of it scattered; behind the trees bright, blurred leaves toward it
    instead of open sky, or air that glows."""
    canvas, view, light = s.canvas, s.canvas.view, s.canvas.light
    columns, rows = view.grid()
    direction = light.direction * floats([1, 0, 1]) + floats([0, 0.9, 0])
    direction = direction / np.linalg.norm(direction)
    canvas.light = replace(light, direction=direction, ambient=light.ambient * 1.1 + light.sun * 0.10)
    u, v = columns / view.height, rows / view.height
    blobs = s.noise.fbm(u * 9, v * 9, 5, gain=0.6)
    toward = np.exp(-(((columns / view.width - 0.5) / 0.42) ** 2) - ((v - 0.42) / 0.34) ** 2)
    deep, bright = lit(canvas, colour(leaf), 0.10, 0.35), lit(canvas, colour(leaf), 0.55, 0.7)
    leaves = mix(deep, bright, np.clip(0.30 + 0.5 * blobs + 0.55 * toward, 0, 1))
    gaps = smoothstep(0.05, 0.5, blobs + toward - 0.45) * 0.8
    air = mix(leaves, canvas.rgb * 0.9 + light.sun * 0.12, gaps)
    if glow:
        air = air * 0.35 + colour(glow) * (0.05 + 0.42 * toward[..., None])
    canvas.blend(blur(air, 3 * view.unit), np.full(canvas.depth.shape, 0.92, np.float32))
    canvas.kinds[:] = Kind.OTHER
    canvas.horizon_glow = blur(canvas.rgb, 30 * view.unit)[int(view.horizon * 0.8)] * 0.85


@step
def trunks(s: Scene, bark: str, count: int, wide: float, sight: float) -> None:
    """Trunks near the eye that leave the picture at the top; `sight` metres away the air has swallowed them."""
    view, rng = s.canvas.view, s.rng
    kinds = [trunk_sprite(s.canvas, bark, rng) for _ in range(3)]
    for z in np.sort(1 / rng.uniform(1 / 22, 1 / 5.0, count))[::-1].tolist():
        x = s.chance_side() * rng.uniform(0.28, 1.1) * view.half_width(z)
        c, r = view.project(x, height_of(s.land, x, z) - 0.12, z)
        w = wide * rng.uniform(0.7, 1.3) * 150 / 84 * view.focal / z
        tall = max(w * 6, r + 12 * view.unit)
        paste(s.canvas, s.faded(s.one_of(kinds), z / sight * 1.6), (c - w / 2, r - tall, w, tall), z)


@step
def glowing_mushrooms(s: Scene) -> None:
    """Luminous mushrooms along the path, and floating spores."""
    fires.glowing_mushrooms(s.canvas, s.land)
