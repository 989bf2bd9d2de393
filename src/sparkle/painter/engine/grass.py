"""Blades, stalks and flowers: thousands of anti-aliased strokes in perspective, from far to near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.ground import HeightField, flat
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.noise import floats
from sparkle.painter.engine.palette import Colour, colour

SHIFT = 4


@dataclass(frozen=True, slots=True)
class Blades:
    """A stand of plants: root and tip colours, height in metres, blades per picture, and what sits on the tips.

    `head` is "" (bare) or one of HEADS.
    """

    root: str = "2c4a16"
    tip: str = "94b04a"
    height: float = 0.30
    count: int = 6500
    near: float = 1.3
    far: float = 26.0
    lean: float = 0.25
    wide: float = 0.010
    head: str = ""
    heads: tuple[str, ...] = ()
    head_share: float = 1.0
    row: float = 0.0


def paint_blades(canvas: Canvas, blades: Blades, height_at: HeightField = flat, seed: int = 0) -> None:
    """Draw the stand over the picture, lit and hazed by depth."""
    rng, view = np.random.default_rng([seed, int(canvas.rng.integers(1 << 30))]), canvas.view
    count = int(blades.count * np.clip(1.2 * view.unit, 0.3, 1))  # a small picture has no room for all
    inverse = rng.uniform(1 / blades.far, 1 / blades.near, count)
    z = floats(np.sort(1 / inverse)[::-1])
    x = rng.uniform(-1.1, 1.1, count) * view.half_width(1.0) * z
    if blades.row:
        x = np.round(x / blades.row) * blades.row + rng.normal(0, blades.row * 0.14, count)
    x = floats(x)
    y = floats(height_at(x[None], z[None])[0])
    visible = _not_hidden(canvas, x, y, z)
    _draw(canvas, blades, x[visible], y[visible], z[visible], rng)


def _not_hidden(canvas: Canvas, x: Array, y: Array, z: Array) -> NDArray[np.bool_]:
    view = canvas.view
    column = (view.centre + view.focal * x / z).astype(int).clip(0, view.width - 1)
    row = (view.horizon - view.focal * (y + 0.1 - view.eye) / z).astype(int)
    inside = row < view.height * 1.5
    return np.asarray(
        (canvas.depth[row.clip(0, view.height - 1), column] > z * 0.85) & inside, dtype=np.bool_
    )


def _draw(canvas: Canvas, blades: Blades, x: Array, y: Array, z: Array, rng: np.random.Generator) -> None:
    view, count = canvas.view, len(x)
    scale = view.focal / z
    tall = blades.height * scale * rng.uniform(0.55, 1.2, count)
    wind = blades.lean * (0.6 + canvas.noise.quick(x / 3 + 5, z / 3)) + rng.normal(0, 0.20, count)
    base = np.stack([view.centre + x * scale, view.horizon - (y - view.eye) * scale], axis=1)
    tip = base + np.stack([tall * wind, -tall * np.sqrt(np.clip(1 - wind**2 * 0.4, 0.2, 1))], axis=1)
    middle = base * 0.45 + tip * 0.55 - np.stack([tall * wind * 0.22, tall * 0.05], axis=1)
    half = np.maximum(blades.wide * scale, 0.6 * view.unit) * rng.uniform(0.35, 0.75, count)
    across = np.stack([half, np.zeros(count)], axis=1)
    lower = np.stack([base - across, base + across, middle + across * 0.8, middle - across * 0.8], axis=1)
    upper = np.stack([middle - across * 0.8, middle + across * 0.8, tip], axis=1)
    patch = 1 + 0.30 * canvas.noise.quick(x / 1.7, z / 1.7) + rng.normal(0, 0.16, count)
    dark, bright = _tones(canvas, blades, floats(np.clip(patch, 0.4, 1.7)), z)
    fixed_low, fixed_up = _fixed(lower), _fixed(upper)
    heads = _heads(canvas, blades, tip, scale, rng)
    with canvas.drawing(Kind.GRASS) as drawing:
        for index in range(count):
            cv2.fillConvexPoly(drawing, fixed_low[index], dark[index], cv2.LINE_AA, SHIFT)
            cv2.fillConvexPoly(drawing, fixed_up[index], bright[index], cv2.LINE_AA, SHIFT)
            for shape, tone in heads[index]:
                cv2.fillConvexPoly(drawing, shape, tone, cv2.LINE_AA, SHIFT)


def _fixed(points: Array) -> NDArray[np.int32]:
    return np.asarray(points * (1 << SHIFT), dtype=np.int32)


def _srgb(canvas: Canvas, linear: Array, z: Array) -> list[tuple[float, ...]]:
    hazed = np.clip(canvas.hazed(linear, z, np.full(len(z), canvas.view.width // 2)), 0, 1)
    return [tuple(tone) for tone in (hazed ** (1 / 2.2) * 255).tolist()]


def _tones(
    canvas: Canvas, blades: Blades, patch: Array, z: Array
) -> tuple[list[tuple[float, ...]], list[tuple[float, ...]]]:
    light = canvas.light
    lift = light.sun * 0.75 + light.ambient * 0.8
    low = light.sun * 0.62 + light.ambient * 0.7
    root, tip = colour(blades.root), colour(blades.tip)
    return (_srgb(canvas, root * low * patch[:, None], z), _srgb(canvas, tip * lift * patch[:, None], z))


Tone = tuple[float, ...]
Shapes = list[tuple[NDArray[np.int32], tuple[float, ...]]]


def _heads(
    canvas: Canvas, blades: Blades, tip: Array, scale: Array, rng: np.random.Generator
) -> list[Shapes]:
    """Polygons on top of each stalk, already in fixed-point pixels with sRGB tones."""
    empty: list[Shapes] = [[] for _ in range(len(tip))]
    if not blades.head:
        return empty
    palette = [colour(code) for code in blades.heads]
    light = canvas.light
    lift = floats(light.sun * 0.85 + light.ambient * 0.8)
    shadow = floats(light.sun * 0.4 + light.ambient * 0.7)
    for index in np.flatnonzero(rng.uniform(size=len(tip)) < blades.head_share):
        tone = palette[rng.integers(len(palette))] * floats(rng.uniform(0.8, 1.2))
        bright, dim = _one(tone * lift), _one(tone * shadow)
        empty[index] = _head(blades.head, tip[index], float(scale[index]), (bright, dim), rng)
    return empty


def _one(linear: Colour) -> tuple[float, ...]:
    return tuple((np.clip(linear, 0, 1) ** (1 / 2.2) * 255).tolist())


def _ellipse(centre: Array, rx: float, ry: float, angle: float = 0.0) -> NDArray[np.int32]:
    turn = np.linspace(0, 2 * np.pi, 9)[:-1]
    x, y = np.cos(turn) * max(rx, 0.5), np.sin(turn) * max(ry, 0.5)
    cos, sin = np.cos(angle), np.sin(angle)
    return _fixed(np.asarray(centre) + np.stack([x * cos - y * sin, x * sin + y * cos], axis=1))


PETALS = tuple(
    (0.6 * np.cos(a), 0.42 * np.sin(a), 0.5, 0.36, a, np.sin(a) < 0.4) for a in np.arange(6) * np.pi / 3 + 0.5
)
_RAYS = tuple((np.cos(a), np.sin(a), 0.42, 0.16) for a in np.arange(14) * np.pi / 7)
RAYS = tuple(
    (reach * x, reach * 0.92 * y, long, thin, float(np.arctan2(y, x)), bright)
    for reach, bright in ((0.68, 0.0), (0.56, 1.0))
    for x, y, long, thin in _RAYS
)
# The middle of a bloom: its tone and its size in parts of the head, from back to front.
MIDDLES = {
    "flower": (((250.0, 205.0, 70.0), 0.28, 0.22),),
    "sunflower": (((104.0, 66.0, 34.0), 0.5, 0.45), ((62.0, 38.0, 20.0), 0.27, 0.25)),
}
LEANS = {"ear": 0.3, "leaf": 1.0, "flower": 0.3}
# What sits on a stalk: its size in metres, the range of its chance, and ellipses from back to front (across, down,
# half width, half height, turn, the chance that it is bright), in sizes.
Ellipse = tuple[float, float, float, float, float, float]
HEADS: dict[str, tuple[float, tuple[float, float], Sequence[Ellipse]]] = {
    "ear": (0.055, (1, 1), ((0.18, 0, 0.24, 1, 0.15, 0), (0, 0, 0.18, 0.95, 0.15, 1))),
    "spike": (
        0.018,
        (1, 1),
        ((0, 1.4, 0.9, 3, 0, 0), (0, 0, 0.7, 1, 0, 1), (0.1, 1.6, 0.7, 1, 0, 1), (-0.1, 3.2, 0.7, 1, 0, 1)),
    ),
    "tulip": (
        0.034,
        (1, 1),
        ((0, 0, 0.8, 1.05, 0, 0), (-0.28, -0.1, 0.46, 1.05, -0.15, 1), (0.4, -0.2, 0.26, 0.9, 0.2, 1)),
    ),
    "puff": (0.024, (1, 1), ((0, 0, 1, 1, 0, 0), (-0.2, -0.2, 0.7, 0.7, 0, 1))),
    "reed": (0.10, (1, 1), ((0, 0, 0.16, 1, 0, 0), (-0.05, 0, 0.08, 0.9, 0, 1))),
    "leaf": (0.075, (0.7, 1.3), ((0, 0, 1, 0.72, 0.8, 0.6),)),
    "flower": (0.030, (0.7, 1.2), PETALS),
    "sunflower": (0.155, (0.8, 1.15), RAYS),
}


def _head(kind: str, tip: Array, scale: float, tones: tuple[Tone, Tone], rng: np.random.Generator) -> Shapes:
    """The ellipses of one head; it leans by chance, and a flower too small for petals is one dot."""
    metres, chance, parts = HEADS[kind]
    size, lean = metres * scale * rng.uniform(*chance), rng.normal(0, LEANS.get(kind, 0.0))
    if kind in MIDDLES and size < 2.2:
        return [(_ellipse(tip, size, size * 0.8), tones[0])]
    shapes = [
        (
            _ellipse(tip + size * floats([x, y]), rx * size, ry * size, turn + lean),
            tones[0 if bright == 1 or rng.uniform() < bright else 1],
        )
        for x, y, rx, ry, turn, bright in parts
    ]
    for tone, wide, high in MIDDLES.get(kind, ()) if tones[0][0] > 60 else ():
        shapes.append((_ellipse(tip, size * wide, size * high), tone))
    return shapes
