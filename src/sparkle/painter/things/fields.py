"""The shapes of land that places have, by name: heights in metres over (x, z), each laid anew by chance."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Concatenate, ParamSpec

import numpy as np

from sparkle.painter.engine.canvas import Array
from sparkle.painter.engine.ground import HeightField, hills
from sparkle.painter.engine.noise import smoothstep
from sparkle.painter.scene import Scene
from sparkle.painter.things.dry_land import dune_field

P = ParamSpec("P")
FIELDS: dict[str, Callable[..., HeightField]] = {}


def field(shape: Callable[Concatenate[Scene, float, Array, Array, P], Array]) -> None:
    """Make a shape one of FIELDS; chance gives its seed, from 0 to 90."""

    def laid(scene: Scene, *settings: P.args, **named: P.kwargs) -> HeightField:
        seed = float(scene.rng.uniform(0, 90))
        return lambda x, z: shape(scene, seed, x, z, *settings, **named)

    FIELDS[shape.__name__.replace("_", " ").strip()] = laid


FIELDS["hills"] = lambda scene, size, height, start, seed=None: hills(
    scene.noise, size, height, start, float(scene.rng.uniform(0, 90)) if seed is None else seed
)
FIELDS["dunes"] = lambda scene, *settings: dune_field(scene.canvas, *settings)


def _sunk_hills(scene: Scene, size: float, height: float, start: float, depth: float) -> HeightField:
    field = hills(scene.noise, size, height, start, float(scene.rng.uniform(0, 90)))
    return lambda x, z: field(x, z) - depth


FIELDS["hills below"] = _sunk_hills


def _low_dunes(scene: Scene, height: float, start: float) -> HeightField:
    dunes = dune_field(scene.canvas, height, start)
    return lambda x, z: dunes(x, z) * 0.6


FIELDS["low dunes"] = _low_dunes


def _crests(scene: Scene, height: float, length: float) -> HeightField:
    """Dunes whose crests run toward the viewer."""
    waves, cos, sin = dune_field(scene.canvas, height, -400, length), math.cos(1.1), math.sin(1.1)
    return lambda x, z: (waves(x * cos - z * sin, x * sin + z * cos) - 2) * smoothstep(10, 80, z)


FIELDS["crests"] = _crests


def _oasis(scene: Scene) -> HeightField:
    dunes = dune_field(scene.canvas, 15.0, 40)

    def at(x: Array, z: Array) -> Array:
        ring = np.hypot(x / 1.9, z - 17) - 7.5 + 1.0 * scene.noise.fbm(x / 5, z / 5, 3, exact=2)
        return dunes(x, z) + np.clip(ring * 0.2, -0.9, 0.4)

    return at


FIELDS["oasis"] = _oasis


@field
def mound(s: Scene, seed: float, x: Array, z: Array, at_x: float, at_z: float) -> Array:
    """A hill with a flat top, rocky at its shoulders."""
    r = np.hypot((x - s.side * at_x) / 1.5, z - at_z) + 5 * s.noise.fbm(x / 16, z / 16, 4, exact=3)
    crag = 3.0 * s.noise.ridged(x / 14 + seed, z / 14, 4) * smoothstep(24, 34, r) * smoothstep(60, 40, r)
    rolling = 3 * s.noise.fbm(x / 60 + seed, z / 60, 3, exact=3) * smoothstep(20, 60, z)
    return 27 * smoothstep(74, 20, r) + crag + rolling


@field
def ranges(s: Scene, seed: float, x: Array, z: Array) -> Array:
    """Steep hills on both sides of a valley."""
    ridge = s.noise.ridged(x / 320 + seed, z / 420, 5) * 150 + 40 * s.noise.fbm(x / 90, z / 90, 4, exact=2)
    return smoothstep(260, 700, z) * ridge * np.clip(np.abs(x) / z * 1.5 + 0.2, 0, 1) - 4


@field
def frozen_hill(s: Scene, seed: float, x: Array, z: Array) -> Array:
    """Drifts, and a hill behind them."""
    drifts = 0.8 * s.noise.fbm(x / 20 + seed, z / 14, 4, exact=3) * np.clip(z / 14, 0.1, 2)
    return drifts + 8 * smoothstep(95, 175, z) * smoothstep(100, 15, np.abs(x))


@field
def canyon(s: Scene, seed: float, x: Array, z: Array) -> Array:
    """Walls in steps on both sides of a winding floor, buttes beyond."""
    wind = 14 * np.sin(z / 75 + seed) * np.clip(z / 60, 0, 1)
    wall = np.abs(x - wind) - 13 - z * 0.055 + 9 * s.noise.fbm(x / 26 + seed, z / 26, 4, exact=3)
    steps = smoothstep(0, 5, wall) * 15 + smoothstep(9, 13, wall) * 15 + smoothstep(19, 25, wall) * 16
    tables = smoothstep(0.28, 0.36, s.noise.fbm(x / 210 + seed, z / 210, 4, exact=3))
    cliffs = np.maximum(
        steps * smoothstep(8, 30, z) * smoothstep(420, 240, z), tables * 90 * smoothstep(420, 600, z)
    )
    talus = 0.22 * np.clip(wall + 8, 0, 9) * smoothstep(6, 14, z)
    return cliffs + talus + 0.5 * s.noise.fbm(x / 4, z / 4, 4, exact=2) * np.clip(z / 10, 0, 1)


@field
def mesas(
    s: Scene, seed: float, x: Array, z: Array, tall: float, start: float, low: float, high: float
) -> Array:
    """Table mountains from `start` on."""
    share = smoothstep(low, high, s.noise.fbm(x / 570 + seed, z / 460, 4, exact=3))
    return share * tall * smoothstep(start, start + 550, z) - 2


@field
def red_plain(s: Scene, seed: float, x: Array, z: Array) -> Array:
    """Low humps and stones."""
    humps = 0.5 * s.noise.fbm(x / 14 + seed, z / 14, 4, exact=2) * np.clip(z / 20, 0.15, 2)
    return humps + 0.35 * smoothstep(0.45, 0.7, s.noise.fbm(x / 2.2, z / 2.2, 2))


@field
def heaps(s: Scene, seed: float, x: Array, z: Array) -> Array:
    """Scrap piled up beside a way."""
    piles = smoothstep(0.15, 0.6, s.noise.fbm(x / 16 + seed, z / 16, 3, exact=3)) * np.clip(
        np.abs(x) / z * 1.7, 0, 1
    )
    rough = 0.7 + 0.6 * s.noise.ridged(x / 2.2, z / 2.2, 4)
    return 3.2 * piles * rough + 0.25 * s.noise.fbm(x / 3, z / 3, 4, exact=1)


@field
def valley(s: Scene, seed: float, x: Array, z: Array) -> Array:
    """A wide valley seen from its slope."""
    spurs = s.noise.fbm(x / 230 + seed, z / 330, 5, gain=0.45, exact=4)
    walls = np.clip(np.abs(x + 30 * np.sin(z / 200 + seed)) / 260, 0, 1) ** 1.3 * 95
    far = smoothstep(500, 2600, z) * 170 * (0.55 + 0.7 * s.noise.fbm(x / 700 + seed, z / 700, 4, exact=4))
    near = 27 * smoothstep(70, 0, z) + 0.3 * s.noise.fbm(x / 6, z / 6, 3, exact=1)
    return near + smoothstep(40, 260, z) * (walls + 30 * spurs) + far


@field
def drifts(s: Scene, seed: float, x: Array, z: Array) -> Array:
    """Snow that the wind has shaped."""
    drift = s.noise.fbm(x / 30 + seed, z / 17, 4, gain=0.42, exact=4)
    combed = s.noise.ridged(x / 7 + seed, z / 2.6, 3) * 0.16
    return 1.3 * drift * np.clip(z / 15, 0.1, 2) + combed + smoothstep(60, 400, z) * 14 * (0.3 + drift)


@field
def rills(s: Scene, seed: float, x: Array, z: Array) -> Array:
    """Land through which meltwater winds."""
    rill = np.abs(x - 2.4 * np.sin(z / 7 + seed) - z * 0.16 * np.sin(seed)) - 0.75
    far = smoothstep(50, 300, z) * 18 * (0.4 + s.noise.fbm(x / 140, z / 140 + seed, 3, exact=3))
    base = 0.22 * s.noise.fbm(x / 7 + seed, z / 7, 3, exact=3)
    return base + far - 0.42 * smoothstep(0.9, -0.5, rill) * smoothstep(90, 50, z)


@field
def river(s: Scene, seed: float, x: Array, z: Array, width: float, bend: float) -> Array:
    """Banks of a river that winds away from the viewer, hills behind them."""
    turn = np.sin(z / 26 + seed) * (z / 9) * 1.1 * bend + 3.2 * bend * (np.sin(z / 60 + seed) - np.sin(seed))
    off = np.abs(x - turn) - width - 0.7 * s.noise.fbm(z / 5, x / 9, 3, exact=1)
    bank = np.clip(off * 0.35, -1.4, 1.2) + 0.25 * s.noise.fbm(x / 8, z / 8, 3, exact=2)
    rise = 0.4 + 0.7 * s.noise.fbm(x / 130 + seed, z / 130, 3, exact=3)
    return bank + smoothstep(50, 260, z) * 26 * rise * np.clip(off / 60, 0, 1)


@field
def bank(s: Scene, seed: float, x: Array, z: Array, start: float) -> Array:
    """The shore at the viewer's feet, which ends about `start` metres ahead."""
    edge = start + s.side * x * 0.35 + 1.3 * s.noise.fbm(x / 4 + seed, z / 9, 3, exact=2)
    return np.clip((edge - z) * 0.16, -1.2, 0.35) + 0.05 * s.noise.fbm(x, z, 3, exact=1)


