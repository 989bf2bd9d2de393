"""Land, ways over it, water and sea."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from sparkle.painter.engine.canvas import Array
from sparkle.painter.engine.ground import ground_start, paint_land
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.water import WATERS, paint_foam, paint_water
from sparkle.painter.scene import Scene, of_canvas, step
from sparkle.painter.things import dry_land, land
from sparkle.painter.things.covers import COVERS, paved, strewn
from sparkle.painter.things.fields import FIELDS
from sparkle.painter.things.pieces import named

of_canvas("backdrop", land.backdrop)


@step
def toss(s: Scene) -> None:
    """Let chance choose the side."""
    s.side = s.chance_side()


@step
def sunward(s: Scene) -> None:
    """Leave the side of a low sun free."""
    light = s.canvas.light
    s.side = -1.0 if light.column > s.canvas.view.centre else 1.0


@step
def ground(
    s: Scene,
    field: str,
    cover: str,
    far: float,
    near: float | None = None,
    solid: bool = False,
    way: tuple[str, float] | None = None,
    fallen: tuple[str, float] | None = None,
) -> None:
    """Land of FIELDS under one of COVERS, from `near` (the lower edge of the picture) to `far`; a way (what it is made
    of, half its width) and something fallen (tone, density) on it."""
    s.land = named(FIELDS, field, s)
    laid = named(COVERS, cover, s)
    laid = paved(s, laid, *way) if way else laid
    laid = strewn(s, laid, *fallen) if fallen else laid
    start = ground_start(s.canvas) if near is None else near
    paint_land(s.canvas, s.land, laid, start, far, Kind.SOLID if solid else Kind.LAND)


@step
def way(s: Scene, bend: float, length: float, at: float = 0.0) -> None:
    """Where a way winds: `bend` metres to both sides, a turn every 2 pi `length`, `at` metres from the middle."""
    middle = s.side * at
    s.way = lambda x, z: np.abs(x - middle - bend * np.sin(z / length))


@step
def coast(s: Scene, lies: Sequence[tuple[tuple[float, float], tuple[float, float], float]]) -> None:
    """Where the sea begins, one set of these by chance: ranges of metres ahead and of slant, a bay that comes round."""
    ahead, slanting, bay = s.one_of(lies)
    start, slant = s.rng.uniform(*ahead), s.rng.uniform(*slanting)
    seed, side = float(s.rng.uniform(0, 60)), s.side

    def distance(x: Array, z: Array) -> Array:
        bend = 9 * s.noise.fbm(z / 60 + seed, x / 60, 2, exact=2) * np.clip(z / 60, 0.05, 1)
        return side * x * slant + (start - z) * 0.8 + bay * x * x / (1 + z / 40) + bend

    s.coast = distance


@step
def sands(s: Scene, tones: Sequence[str], dune: tuple[float, float], far: float) -> None:
    """A beach that rises gently from the water into low dunes; its sand one of `tones`."""
    coast, humpy = s.coast, s.rng.uniform(*dune)

    def at(x: Array, z: Array) -> Array:
        d = coast(x, z)
        slope = np.where(d > 0, 0.030 * np.minimum(d, 40), np.maximum(0.055 * d, -9))
        humps = s.noise.fbm(x / 11 + 3, z / 11, 4, exact=2)
        return slope + humpy * smoothstep(3, 26, d) * (humps + 0.35) + 0.012 * humps

    s.land = at
    sand = named(COVERS, f"wet sand {s.one_of(tones)}", s)
    paint_land(s.canvas, at, sand, ground_start(s.canvas), far)


@step
def boulders(
    s: Scene,
    light: str,
    dark: str,
    size: float,
    tall: float,
    reach: tuple[float, float],
    far: float,
    near: float = 0,
) -> None:
    """Rocks along the coast: from so far out in the water (below 0) to where they are thickest, `tall` metres high."""
    out, full = reach

    def bed(x: Array, z: Array) -> Array:
        return np.maximum(0.055 * s.coast(x, z), -5) - 0.28

    def share(x: Array, z: Array) -> Array:
        aside = (
            np.sqrt((x / np.maximum(z, 4)) ** 2 + 0.04) - 0.2
        )  # round at x = 0: a kink would show as a line
        return (
            smoothstep(out, full, s.coast(x, z)) * np.clip(0.35 + aside * 1.3, 0, 1) * smoothstep(3.5, 12, z)
        )

    stones = dry_land.rocks(s.canvas, bed, share, size, tall)
    start = near or ground_start(s.canvas) * 0.8
    paint_land(s.canvas, stones, named(COVERS, f"rock {light} {dark}", s), start, far, Kind.SOLID)


@step
def capes(s: Scene, cover: str, tall: tuple[float, float], one: bool = False) -> None:
    """Wooded capes far away, on the land's side, the other, or both."""
    for side in ((s.side,), (-s.side,), (s.side, -s.side))[0 if one else s.rng.integers(3)]:
        cape = named(FIELDS, "headland", s, side=side, tall=s.rng.uniform(*tall))
        paint_land(s.canvas, cape, named(COVERS, cover, s), 880, 2600, Kind.SOLID)


