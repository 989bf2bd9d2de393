"""Surfaces of solids: plain, brick, stone, planks, plaster, windows, books; functions of metres on the face."""

from __future__ import annotations

import numpy as np

from sparkle.painter.engine.canvas import Array
from sparkle.painter.engine.noise import Noise, floats, smoothstep
from sparkle.painter.engine.palette import colour, mix
from sparkle.painter.engine.solids import Hits, Material, Surface, material

_GRAIN = Noise(np.random.default_rng(20))


@material
def plain(hits: Hits, code: str, glow: float = 0.0, rough: float = 0.08) -> Surface:
    """One colour, slightly uneven; with `glow` it shines by itself."""
    tone = colour(code)
    uneven = 1 + rough * _GRAIN.fbm(hits.u * 1.3, hits.v * 1.3, 3)
    albedo = tone * uneven[:, None]
    return Surface(albedo, None if glow == 0 else floats(albedo * glow))


@material
def mottled(hits: Hits, dark: str, bright: str, size: float = 1.0) -> Surface:
    """Two tones in cloudy patches: plaster, earth, foliage, old stone."""
    low, high = colour(dark), colour(bright)
    share = np.clip(0.5 + 0.6 * _GRAIN.fbm(hits.u / size, hits.v / size, 5, gain=0.58), 0, 1)
    return Surface(mix(low, high, share))


@material
def stripes(
    hits: Hits, first: str, second: str, period: float, share: float = 0.5, upright: bool = False
) -> Surface:
    """Bands, level or upright."""
    a, b = colour(first), colour(second)
    phase = np.mod((hits.u if upright else hits.position[:, 1]) / period, 1)
    band = (phase > share)[:, None]
    tone = 1 + 0.07 * _GRAIN.fbm(hits.u, hits.v, 3)
    return Surface(np.where(band, b, a) * tone[:, None])


def _cell_random(i: Array, j: Array, salt: float = 0.0) -> Array:
    """A number in [0, 1) per cell, the same every time."""
    value = np.sin(i * 127.1 + j * 311.7 + salt * 74.7) * 43758.547
    return value - np.floor(value)


def _courses(
    u: Array, v: Array, length: float, height: float, joint: float, footprint: Array
) -> tuple[Array, Array, Array]:
    """Brickwork: row and number of each brick, and 1 inside a brick, 0 in the joint (fading out far away)."""
    row = np.floor(v / height)
    shifted = u / length + 0.5 * np.mod(row, 2)
    number = np.floor(shifted)
    du, dv = np.abs(np.mod(shifted, 1) - 0.5) * 2, np.abs(np.mod(v / height, 1) - 0.5) * 2
    gap_u, gap_v = joint / length * 2, joint / height * 2
    soft_u, soft_v = gap_u + footprint / length * 2, gap_v + footprint / height * 2
    inside = smoothstep(0, 1, (1 - du) / np.maximum(soft_u, 1e-3)) * smoothstep(
        0, 1, (1 - dv) / np.maximum(soft_v, 1e-3)
    )
    fade = np.clip(footprint / height * 2.5, 0, 1)
    return row, number, floats(inside * (1 - fade) + 0.85 * fade)


@material
def brick(
    hits: Hits, code: str, mortar: str, length: float = 0.24, height: float = 0.08, vary: float = 0.35
) -> Surface:
    """Bricks or dressed stones in courses, each of its own tone."""
    tone, joint = colour(code), colour(mortar)
    u, v = hits.u, hits.v
    row, number, inside = _courses(u, v, length, height, min(length, height) * 0.09, hits.footprint)
    each = 1 - vary / 2 + vary * _cell_random(row, number)
    each = each * (1 + 0.18 * _GRAIN.fbm(u * 3, v * 3, 4))
    stained = 1 - 0.22 * smoothstep(0.0, 0.8, _GRAIN.fbm(u / 2.2, v / 3.5, 4))
    albedo = (tone * (each * stained)[:, None]) * inside[:, None] + joint * (1 - inside[:, None])
    return Surface(albedo)


def stone(code: str = "a79b88", length: float = 0.9, height: float = 0.45) -> Material:
    """Big weathered blocks."""
    return brick(code, "5d554a", length, height, 0.30)


