"""Pieces of rooms: walls of books, windows with curtains, tables, lamps, plants, and light that falls in."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from sparkle.painter.engine.canvas import Canvas, blur
from sparkle.painter.engine.materials import _GRAIN, _cell_random, planks
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import Colour, colour, mix
from sparkle.painter.engine.plants import tree
from sparkle.painter.engine.solids import Hits, Material, Model, Solid, Surface, box, cast
from sparkle.painter.engine.sprites import place

Spot = tuple[float, float, float]


def step_inside(canvas: Canvas, ambient: str, strength: float = 1.0) -> None:
    """Exchange the open sky's light for that of a room."""
    fill = colour(ambient) * floats(strength)
    canvas.light = replace(canvas.light, ambient=fill)


def room(
    floor: Material,
    wall: Material,
    ceiling: Material,
    back: Material | None = None,
    size: Spot = (9.0, 3.5, 13.0),
    front: float = -3.0,
) -> Solid:
    """The inside of a box of (width, height, depth) around the eye."""
    rear = back or wall

    def surface(hits: Hits) -> Surface:
        albedo = np.zeros_like(hits.position)
        shine = np.zeros_like(hits.position)
        up, level = hits.normal[:, 1], np.abs(hits.normal[:, 1]) < 0.5
        parts = (
            (up > 0.5, floor),
            (up < -0.5, ceiling),
            (level & (np.abs(hits.normal[:, 0]) > 0.5), wall),
            (level & (np.abs(hits.normal[:, 2]) > 0.5), rear),
        )
        for share, material in parts:
            if share.any():
                made = material(
                    Hits(hits.position[share], hits.normal[share], hits.z[share], hits.footprint[share])
                )
                albedo[share] = made.albedo
                if made.glow is not None:
                    shine[share] = made.glow
        return Surface(albedo, shine)

    return box(surface, (0.0, 0.0, front + size[2] / 2), size, inside=True)


BOOKS = (
    *("6b2422", "7a4a26", "2c4234", "26364f", "8c6a3c", "4a2d3f", "3c3430", "a08a5c", "5a1f2a"),
    *("34505a", "75603c", "2a2a2e"),
)


def books(shelf: str = "4a2e1c", row: float = 0.37, bay: float = 1.05) -> Material:
    """Shelves full of books of many widths, heights and colours, some leaning gaps, gold on the spines."""
    wood, tones = colour(shelf), np.stack([colour(code) for code in BOOKS])

    def surface(hits: Hits) -> Surface:
        u, v = hits.u, hits.position[:, 1]
        level = np.floor(v / row)
        y = v / row - level
        warped = u + 0.05 * _GRAIN.quick(u * 4 + level * 13, level * 7)
        book = np.floor(warped / 0.052)
        book = np.where(_cell_random(book, level, 5) < 0.35, np.floor(book / 2) * 2, book)
        luck = _cell_random(book, level)
        tall = 0.62 + 0.30 * _cell_random(book, level, 2)
        tone = (
            tones[(luck * len(BOOKS)).astype(int) % len(BOOKS)]
            * (0.7 + 0.6 * _cell_random(book, level, 3))[:, None]
        )
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

    return surface


def panelled(code: str = "5a3a24") -> Material:
    """Wood panelling with raised fields."""
    boards, tone = planks(code, 0.9), colour(code)

    def surface(hits: Hits) -> Surface:
        made = boards(hits)
        x, y = np.mod(hits.u / 0.9, 1), np.mod(hits.position[:, 1] / 1.2, 1)
        rim = np.minimum(np.minimum(x, 1 - x) * 0.9, np.minimum(y, 1 - y) * 1.2)
        line = np.exp(-(((rim - 0.12) / 0.02) ** 2))
        return Surface(
            made.albedo * (1 - 0.4 * line)[:, None]
            + tone * (0.25 * np.exp(-(((rim - 0.15) / 0.02) ** 2)))[:, None]
        )

    return surface


def outdoors_glass(
    canvas: Canvas, bars: tuple[float, float] = (0.5, 0.6), strength: float = 1.25
) -> Material:
    """A window pane with a blurred view of sky and green (or of the night), divided by bars."""
    palette, plan = canvas.palette, canvas.plan
    leaf = colour({"winter": "c8d4e0", "autumn": "b88a4a"}.get(plan.season, "7fa35a"))
    night = plan.time in ("night", "dusk")

    def surface(hits: Hits) -> Surface:
        u, v = hits.u, hits.position[:, 1]
        share = smoothstep(-0.2, 0.5, _GRAIN.fbm(u * 0.9 + 3, v * 0.9, 4) - (v - 1.0) * 0.55)
        sky = palette.horizon * 0.6 + palette.middle * 0.4
        view = mix(sky, leaf * (palette.sun * 0.35 + palette.ambient * 0.5), share)
        x, y = np.mod(u / bars[0], 1), np.mod(v / bars[1], 1)
        bar = (np.minimum(x, 1 - x) * bars[0] < 0.022) | (np.minimum(y, 1 - y) * bars[1] < 0.022)
        shine = np.where(bar[:, None], 0.0, view * strength * (0.8 if night else 1.0))
        albedo = np.where(bar[:, None], colour("e8e2d6"), 0.03)
        return Surface(np.asarray(albedo, dtype=np.float32) * np.ones((len(u), 1), np.float32), shine)

    return surface


