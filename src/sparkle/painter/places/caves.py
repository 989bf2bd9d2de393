"""Below: crystal caves and the deep sea."""

from __future__ import annotations

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.casting import cast
from sparkle.painter.engine.ground import ground_start, height_of, paint_land
from sparkle.painter.engine.light import glow_at, sparks
from sparkle.painter.engine.lighting import Lamp, show
from sparkle.painter.engine.materials import mottled
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import colour
from sparkle.painter.engine.solids import Hits, Solid, Surface, column
from sparkle.painter.engine.water import WATERS, paint_water
from sparkle.painter.things.dry_land import rock_cover


def paint_cave(canvas: Canvas) -> None:
    """A dark cave with clusters of glowing crystals around a luminous pool."""
    view, noise, rng = canvas.view, canvas.noise, canvas.rng
    columns, rows = view.grid()
    u, v = columns / view.height, rows / view.height
    wide = view.width / view.height
    ring = np.hypot((u - wide / 2) / (wide * 0.40), (v - 0.52) / 0.36) + 0.26 * noise.fbm(
        u * 2.6, v * 2.6 + 3, 5
    )
    facet = noise.ridged(u * 3.1 + 5, v * 3.1, 6)
    facing = np.clip(0.15 + 0.9 * (facet - 0.35), 0, 1)
    stone = colour("515a7c") * (0.25 + 1.2 * facing[..., None])
    depth_glow = np.exp(-(np.maximum(ring, 0) ** 2) * 1.2)[..., None]
    canvas.rgb[:] = (
        stone * (0.22 + 0.9 * smoothstep(0.6, 1.1, ring)[..., None] * 0.6)
        + colour("2f9fd0") * depth_glow * 0.42
        + colour("7a4fd0") * np.exp(-((ring - 0.8) ** 2) / 0.05)[..., None] * 0.10
    )
    canvas.horizon_glow = np.tile(colour("2a6a9a") * 0.5, (view.width, 1))
    tones = ("5ad8ff", "9a6aff", "ff7ad8", "6affd8")
    spots = [
        (rng.choice((-1.0, 1.0)) * rng.uniform(0.34, 1.02), 1 / rng.uniform(1 / 24, 1 / 7.0))
        for _ in range(22)
    ]

    def floor(x: Array, z: Array) -> Array:
        pool = np.hypot(x / 1.7, z - 11) - 5.2 + 0.9 * noise.fbm(x / 3, z / 3, 3, exact=2)
        wall = 7 * smoothstep(0.38, 0.80, np.abs(x) / z) * smoothstep(3, 9, z)
        return (
            np.clip(pool * 0.30, -0.8, 0.3) + wall + 0.25 * noise.ridged(x / 2.4, z / 2.4, 4) * (pool > -0.5)
        )

    rock = mottled("343a55", "6f7796", 0.7)
    parts: list[Solid] = []
    for z in rng.uniform(7, 26, 34):  # stalactites
        x = rng.uniform(-1.1, 1.1) * view.half_width(z)
        tall, thick = rng.uniform(0.5, 2.6), rng.uniform(0.2, 0.55)
        top = view.eye + 0.98 * view.horizon / view.focal * float(z)
        parts.append(column(rock, (x, top - tall, float(z)), 0.02, tall + 1.5, thick))
    lights: list[tuple[float, float, float, float, str]] = []
    for share, z in sorted(spots, key=lambda spot: -spot[1]):
        x = share * view.half_width(z)
        code, foot = tones[rng.integers(4)], height_of(floor, x, z)
        for _ in range(int(rng.integers(3, 7))):
            tall, thick = rng.uniform(0.4, 1.9), rng.uniform(0.08, 0.20)
            parts.append(
                crystal(code, (x + rng.normal(0, 0.5), foot - 0.1, z + rng.normal(0, 0.4)), tall, thick, rng)
            )
        if rng.uniform() < 0.3 and z > 10:
            parts.append(crystal(code, (x * 1.05, 5.2, z), -rng.uniform(0.8, 1.6), 0.2, rng))
        lights.append((x, foot + 0.9, z, 1.0, code))

    paint_land(canvas, floor, rock_cover(canvas, "6a6f8a", "252a40", "3a4a6a", 0.0), ground_start(canvas), 30)
    lamps = [Lamp((x, y, z), tuple((colour(code) * 2.0).tolist()), 0.6) for x, y, z, _, code in lights[::2]]
    show(canvas, cast(canvas, parts), lamps, sky=1.0, sun=0)
    for x, y, z, size, code in lights:
        glow_at(canvas, (x, y, z), size * 0.8, colour(code), 0.10)
    _pool_light(canvas)
    sparks(canvas, 110, colour(tones[rng.integers(4)]) * 1.6, (0.2, 0.9), (0.5, 1.4), (0.1, 0.9))


def crystal(
    code: str, at: tuple[float, float, float], tall: float, thick: float, rng: np.random.Generator
) -> Solid:
    """A leaning six-sided crystal with a point; negative `tall` hangs."""
    tone, way = colour(code), 1.0 if tall > 0 else -1.0
    lean, around = rng.normal(0, 0.28), rng.uniform(0, 6.28)
    axis = np.array([np.sin(lean), way * np.cos(lean), 0.2 * np.sin(around)])
    axis /= np.linalg.norm(axis)
    side = np.cross(axis, [0.3, 0.1, 1.0])
    side /= np.linalg.norm(side)
    other = np.cross(axis, side)
    planes = []
    for k in range(6):
        a = around + k * np.pi / 3
        n = np.cos(a) * side + np.sin(a) * other
        planes.append([*n, thick])
        tip = n * 0.86 + axis * 0.5
        planes.append([*(tip / np.linalg.norm(tip)), (abs(tall) * 0.5 + thick * 0.2) / np.linalg.norm(tip)])
    planes.append([*(-axis), 0.1])
    reach = abs(tall) + thick * 2

    def surface(hits: Hits) -> Surface:
        along = np.clip(hits.position @ axis / abs(tall), 0, 1)
        bands = 0.15 * np.sin(hits.position[:, 1] * 9 + hits.position[:, 0] * 17)
        inner = np.clip(0.35 + 0.65 * np.abs(hits.normal[:, 0]) + bands, 0, 1.2)
        shine = tone * ((0.20 + 0.75 * along) * inner)[:, None]
        return Surface((tone * 0.55 + 0.1) * np.ones((len(along), 1), np.float32), shine)

    return Solid(surface, at, (-reach, -reach, -reach), (reach, reach, reach), planes=floats(planes))


def _pool_light(canvas: Canvas) -> None:
    flooded = paint_water(canvas, WATERS["cave"], -0.12)
    flooded = flooded * (canvas.depth < 24)
    x, z = canvas.level_points(0.0)
    caustic = np.clip(1 - np.abs(canvas.noise.fbm(x / 0.9, z / 0.9, 3)) * 4, 0, 1) ** 2
    canvas.add((flooded * (0.35 + 0.55 * caustic))[..., None] * colour("2fc4e8") * 0.75)
