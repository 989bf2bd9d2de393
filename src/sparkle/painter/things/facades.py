"""Surfaces of towns: timber frames, roof tiles, thatch, cobbles, asphalt, shop fronts, neon signs, snow on top."""

from __future__ import annotations

from typing import Any

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.materials import _GRAIN, _cell_random, _courses, brick, mottled, windows
from sparkle.painter.engine.noise import smoothstep
from sparkle.painter.engine.palette import colour
from sparkle.painter.engine.solids import Hits, Material, Surface, material


@material
def timber(hits: Hits, plaster: str = "e6dac2", beam: str = "4a3526") -> Surface:
    """Plaster between dark beams: posts, rails and a few braces."""
    base, wood = mottled(plaster, plaster, 1.0), colour(beam)
    made = base(hits)
    u, v = hits.u, hits.position[:, 1]
    i, j = np.floor(u / 1.5), np.floor(v / 1.6)
    x, y = u / 1.5 - i, v / 1.6 - j
    brace = (_cell_random(i, j) < 0.4) * (np.abs(x - y) < 0.07) + (_cell_random(j, i) < 0.25) * (
        np.abs(x + y - 1) < 0.07
    )
    on = (np.minimum(x, 1 - x) < 0.075) | (np.minimum(y, 1 - y) < 0.07) | (brace > 0)
    on &= np.abs(hits.normal[:, 1]) < 0.5
    grainy = 1 + 0.2 * _GRAIN.fbm(u * 6, v * 6, 3)
    plain = made.albedo * (0.95 + 0.10 * _GRAIN.fbm(u / 2, v / 2, 4)[:, None])
    albedo = np.where(on[:, None], wood * grainy[:, None], plain)
    return Surface(albedo)


@material
def tiles(hits: Hits, code: str = "94503a", vary: float = 0.4) -> Surface:
    """Roof tiles in overlapping rows."""
    tone = colour(code)
    along = np.hypot(hits.position[:, 0], hits.position[:, 1])
    row, number, _ = _courses(hits.position[:, 2], along, 0.32, 0.26, 0.02, hits.footprint)
    edge = np.mod(along / 0.26, 1)
    shade = 1 - 0.35 * smoothstep(0.25, 0.0, edge) * np.clip(0.26 / (hits.footprint * 3), 0, 1)
    each = 1 - vary / 2 + vary * _cell_random(row, number)
    worn = 1 + 0.2 * _GRAIN.fbm(hits.position[:, 2] / 1.5, along / 1.5, 4)
    return Surface(tone * (shade * each * worn)[:, None])


@material
def thatch(hits: Hits, code: str = "a08a5c") -> Surface:
    """Combed straw."""
    tone = colour(code)
    along = np.hypot(hits.position[:, 0], hits.position[:, 1])
    straw = _GRAIN.fbm(hits.position[:, 2] * 9 + hits.position[:, 0], along * 0.9, 4, gain=0.62)
    layers = 0.85 + 0.25 * np.mod(along / 0.7 + 0.15 * straw, 1)
    return Surface(tone * ((1 + 0.32 * straw) * layers)[:, None])


@material
def cobbles(hits: Hits, code: str = "857d73", size: float = 0.24) -> Surface:
    """Rounded paving stones."""
    laid = brick(code, "3f3a34", size, size * 0.8, 0.45)
    warp = 0.16 * size * _GRAIN.quick(hits.u / size * 0.7, hits.v / size * 0.7)
    position = hits.position + np.stack([warp, 0 * warp, warp], axis=1)
    made = laid(Hits(position, hits.normal, hits.z, hits.footprint * 1.3))
    return Surface(made.albedo * (1 + 0.2 * _GRAIN.fbm(hits.u / 3, hits.v / 3, 4)[:, None]))


@material
def asphalt(hits: Hits, lines: bool = True, code: str = "55565a") -> Surface:
    """A road with lane marks at x = 0 and edges."""
    tone = colour(code)
    x, z = hits.position[:, 0], hits.position[:, 2]
    grainy = 1 + 0.10 * _GRAIN.fbm(x * 9, z * 9, 3) + 0.16 * _GRAIN.fbm(x / 2.5, z / 7, 4)
    albedo = tone * grainy[:, None]
    if lines:
        dash = (np.abs(x) < 0.08) & (np.mod(z, 6.0) < 3.0)
        edge = np.abs(np.abs(x) - 4.1) < 0.07
        albedo = np.where((dash | edge)[:, None], colour("cfccc0") * grainy[:, None], albedo)
    return Surface(albedo)