def cloth(code: str, folds: float = 9.0, sheer: float = 0.0) -> Material:
    """Hanging cloth in vertical folds; `sheer` lets daylight glow through."""
    tone = colour(code)

    def surface(hits: Hits) -> Surface:
        u, v = hits.u, hits.position[:, 1]
        wave = np.sin(u * folds * 2.2 + 1.6 * _GRAIN.fbm(u * 1.7, v * 0.35, 3) + 0.5 * np.sin(v * 1.3))
        shade = 0.62 + 0.38 * wave + 0.10 * _GRAIN.fbm(u * 14, v * 0.8, 3)
        albedo = tone * np.clip(shade, 0.15, 1.2)[:, None]
        return Surface(albedo, (albedo * sheer) if sheer else None)

    return surface


# Land and sky of the pictures on a wall.
PAINTED = (
    ("5f6f3c", "b9c4c4"),
    ("8a5a34", "e0b98a"),
    ("3f5f7a", "d8dfe4"),
    ("7a6a2c", "e4d29a"),
    ("4a3a5c", "c99aa8"),
)


def picture_frame(code: str = "8a6a3a", number: int = 0) -> Material:
    """A painted landscape in a frame; the solid is one picture around its own foot. Each `number` is another."""
    rim, (land, air) = colour(code), PAINTED[number % len(PAINTED)]

    def surface(hits: Hits) -> Surface:
        u, v = hits.u, hits.position[:, 1]
        wide, tall = max(float(np.abs(u).max()), 0.1), max(float(v.max()), 0.1)
        border = np.minimum(wide - np.abs(u), np.minimum(v, tall - v)) < 0.06
        hill = v / tall < 0.42 + 0.12 * _GRAIN.fbm(u * 1.8 + tall + 9 * number, u * 0 + wide, 3)
        shade, mist = (
            0.8 + 0.5 * _GRAIN.fbm(u * 7, v * 7 + number, 3),
            0.9 + 0.25 * _GRAIN.fbm(u * 3, v * 5, 3),
        )
        tone = np.where(hill[:, None], colour(land) * shade[:, None], colour(air) * mist[:, None])
        return Surface(np.where(border[:, None], rim, tone))

    return surface


def rug(first: str = "7a2a2a", second: str = "c9a46a") -> Material:
    """A patterned carpet with a border."""
    base, thread = colour(first), colour(second)

    def surface(hits: Hits) -> Surface:
        x, z = hits.position[:, 0], hits.position[:, 2]
        pattern = (np.sin(x * 9) * np.sin(z * 9) + np.sin((x + z) * 14) * 0.5) > 0.55
        half_x, half_z = max(float(np.abs(x).max()), 0.3), max(float(np.abs(z).max()), 0.3)
        edge = np.minimum(half_x - np.abs(x), half_z - np.abs(z))
        on = pattern | ((edge > 0.12) & (edge < 0.2))
        worn = 1 + 0.2 * _GRAIN.fbm(x * 5, z * 5, 3)
        return Surface(np.where(on[:, None], thread, base) * worn[:, None])

    return surface


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


def wire_globe() -> Material:
    """A globe of light lines with its land."""
    tone = colour("4fe0ff")

    def surface(hits: Hits) -> Surface:
        angle = np.arctan2(hits.position[:, 0], -hits.position[:, 2])
        lat = np.arcsin(np.clip(hits.position[:, 1] / 0.55, -1, 1))
        line = np.maximum(np.abs(np.cos(angle * 9)), np.abs(np.cos(lat * 9))) > 0.965
        land = smoothstep(0.0, 0.2, np.sin(angle * 2.1 + 1) * np.cos(lat * 3) - 0.15)
        shine = (line * 1.2 + land * 0.45 + 0.12)[:, None] * tone
        return Surface(np.zeros_like(hits.position), shine)

    return surface


def translucent(canvas: Canvas, solid: Solid) -> None:
    """Add only the own light of a solid, and veil what is behind it a little."""
    model: Model = cast(canvas, [solid])
    seen = np.isfinite(model.depth)
    canvas.rgb *= (1 - 0.35 * seen)[..., None]
    canvas.add(model.glow + seen[..., None] * colour("1a5a78") * 0.5)
