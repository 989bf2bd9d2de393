"""Surfaces that shape a solid: holes and edges cut into walls, flutes, ice, the ribs of pumpkins, letters on stones."""

from __future__ import annotations

import numpy as np

from sparkle.painter.engine.materials import _GRAIN, mottled
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import colour, mix
from sparkle.painter.engine.solids import Hits, Material, Surface, material


def _kept(made: Surface, solid: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Surface:
    return Surface(made.albedo, made.glow, solid if made.solid is None else solid & made.solid)


@material
def battlement(hits: Hits, skin: Material) -> Surface:
    """Crenels in the top of a wall: every other metre of the upper 1.1 m is open."""
    y, upright = hits.position[:, 1], np.abs(hits.normal[:, 1]) < 0.5
    top = y.max() if len(y) else 0.0
    return _kept(skin(hits), ~((y > top - 1.1) & (np.mod(hits.u / 2.0, 1) < 0.45) & upright))


@material
def broken_top(hits: Hits, skin: Material, height: float, seed: float) -> Surface:
    """A wall that ends along a ragged line, as ruins do."""
    line = height * (0.62 + 0.55 * _GRAIN.fbm(hits.u / 2.6 + seed, hits.u * 0 + seed, 3))
    return _kept(skin(hits), hits.position[:, 1] < np.floor(line / 0.4) * 0.4)


@material
def arch_wall(hits: Hits, skin: Material, pitch: float, width: float, height: float) -> Surface:
    """Round-arched openings, `width` wide and `height` to the crown, every `pitch` metres."""
    x, y = np.abs(np.mod(hits.u / pitch + 0.5, 1) - 0.5) * pitch, hits.position[:, 1]
    spring = height - width / 2
    hole = (x < width / 2) & ((y < spring) | (np.hypot(x, y - spring) < width / 2))
    return _kept(skin(hits), ~(hole & (np.abs(hits.normal[:, 2]) > 0.5)))


@material
def rounded(hits: Hits, skin: Material) -> Surface:
    """A tombstone of 0.8 m: its top is round, lines of letters below."""
    made, x, y = skin(hits), np.abs(hits.position[:, 0]), hits.position[:, 1]
    lines = (np.abs(np.mod(y / 0.14, 1) - 0.5) < 0.12) & (x < 0.26) & (y > 0.4) & (y < 0.95)
    made.albedo[lines] *= 0.6
    return _kept(made, (y < 0.85) | (np.hypot(x, y - 0.85) < 0.40))


@material
def humped(hits: Hits, skin: Material, length: float, height: float) -> Surface:
    """A bridge with three arches, humped like an old one."""
    made, x, y = skin(hits), hits.position[:, 0], hits.position[:, 1] - 1.2
    top = height - 1.2 - 2.1 * (x / length * 2) ** 2
    solid = y < top
    for centre, radius in ((0.0, 4.3), (-9.6, 3.3), (9.6, 3.3)):
        off = np.hypot(x - centre, np.maximum(y, 0))
        solid &= (off > radius) | (y > radius)
        made.albedo[np.abs(off - radius - 0.3) < 0.3] *= 1.18
    made.albedo[np.abs(y - top + 0.9) < 0.12] *= 0.8
    return _kept(made, solid)


@material
def fluted(hits: Hits, code: str = "e6dfd0") -> Surface:
    """Marble with flutes, streaked by weather."""
    angle = np.arctan2(hits.position[:, 2], hits.position[:, 0])
    flute = np.where(np.abs(hits.normal[:, 1]) > 0.7, 1.0, 0.80 + 0.20 * np.abs(np.sin(angle * 10)))
    return Surface(mix(mottled("ddd5c4", "efe9dd", 0.8)(hits).albedo, colour(code), 0.5) * flute[:, None])


@material
def ice(hits: Hits) -> Surface:
    """Facets of ice with a cold light inside."""
    angle = np.arctan2(hits.position[:, 2], hits.position[:, 0])
    facet = np.abs(np.mod(angle * 8 / (2 * np.pi), 1) - 0.5) * 2
    bands = 0.5 + 0.5 * np.sin(hits.position[:, 1] * 0.9 + np.floor(angle * 4) * 2.1)
    albedo = mix(colour("4f86c4"), colour("e4f2ff"), np.clip(0.25 + 0.45 * facet + 0.3 * bands, 0, 1))
    return Surface(albedo, (0.05 + 0.22 * (1 - facet) * bands)[:, None] * floats([0.45, 0.55, 1.1]))


@material
def pumpkin(hits: Hits) -> Surface:
    """Orange ribs."""
    angle = np.arctan2(hits.position[:, 0], hits.position[:, 2])
    return Surface(mix(colour("f58a24"), colour("b5480e"), 1 - np.abs(np.sin(angle * 5.5)) ** 0.6))


@material
def weathered(hits: Hits, skin: Material, code: str, start: float) -> Surface:
    """What is left of a smooth casing, from about `start` metres up."""
    cap = smoothstep(start, start + 13, hits.position[:, 1] + 6 * _GRAIN.fbm(hits.u / 9, hits.v / 9, 3))
    return Surface(mix(skin(hits).albedo, colour(code), cap))


@material
def glass_house(hits: Hits) -> Surface:
    """Iron ribs on a low wall, nothing between them; the floor is laid."""
    p, floor = hits.position, hits.normal[:, 1] > 0.9
    u = np.where(np.abs(hits.normal[:, 0]) > 0.5, p[:, 2], p[:, 0])
    v = np.where(np.abs(hits.normal[:, 1]) > 0.3, p[:, 2], p[:, 1])
    x, y, wide = np.mod(u, 0.9), np.mod(v, 1.15), np.maximum(0.028, hits.footprint * 0.55)
    low = p[:, 1] < 0.7
    bar = (np.minimum(x, 0.9 - x) < wide) | (np.minimum(y, 1.15 - y) < wide) | low | floor
    tone = np.where(low[:, None], colour("b5a890"), colour("e6ece6"))
    tone = np.where(floor[:, None], colour("a39a86"), tone)
    return Surface(tone * (1 + 0.12 * _GRAIN.fbm(p[:, 0] * 3, p[:, 2] * 3, 3))[:, None], None, bar)