@field
def far_shore(
    s: Scene, seed: float, x: Array, z: Array, distance: float, height: float, gap: float = 0.0
) -> Array:
    """Hills beyond a water that ends `distance` metres away; `gap` opens the middle."""
    edge = distance * (1 + 0.28 * s.noise.fbm(x / 120 + seed, z / 260, 4, exact=2))
    rise = np.clip((z - edge) / (distance * 2.2), 0, 1) * (1 - gap * np.exp(-((x / z * 3) ** 2)))
    roll = 0.5 + 0.7 * s.noise.fbm(x / 190 + seed, z / 190, 5, exact=3)
    return rise * height * roll - 0.5 + smoothstep(0, 4, z - edge) * 0.9


@field
def pond(s: Scene, seed: float, x: Array, z: Array) -> Array:
    """A hollow for water."""
    ring = np.hypot((x + 0.5) / 1.5, z - 13) - 8.0 + 1.2 * s.noise.fbm(x / 4 + seed, z / 4, 3, exact=2)
    return np.clip(ring * 0.25, -0.8, 0.5) + smoothstep(24, 60, z) * 2.5


@field
def swamp(s: Scene, seed: float, x: Array, z: Array) -> Array:
    """Land that hardly rises out of water."""
    return 0.55 * (s.noise.fbm(x / 7 + seed, z / 7, 4, exact=2) - 0.28) + smoothstep(60, 110, z) * 1.2