@step
def skerries(s: Scene, chance: float = 1.0) -> None:
    """A group of rocks in the shallow water, perhaps."""
    z0 = s.rng.uniform(16, 34)
    x0, wide = -s.side * s.rng.uniform(0.15, 0.8) * s.canvas.view.half_width(z0), 0.16 * z0
    if s.rng.uniform() < chance:

        def group(x: Array, z: Array) -> Array:
            return np.exp(-(((x - x0) / wide) ** 2) - ((z - z0) / (0.7 * wide)) ** 2)

        bed = dry_land.rocks(s.canvas, lambda x, z: np.zeros_like(x) - 0.8, group, 2.6, 2.4)
        paint_land(s.canvas, bed, named(COVERS, "rock 8a8077 3f3935", s), z0 * 0.5, z0 * 1.6, Kind.SOLID)


@step
def water(s: Scene, look: str, level: float = 0.0) -> None:
    """Level water of one of WATERS."""
    paint_water(s.canvas, WATERS[look], level)


@step
def sea(s: Scene, look: str, surf: float, level: float = 0.0) -> None:
    """The sea along the coast: shallow colours by depth, breakers along the waterline, a wash of foam on the sand."""
    x, z = s.canvas.level_points(level)
    d = s.coast(x, z)
    flooded = paint_water(s.canvas, WATERS[look], level, np.maximum(-d * 0.05, 0))
    level_ground = (np.abs(s.canvas.depth / z - 1) < 0.03) & (d < 0.6)
    paint_foam(s.canvas, _breakers(s, x, z, d, surf), np.maximum(flooded, level_ground))


def _breakers(s: Scene, x: Array, z: Array, d: Array, surf: float) -> Array:
    ragged, lace = s.noise.fbm(x / 7, z / 7, 4), s.noise.fbm(x * 1.1, z * 1.1, 4, gain=0.6)
    foam = np.zeros_like(d)
    for number, (at, wide) in enumerate(((-0.4, 0.9), (-4.5, 1.5), (-10.5, 2.2), (-19.0, 2.8))):
        line = d - at + ragged * (0.8 + 0.5 * number)
        front = smoothstep(0.25, 0.0, line) * np.exp(np.minimum(line, 0) / wide)
        broken = s.noise.fbm(x / 16 + 9 * number, z / 30, 3) + 0.30 * surf
        gaps = smoothstep(-0.7 + 0.22 * number, 0.35 + 0.22 * number, broken)
        foam += front * gaps * np.clip(1.0 + 1.1 * lace, 0.1, 1.5)
    wash = (
        0.6 * smoothstep(0.25, 0.75, lace + 0.15 * surf) * smoothstep(-16, -0.5, d) * smoothstep(0.3, -0.6, d)
    )
    return np.clip(foam * min(0.6 + 0.5 * surf, 1.5) + wash, 0, 1)


@step
def ice(s: Scene) -> None:
    """A frozen lake: a dull mirror with cracks and drifted snow."""
    canvas, noise, light = s.canvas, s.noise, s.canvas.light
    x, z = canvas.level_points(0.0)
    flooded = paint_water(canvas, WATERS["ice"], 0.0)
    canvas.kinds[flooded > 0.5] = Kind.LAND
    crack = 1 - np.abs(noise.fbm(x / 3.2, z / 3.2, 4, exact=1)) * 22 / (1 + z * 0.12)
    fine = 1 - np.abs(noise.fbm(x / 1.1 + 9, z / 1.1, 4)) * 30 / (1 + z * 0.12)
    drift = smoothstep(0.0, 0.55, noise.fbm(x / 7 + 20, z / 3.5, 5))
    white = floats([0.90, 0.95, 1.0]) * (light.sun * 0.6 + light.ambient * 0.85)
    alpha = np.clip(drift * 0.75 + np.clip(crack, 0, 1) * 0.6 + np.clip(fine, 0, 1) * 0.3, 0, 0.92)
    canvas.blend(white, alpha * flooded)


@step
def puddles(s: Scene, width: float) -> None:
    """Shallow mirrors on the way."""
    canvas, view = s.canvas, s.canvas.view
    columns, rows = view.grid()
    x, z = canvas.level_points(0.0)
    pool = smoothstep(0.10, 0.22, s.noise.fbm(x / 1.1 + 3, z / 1.6, 3)) * smoothstep(
        0.0, -0.25, s.way(x, z) - width
    )
    pool = pool * (np.abs(canvas.depth / z - 1) < 0.08) * (rows > view.horizon)
    source = np.clip(2 * view.horizon - rows, 0, view.height - 1) + 0 * columns
    canvas.blend(cv2.remap(canvas.rgb, columns + 0 * rows, source, cv2.INTER_LINEAR) * 0.82, pool * 0.85)
    canvas.kinds[pool > 0.5] = Kind.WATER
