"""Pieces of rooms: walls of books, windows with curtains, tables, lamps, plants, and light that falls in."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from sparkle.painter.engine.canvas import Canvas, blur
from sparkle.painter.engine.casting import Model, cast
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.materials import _GRAIN, _cell_random, planks
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import Colour, colour, mix
from sparkle.painter.engine.plants import tree
from sparkle.painter.engine.solids import Hits, Solid, Surface, material
from sparkle.painter.engine.sprites import place

Spot = tuple[float, float, float]


def step_inside(canvas: Canvas, ambient: str, strength: float = 1.0) -> None:
    """Exchange the open sky's light for that of a room."""
    fill = colour(ambient) * floats(strength)
    canvas.light = replace(canvas.light, ambient=fill)


BOOKS = (
    *("6b2422", "7a4a26", "2c4234", "26364f", "8c6a3c", "4a2d3f", "3c3430", "a08a5c", "5a1f2a"),
    *("34505a", "75603c", "2a2a2e"),
)


@material
def books(hits: Hits, shelf: str = "4a2e1c", row: float = 0.37, bay: float = 1.05) -> Surface:
    """Shelves full of books of many widths, heights and colours, some leaning gaps, gold on the spines."""
    wood, tones = colour(shelf), np.stack([colour(code) for code in BOOKS])
    u, v = hits.u, hits.position[:, 1]
    level = np.floor(v / row)
    y = v / row - level
    warped = u + 0.05 * _GRAIN.quick(u * 4 + level * 13, level * 7)
    book = np.floor(warped / 0.052)
    book = np.where(_cell_random(book, level, 5) < 0.35, np.floor(book / 2) * 2, book)
    luck = _cell_random(book, level)
    tall = 0.62 + 0.30 * _cell_random(book, level, 2)
    tone = tones[(luck * len(BOOKS)).astype(int) % len(BOOKS)]
    tone = tone * (0.7 + 0.6 * _cell_random(book, level, 3))[:, None]
    x = warped / 0.052 - np.floor(warped / 0.052)
    rounded = 0.55 + 0.45 * np.sin(np.pi * np.clip(x, 0.02, 0.98))
    gold = (np.abs(y / tall - 0.78) < 0.035) | ((np.abs(y / tall - 0.30) < 0.02) & (luck > 0.5))
    spine = np.where((gold & (luck > 0.25))[:, None], colour("b8964a"), tone) * rounded[:, None]
    gap = (y > tall) | (_cell_random(np.floor(warped / 0.21), level, 9) < 0.06)
    depth_shade = np.where(gap, 0.16, 1.0) * (1 - 0.55 * smoothstep(0.80, 1.0, y))
    albedo = np.where(gap[:, None], wood * 0.35, spine) * depth_shade[:, None]
    board = (y < 0.065) | (np.mod(u / bay, 1) < 0.05)
    grainy = 1 + 0.25 * _GRAIN.fbm(u * 3, v * 14, 3)
    albedo = np.where(board[:, None], wood * (1.15 * grainy)[:, None], albedo)
    return Surface(albedo)


@material
def panelled(hits: Hits, code: str = "5a3a24") -> Surface:
    """Wood panelling with raised fields."""
    boards, tone = planks(code, 0.9), colour(code)
    made = boards(hits)
    x, y = np.mod(hits.u / 0.9, 1), np.mod(hits.position[:, 1] / 1.2, 1)
    rim = np.minimum(np.minimum(x, 1 - x) * 0.9, np.minimum(y, 1 - y) * 1.2)
    line = np.exp(-(((rim - 0.12) / 0.02) ** 2))
    edge = tone * (0.25 * np.exp(-(((rim - 0.15) / 0.02) ** 2)))[:, None]
    return Surface(made.albedo * (1 - 0.4 * line)[:, None] + edge)


@material
def outdoors_glass(
    hits: Hits, canvas: Canvas, bars: tuple[float, float] = (0.5, 0.6), strength: float = 1.25
) -> Surface:
    """A window pane with a blurred view of sky and green (or of the night), divided by bars."""
    palette, plan = canvas.palette, canvas.plan
    leaf = colour({"winter": "c8d4e0", "autumn": "b88a4a"}.get(plan.season, "7fa35a"))
    night = plan.time in ("night", "dusk")
    u, v = hits.u, hits.position[:, 1]
    share = smoothstep(-0.2, 0.5, _GRAIN.fbm(u * 0.9 + 3, v * 0.9, 4) - (v - 1.0) * 0.55)
    sky = palette.horizon * 0.6 + palette.middle * 0.4
    view = mix(sky, leaf * (palette.sun * 0.35 + palette.ambient * 0.5), share)
    x, y = np.mod(u / bars[0], 1), np.mod(v / bars[1], 1)
    bar = (np.minimum(x, 1 - x) * bars[0] < 0.022) | (np.minimum(y, 1 - y) * bars[1] < 0.022)
    shine = np.where(bar[:, None], 0.0, view * strength * (0.8 if night else 1.0))
    albedo = np.where(bar[:, None], colour("e8e2d6"), 0.03)
    return Surface(floats(albedo) * np.ones((len(u), 1), np.float32), shine)