@field
def lawn(s: Scene, seed: float, x: Array, z: Array) -> Array:
    """Even land that rises far away."""
    humps = 0.25 * s.noise.fbm(x / 9 + seed, z / 9, 3, exact=2) * np.clip(np.abs(x) / 5, 0, 1)
    return humps + smoothstep(60, 200, z) * 5


@field
def beds(s: Scene, seed: float, x: Array, z: Array) -> Array:
    """Flower beds a hand high beside the winding path of a garden."""
    off = np.abs(x - 0.9 * np.sin(z / 6.5)) - 1.15
    earth = 0.06 * s.noise.fbm(x / 2 + seed, z / 2, 3, exact=2) * smoothstep(0, 1, off)
    return smoothstep(0.0, 0.5, off) * 0.14 + earth + smoothstep(30, 80, z) * 2


@field
def lane(s: Scene, seed: float, x: Array, z: Array) -> Array:
    """Hills with a winding road in them."""
    off = np.abs(x - 7 * np.sin(z / 45))
    rolling = hills(s.noise, 230, 18, 90, seed)(x, z)
    return rolling * smoothstep(1, 14, off) + 0.10 * smoothstep(2.0, 2.9, off)


@field
def sea_grass_dunes(s: Scene, seed: float, x: Array, z: Array) -> Array:
    """Dunes with a way between them."""
    crests = s.noise.ridged(x / 26 + seed, z / 18 + 0.3 * s.noise.value(x / 9, z / 9), 3)
    rise = smoothstep(4, 22, z) * smoothstep(95, 48, z)
    valley = np.clip(0.10 + (x / z * 1.6) ** 2 * 1.7, 0, 1)
    return rise * (crests * 4.6 + 0.2) * valley - 3.5 * smoothstep(60, 110, z)


@field
def sea_cliff(s: Scene, seed: float, x: Array, z: Array) -> Array:
    """A cliff with a green top on one side of the sea."""
    d = s.side * x - 2 + (z - 60) * 0.10 + 7 * s.noise.fbm(z / 16 + seed, x / 22, 4, exact=2)
    wall = smoothstep(-4, 5, d)
    top = 13 + 2.0 * s.noise.fbm(x / 30, z / 30, 3, exact=2) + 3 * smoothstep(20, 60, s.side * x)
    crag = 2.2 * s.noise.ridged(x / 7 + seed, z / 7, 4) * wall * (1 - smoothstep(3, 9, d))
    return wall * top * smoothstep(34, 52, z) * smoothstep(190, 130, z) + crag - 1.5


@field
def lagoon_cliffs(s: Scene, seed: float, x: Array, z: Array) -> Array:
    """Steep walls, open on one side."""
    edge = s.noise.fbm(x / 60 + seed, z / 60, 4, exact=3)
    open_sea = np.exp(-((x / z * 2.1 - s.side * 0.25) ** 2) / 0.10) * 1.1
    wall = smoothstep(0.05, 0.42, edge + (z - 110) / 130 + np.abs(x) / z * 0.9 - 0.55 - open_sea)
    return wall * (0.75 + 0.5 * s.noise.fbm(x / 25 + seed, z / 25, 4, exact=2)) * 46 - 0.8


@field
def headland(s: Scene, seed: float, x: Array, z: Array, side: float, tall: float) -> Array:
    """A cape far away on one side."""
    view = s.canvas.view
    across = side * x / z * view.focal / (view.width / 2) + 0.15 * s.noise.value(z / 700, z * 0 + seed)
    ridge = 0.55 + 0.6 * s.noise.fbm(x / 260 + seed, z / 260, 5, exact=3)
    return smoothstep(0.05, 0.75, across) * ridge * tall * np.clip((z - 900) / 500, 0, 1) - 0.5