@material
def snowy(hits: Hits, material: Material, share: float = 1.0) -> Surface:
    """Snow on everything that faces up."""
    white = colour("eef3fb")
    made = material(hits)
    upward = hits.normal[:, 1] + 0.25 * _GRAIN.fbm(hits.u * 1.5, hits.v * 1.5, 3)
    cover = smoothstep(0.25, 0.55, upward)[:, None] * share
    glow = None if made.glow is None else made.glow * (1 - cover)
    return Surface((made.albedo * (1 - cover) + white * cover), glow)


@material
def neon_sign(hits: Hits, code: str, cell: float = 0.62, glow: float = 2.6, panel: str = "15131c") -> Surface:
    """A dark panel with glowing strokes that look like writing from afar, and a bright rim."""
    tone, back = colour(code), colour(panel)
    u, v = hits.u, hits.position[:, 1]
    i, j = np.floor(u / cell + 0.5), np.floor(v / cell)
    x, y = u / cell + 0.5 - i, v / cell - j
    soft = np.clip(hits.footprint / cell, 0.015, 0.3)
    ink = np.zeros_like(u)
    for k, (cx, cy, upright) in enumerate(
        ((0.5, 0.82, 0), (0.5, 0.5, 0), (0.5, 0.18, 0), (0.22, 0.5, 1), (0.5, 0.5, 1), (0.78, 0.5, 1))
    ):
        on = _cell_random(i + 17, j, float(k)) < 0.62
        across, along = (x - cx, y - cy) if upright else (y - cy, x - cx)
        ink = np.maximum(
            ink, on * smoothstep(0.055 + 2 * soft, 0.03, np.abs(across)) * (np.abs(along) < 0.33)
        )
    front = np.abs(hits.normal[:, 1]) < 0.5
    shine = (ink * front)[:, None] * tone * glow + front[:, None] * tone * 0.10
    return Surface(np.broadcast_to(back, hits.position.shape), shine)


@material
def shop_front(hits: Hits, wall: Material, lit: bool, salt: float) -> Surface:
    """A facade: tall shop windows on the ground floor, rows of windows above."""
    above = windows(wall, lit_share=0.35 if lit else 0.0, salt=salt)
    below = windows(
        wall, size=(1.9, 1.9), pitch=(3.2, 3.2), lit_share=0.5 if lit else 0.0, glow=0.85, salt=salt + 3
    )
    trim, awning = colour("3a332d"), (colour("a63a32"), colour("2f5d4a"), colour("c08a2c"), colour("33507a"))
    low = hits.position[:, 1] < 3.1
    upper, lower = above(hits), below(hits)
    albedo = np.where(low[:, None], lower.albedo, upper.albedo)
    band = (np.abs(hits.position[:, 1] - 3.25) < 0.22)[:, None]
    unit = np.floor(hits.u / 6.4)
    tone = np.stack(awning)[(_cell_random(unit, unit * 0 + salt) * 4).astype(int) % 4]
    albedo = np.where(band, 0.5 * tone + 0.5 * trim, albedo)
    glow: Array | None = None
    if lit and upper.glow is not None and lower.glow is not None:
        glow = np.where(low[:, None], lower.glow, upper.glow) * (~band)
    return Surface(albedo, glow)


def dark_hour(canvas: Canvas) -> bool:
    """Whether lamps are lit."""
    return canvas.plan.time in ("dusk", "night") or canvas.plan.has("lit windows")


def lit_windows(canvas: Canvas, wall: Material, lit: float = 0.0, **settings: Any) -> Material:
    """Windows of which a share is lit when lamps are."""
    salt = float(canvas.rng.uniform(0, 9))
    return windows(wall, lit_share=lit if dark_hour(canvas) else 0.0, salt=salt, **settings)


def lit_shop(canvas: Canvas, wall: Material) -> Material:
    """A shop front, lit when lamps are."""
    return shop_front(wall, dark_hour(canvas), float(canvas.rng.uniform(0, 9)))
