"""What streets are made of: towers, houses, cars, floors that mirror when they are wet."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.lighting import show
from sparkle.painter.engine.materials import brick, faces, mottled, plain, planks, windows
from sparkle.painter.engine.noise import smoothstep
from sparkle.painter.engine.solids import Material, Model, Solid, box, cast, gable


def dark_hour(canvas: Canvas) -> bool:
    """Whether lamps are lit."""
    return canvas.plan.time in ("dusk", "night") or canvas.plan.has("lit windows")


def lit_share(canvas: Canvas) -> float:
    """Share of windows that are lit at this hour."""
    return {"night": 0.34, "dusk": 0.30, "sunset": 0.16, "dawn": 0.16}.get(canvas.plan.time, 0.0)


def tower(
    canvas: Canvas, at: tuple[float, float, float], wide: float, tall: float, lit: float, turn: float = 0.0
) -> list[Solid]:
    """A high building of glass or stone, with a setback and a roof structure."""
    rng = canvas.rng
    tones = (
        ("b9b2a6", "cfc8bb"),
        ("8d97a1", "a9b4be"),
        ("9c7f6c", "b5957f"),
        ("6f7a85", "8a96a2"),
        ("c7bda8", "ddd3bf"),
    )
    stone = mottled(*tones[rng.integers(5)], 8)
    salt = float(rng.uniform(0, 9))
    sky = "bcd3e6" if canvas.plan.time in ("day",) else "8f8aa6"
    if lit > 0:
        skin = windows(
            stone,
            "1d2833",
            (1.2, 1.5),
            (2.3, 3.1),
            lit,
            1.0,
            sky,
            "55575a",
            ("ffcf8a", "ffe0b0", "ffd9a8")[rng.integers(3)],
            salt,
        )
    elif rng.uniform() < 0.5:
        skin = windows(stone, "263c50", (2.75, 3.0), (2.9, 3.4), lit, 1.5, sky, "7d8890", salt=salt)
    else:
        skin = windows(stone, "2b3844", (1.5, 1.9), (2.8, 3.5), lit, 1.5, sky, "a9a49a", salt=salt)
    skin = faces(skin, skin, mottled("6a6a6a", "7d7d7c", 4))
    deep = wide * rng.uniform(0.75, 1.15)
    parts = [box(skin, at, (wide, tall, deep), turn)]
    if tall > 45 and rng.uniform() < 0.6:
        parts.append(
            box(
                skin,
                (at[0], at[1] + tall, at[2]),
                (wide * 0.66, tall * rng.uniform(0.1, 0.3), deep * 0.66),
                turn,
            )
        )
    else:
        parts.append(
            box(
                mottled("77777a", "8c8c8c", 2),
                (at[0] + wide * 0.1, at[1] + tall, at[2]),
                (wide * 0.3, 3.2, deep * 0.3),
                turn,
            )
        )
    return parts


def far_towers(canvas: Canvas, z: float, count: int) -> None:
    """A hazy row of towers at a distance."""
    rng, view = canvas.rng, canvas.view
    parts: list[Solid] = []
    for _ in range(count):
        depth = z * rng.uniform(0.9, 1.6)
        x = rng.uniform(-1.1, 1.1) * view.half_width(depth)
        parts += tower(
            canvas,
            (x, 0.0, depth),
            rng.uniform(12, 26),
            rng.gamma(4, 0.036) * depth + 8,
            lit_share(canvas),
            rng.uniform(-0.2, 0.2),
        )
    show(canvas, cast(canvas, parts))


def wet_floor(canvas: Canvas, model: Model, share: Array, smear: float = 1.0) -> None:
    """Mirror the picture in a wet floor: stretched downward, broken by ripples; `share` (H, W) says where."""
    view, noise = canvas.view, canvas.noise
    columns, rows = view.grid()
    z = np.where(np.isfinite(model.depth), model.depth, 1e5)
    x = (columns - view.centre) / view.focal * z
    rough = noise.fbm(x / 0.35, z / 0.35, 3)
    pools = 0.35 + 0.65 * smoothstep(-0.25, 0.30, noise.fbm(x / 2.4 + 7, z / 3.4, 4))
    shake = rough * 4.5 * view.unit * smear
    source = np.clip(2 * view.horizon - rows + shake * 2.2, 0, view.height - 1)
    mirrored = cv2.remap(
        canvas.rgb, (columns + shake * 0.6), source, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    mirrored = cv2.GaussianBlur(mirrored, (0, 0), sigmaX=0.8 * view.unit, sigmaY=5 * view.unit * smear)
    steep = np.clip(0.35 + 0.65 * np.exp(-(rows - view.horizon) / (0.30 * view.height)), 0, 1)
    canvas.rgb *= (1 - 0.45 * share * pools)[..., None]
    canvas.add(mirrored * (share * pools * steep * 0.85)[..., None])


def ground_plane(material: Material, depth: float = 600.0) -> Solid:
    """Level ground at height 0."""
    return box(material, (0.0, -0.2, depth / 2 - 20), (depth, 0.2, depth))


def car(
    canvas: Canvas, at: tuple[float, float, float], away: bool, lights: bool
) -> tuple[list[Solid], list[tuple[float, float, float]]]:
    """A car on the road; returns its solids and the places of its visible lamps."""
    x, y, z = at
    paint = plain(("8a1f22", "1f3a5c", "d8d8d6", "2a2c30", "b8b8b4", "c79a2c")[canvas.rng.integers(6)])
    glass, dark = plain("25303a"), plain("1a1a1c")
    parts = [
        box(paint, (x, y + 0.32, z), (1.8, 0.52, 4.3)),
        box(glass, (x, y + 0.82, z + 0.2), (1.55, 0.5, 2.2)),
        box(paint, (x, y + 1.30, z + 0.2), (1.45, 0.06, 1.9)),
        box(dark, (x, y, z - 1.35), (1.82, 0.5, 0.62)),
        box(dark, (x, y, z + 1.35), (1.82, 0.5, 0.62)),
    ]
    lamp = plain("ff3020" if away else "fff4d8", (2.4 if lights else 0.5))
    spots = []
    for side in (-0.66, 0.66):
        parts.append(box(lamp, (x + side, y + 0.55, z - 2.16), (0.34, 0.16, 0.04)))
        spots.append((x + side, y + 0.63, z - 2.2))
    return parts, spots


def on_floor(model: Model) -> Array:
    """1 where the model shows a level surface."""
    return np.isfinite(model.depth) & (model.normal[..., 1] > 0.9)


def house(
    canvas: Canvas,
    at: tuple[float, float, float],
    size: tuple[float, float, float],
    turn: float,
    wall: Material,
    roof: Material,
    lit: float,
) -> list[Solid]:
    """A gabled house; its ridge runs along its depth, the gable looks to the front."""
    w, h, d = size
    x, y, z = at
    peak = w * canvas.rng.uniform(0.55, 0.75)
    skin = windows(
        wall,
        "2a3138",
        (0.85, 1.15),
        (2.1, 2.5),
        lit,
        1.6,
        "8fa3b5",
        "5a4636",
        salt=float(canvas.rng.uniform(0, 9)),
    )
    parts = [
        box(skin, at, (w, h, d), turn),
        gable(wall, (x, y + h - 0.02, z), (w * 0.985, peak * 0.97, d), turn),
        gable(roof, (x, y + h, z), (w * 1.14, peak, d * 1.0), turn),
        box(
            brick("8a6a58", "6a6058"),
            (x + np.cos(turn) * w * 0.22, y + h + peak * 0.35, z + np.sin(turn) * w * 0.22),
            (0.8, peak * 0.85, 0.8),
            turn,
        ),
    ]
    cos, sin = np.cos(turn), np.sin(turn)
    parts.append(
        box(
            planks("5a3f2a", 0.2),
            (x + (d / 2 + 0.02) * sin, y, z - (d / 2 + 0.02) * cos),
            (1.15, 2.1, 0.15),
            turn,
        )
    )
    return parts


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
        alpha = (
            np.exp(-(across**2))
            * np.exp(-up / 5.5)
            * (up > 0)
            * np.clip(0.5 + 0.7 * puff, 0, 1)
            * (canvas.depth > z * 0.9)
        )
        tone = canvas.light.ambient * 0.9 + canvas.light.sun * 0.35
        canvas.blend(tone, alpha * 0.65)