@material
def cloth(hits: Hits, code: str, folds: float = 9.0, sheer: float = 0.0) -> Surface:
    """Hanging cloth in vertical folds; `sheer` lets daylight glow through."""
    tone = colour(code)
    u, v = hits.u, hits.position[:, 1]
    wave = np.sin(u * folds * 2.2 + 1.6 * _GRAIN.fbm(u * 1.7, v * 0.35, 3) + 0.5 * np.sin(v * 1.3))
    shade = 0.62 + 0.38 * wave + 0.10 * _GRAIN.fbm(u * 14, v * 0.8, 3)
    albedo = tone * np.clip(shade, 0.15, 1.2)[:, None]
    return Surface(albedo, (albedo * sheer) if sheer else None)


# Land and sky of the pictures on a wall.
PAINTED = (
    ("5f6f3c", "b9c4c4"),
    ("8a5a34", "e0b98a"),
    ("3f5f7a", "d8dfe4"),
    ("7a6a2c", "e4d29a"),
    ("4a3a5c", "c99aa8"),
)


@material
def picture_frame(hits: Hits, code: str = "8a6a3a", number: int = 0) -> Surface:
    """A painted landscape in a frame; the solid is one picture around its own foot. Each `number` is another."""
    rim, (land, air) = colour(code), PAINTED[number % len(PAINTED)]
    u, v = hits.u, hits.position[:, 1]
    wide, tall = max(float(np.abs(u).max()), 0.1), max(float(v.max()), 0.1)
    border = np.minimum(wide - np.abs(u), np.minimum(v, tall - v)) < 0.06
    hill = v / tall < 0.42 + 0.12 * _GRAIN.fbm(u * 1.8 + tall + 9 * number, u * 0 + wide, 3)
    shade, mist = (0.8 + 0.5 * _GRAIN.fbm(u * 7, v * 7 + number, 3), 0.9 + 0.25 * _GRAIN.fbm(u * 3, v * 5, 3))
    tone = np.where(hill[:, None], colour(land) * shade[:, None], colour(air) * mist[:, None])
    return Surface(np.where(border[:, None], rim, tone))


@material
def rug(hits: Hits, first: str = "7a2a2a", second: str = "c9a46a") -> Surface:
    """A patterned carpet with a border."""
    base, thread = colour(first), colour(second)
    x, z = hits.position[:, 0], hits.position[:, 2]
    pattern = (np.sin(x * 9) * np.sin(z * 9) + np.sin((x + z) * 14) * 0.5) > 0.55
    half_x, half_z = max(float(np.abs(x).max()), 0.3), max(float(np.abs(z).max()), 0.3)
    edge = np.minimum(half_x - np.abs(x), half_z - np.abs(z))
    on = pattern | ((edge > 0.12) & (edge < 0.2))
    worn = 1 + 0.2 * _GRAIN.fbm(x * 5, z * 5, 3)
    return Surface(np.where(on[:, None], thread, base) * worn[:, None])


def grow(canvas: Canvas, at: Spot, height: float, kind: str = "shrub") -> None:
    """The plant of a pot."""
    x, y, z = at
    canvas_light = canvas.light
    canvas.light = replace(canvas_light, sun=floats([0.45, 0.43, 0.38]))
    place(canvas, tree(canvas, kind, canvas.rng, 1.3), (x, y + 0.22 * height, z), height)
    canvas.light = canvas_light


def light_pool(canvas: Canvas, corners: list[Spot], slide: Spot, tone: Colour, strength: float) -> None:
    """A shaft of light from a window (its corners) along `slide`, as lit dust in the air."""
    view = canvas.view
    mask = np.zeros(canvas.depth.shape, dtype=np.float32)
    steps = 14
    for step in range(steps):
        t = (step + 0.5) / steps
        shape = [
            view.project(x + slide[0] * t, y + slide[1] * t, max(z + slide[2] * t, 0.3))
            for x, y, z in corners
        ]
        layer = np.zeros_like(mask)
        cv2.fillConvexPoly(layer, (floats(shape) * 16).astype(np.int32), 1.0, cv2.LINE_8, 4)
        mask += layer * (1.15 - t) / steps
    soft = blur(mask, 7 * view.unit)
    columns, rows = view.grid()
    dust = 0.8 + 0.35 * canvas.noise.fbm(columns / view.height * 4, rows / view.height * 4, 4)
    canvas.add(np.clip(soft * dust, 0, 1)[..., None] * tone * strength)


@material
def wire_globe(hits: Hits) -> Surface:
    """A globe of light lines with its land."""
    tone = colour("4fe0ff")
    angle = np.arctan2(hits.position[:, 0], -hits.position[:, 2])
    lat = np.arcsin(np.clip(hits.position[:, 1] / 0.55, -1, 1))
    line = np.maximum(np.abs(np.cos(angle * 9)), np.abs(np.cos(lat * 9))) > 0.965
    land = smoothstep(0.0, 0.2, np.sin(angle * 2.1 + 1) * np.cos(lat * 3) - 0.15)
    shine = (line * 1.2 + land * 0.45 + 0.12)[:, None] * tone
    return Surface(np.zeros_like(hits.position), shine)


def translucent(canvas: Canvas, solid: Solid) -> None:
    """Add only the own light of a solid, and veil what is behind it a little."""
    model: Model = cast(canvas, [solid])
    seen = np.isfinite(model.depth)
    canvas.rgb *= (1 - 0.35 * seen)[..., None]
    canvas.kinds[seen] = Kind.LIGHT
    canvas.add(model.glow + seen[..., None] * colour("1a5a78") * 0.5)