@material
def planks(hits: Hits, code: str, wide: float = 0.18, upright: bool = True) -> Surface:
    """Boards with grain and dark gaps."""
    tone = colour(code)
    across, along = (hits.u, hits.v) if upright else (hits.v, hits.u)
    number = np.floor(across / wide)
    edge = np.abs(np.mod(across / wide, 1) - 0.5) * 2
    gap = 1 - 0.65 * smoothstep(0.90, 1.0, edge) * np.clip(wide / (hits.footprint * 4), 0, 1)
    fibre = 1 + 0.20 * _GRAIN.fbm(across * 16, along * 1.1 + number * 7, 4)
    each = 0.78 + 0.44 * _cell_random(number, number * 0 + 3)
    return Surface(tone * (gap * fibre * each)[:, None])


@material
def windows(
    hits: Hits,
    wall: Material,
    glass: str = "31414f",
    size: tuple[float, float] = (1.1, 1.6),
    pitch: tuple[float, float] = (2.4, 3.2),
    lit_share: float = 0.0,
    glow: float = 1.5,
    sky: str = "a9c4dc",
    frame: str = "e9e4da",
    warm: str = "ffc878",
    salt: float = 0.0,
) -> Surface:
    """A facade with a grid of windows; a share of them is lit. Tops of the solid stay wall."""
    pane, reflected, rim, lamp = colour(glass), colour(sky), colour(frame), colour(warm)
    base = wall(hits)
    u, v = hits.u, hits.position[:, 1]
    i, j = np.floor(u / pitch[0]), np.floor(v / pitch[1])
    x, y = np.mod(u / pitch[0], 1) - 0.5, np.mod(v / pitch[1], 1) - 0.5
    half_x, half_y = size[0] / pitch[0] / 2, size[1] / pitch[1] / 2
    soft_x, soft_y = hits.footprint / pitch[0], hits.footprint / pitch[1]
    pane_share = np.clip((half_x - np.abs(x)) / soft_x + 0.5, 0, 1) * np.clip(
        (half_y - np.abs(y)) / soft_y + 0.5, 0, 1
    )
    border = 0.07
    outer = np.clip((half_x + border / pitch[0] - np.abs(x)) / soft_x + 0.5, 0, 1)
    outer = outer * np.clip((half_y + border / pitch[1] - np.abs(y)) / soft_y + 0.5, 0, 1)
    upright = np.abs(hits.normal[:, 1]) < 0.5
    pane_share, outer = pane_share * upright, outer * upright
    luck = _cell_random(i, j, salt)
    mirror = np.clip(0.25 + 0.75 * y / half_y + 0.35 * (luck - 0.5), 0, 1) * 0.6
    tone = mix(pane, reflected, mirror)
    albedo = mix(base.albedo, rim, outer)
    albedo = mix(albedo, tone, pane_share)
    if lit_share <= 0:
        return Surface(albedo, base.glow)
    on = (_cell_random(j, i, salt + 1) < lit_share) * pane_share
    bars = 1 - 0.5 * (np.abs(x) < 0.025 / pitch[0] * 2)
    tint = lamp * (0.55 + 0.75 * luck[:, None])
    shine = tint * (on * bars * (0.65 + 0.5 * (y / half_y * 0.5 + 0.5)))[:, None] * glow
    return Surface(albedo, shine + (0 if base.glow is None else base.glow))


@material
def faces(
    hits: Hits,
    front: Material,
    sides: Material | None = None,
    top: Material | None = None,
    below: Material | None = None,
) -> Surface:
    """Different materials on front and back (z), sides (x), what faces up, and what faces down."""
    albedo, shine = np.empty_like(hits.position), np.zeros_like(hits.position)
    axis, up = np.abs(hits.normal).argmax(axis=1), hits.normal[:, 1] > 0
    lid = top or sides or front
    for part, skin in (
        (axis == 2, front),
        (axis == 0, sides or front),
        ((axis == 1) & up, lid),
        ((axis == 1) & ~up, below or lid),
    ):
        if part.any():
            made = skin(Hits(hits.position[part], hits.normal[part], hits.z[part], hits.footprint[part]))
            albedo[part] = made.albedo
            if made.glow is not None:
                shine[part] = made.glow
    return Surface(albedo, shine)
