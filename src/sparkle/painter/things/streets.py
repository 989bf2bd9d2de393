"""What streets are made of: towers, cars, floors that mirror when they are wet."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.casting import Model, cast
from sparkle.painter.engine.lighting import show
from sparkle.painter.engine.materials import plain
from sparkle.painter.engine.noise import smoothstep
from sparkle.painter.engine.solids import Material, Solid, box
from sparkle.painter.things.pieces import Spot, pieces, solids_of

TOWERS = tuple(
    f"windows lit={lit} glass={glass} size={size} pitch={pitch} sky=bcd3e6 frame={frame} warm={warm}"
    f" on mottled {wall} 8"
    for lit, glass, size, pitch, frame, warm, wall in (
        (0.34, "1d2833", "1.2x1.5", "2.3x3.1", "55575a", "ffcf8a", "b9b2a6 cfc8bb"),
        (0.30, "263c50", "2.75x3.0", "2.9x3.4", "7d8890", "ffe0b0", "8d97a1 a9b4be"),
        (0.34, "2b3844", "1.5x1.9", "2.8x3.5", "a9a49a", "ffd9a8", "9c7f6c b5957f"),
        (0.30, "263c50", "2.75x3.0", "2.9x3.4", "7d8890", "ffd9a8", "6f7a85 8a96a2"),
        (0.34, "2b3844", "1.5x1.9", "2.8x3.5", "a9a49a", "ffcf8a", "c7bda8 ddd3bf"),
    )
)


def tower(canvas: Canvas, at: Spot, wide: float, tall: float, turn: float = 0.0) -> list[Solid]:
    """A high building of glass or stone, with a setback and a roof structure."""
    given = {"wide": wide, "tall": tall, "any": float(canvas.rng.uniform())}
    skin = TOWERS[canvas.rng.integers(len(TOWERS))]
    return solids_of(canvas, pieces()["tower"], given, at, turn, skin)


def far_towers(canvas: Canvas, z: float, count: int) -> None:
    """A hazy row of towers at a distance."""
    rng, parts = canvas.rng, list[Solid]()
    for _ in range(count):
        depth = z * rng.uniform(0.9, 1.6)
        x, tall = rng.uniform(-1.1, 1.1) * canvas.view.half_width(depth), rng.gamma(4, 0.036) * depth + 8
        parts += tower(canvas, (x, 0.0, depth), rng.uniform(12, 26), tall, rng.uniform(-0.2, 0.2))
    show(canvas, cast(canvas, parts))


def city(canvas: Canvas, near: float, far: float, rows: int) -> None:
    """Blocks and towers to the horizon, highest on the side of the light."""
    rng, view, parts = canvas.rng, canvas.view, list[Solid]()
    middle = 0.25 * float(np.sign(canvas.light.direction[0]))
    for z in np.geomspace(far, near, rows).tolist():
        for _ in range(3 if z > far / 3 else 2):
            share = rng.uniform(-1.15, 1.15)
            centre = np.exp(-(((share - middle) / 0.55) ** 2))
            tall = rng.gamma(3.0, 9) + centre * rng.gamma(2.0, 26) * np.clip(z / 500, 0.5, 1.3) + 6
            at = (share * view.half_width(z), 0.0, z)
            parts += tower(canvas, at, rng.uniform(16, 30), float(min(tall, 50) if z < 220 else tall), 0.12)
    parts.append(ground_plane(plain("606266"), 5000))
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


def on_floor(model: Model) -> Array:
    """1 where the model shows a level surface."""
    return np.isfinite(model.depth) & (model.normal[..., 1] > 0.9)
