"""Solid things in perspective: boxes, roofs, columns and spheres, ray cast into a depth buffer with materials.

A solid is an intersection of half-spaces (any convex body) or an upright round body, standing at a place and turned
around the vertical. Only the pixels of its bounding rectangle are cast.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec

import numpy as np
from numpy.typing import NDArray

from sparkle.painter.engine.canvas import Array
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.noise import floats


@dataclass(frozen=True, slots=True)
class Hits:
    """Where rays meet a solid, N of them: local position and normal (N, 3), distance ahead (N,), metres of a pixel."""

    position: Array
    normal: Array
    z: Array
    footprint: Array

    @property
    def u(self) -> Array:
        """Metres along the face, level."""
        return np.where(np.abs(self.normal[:, 0]) > 0.7, self.position[:, 2], self.position[:, 0])

    @property
    def v(self) -> Array:
        """Metres up the face; on floors and tops, metres in depth."""
        return np.where(np.abs(self.normal[:, 1]) > 0.7, self.position[:, 2], self.position[:, 1])


@dataclass(frozen=True, slots=True)
class Surface:
    """What a material says of its points: albedo (N, 3), own light (N, 3), and where it is solid (N,) or a hole."""

    albedo: Array
    glow: Array | None = None
    solid: NDArray[np.bool_] | None = None


Material = Callable[[Hits], Surface]
P = ParamSpec("P")


def material(surface: Callable[Concatenate[Hits, P], Surface]) -> Callable[P, Material]:
    """Make a function of hits and settings one that takes the settings and returns the material."""
    return lambda *settings, **named: lambda hits: surface(hits, *settings, **named)


@dataclass(frozen=True, slots=True)
class Solid:
    """A body at `place` (x, y, z), turned by `turn` radians; `low` and `high` bound it in its own frame.

    `planes` (K, 4) are half-spaces n.p <= d of a convex body; with `round` (radius at the foot, radius at the top) it
    is an upright cone or cylinder between low and high; `ball` makes it an ellipsoid filling its bounds. `inside`
    shows its inner walls. `kind` is what it is to whoever sets the picture in motion.
    """

    material: Material
    place: tuple[float, float, float]
    low: tuple[float, float, float]
    high: tuple[float, float, float]
    planes: Array | None = None
    round: tuple[float, float] | None = None
    ball: bool = False
    turn: float = 0.0
    inside: bool = False
    kind: Kind = Kind.SOLID


def box(
    material: Material,
    place: tuple[float, float, float],
    size: tuple[float, float, float],
    turn: float = 0.0,
    inside: bool = False,
) -> Solid:
    """A box of (width, height, depth) metres standing at the middle of its foot."""
    w, h, d = size[0] / 2, size[1], size[2] / 2
    planes = floats([[1, 0, 0, w], [-1, 0, 0, w], [0, 1, 0, h], [0, -1, 0, 0], [0, 0, 1, d], [0, 0, -1, d]])
    return Solid(material, place, (-w, 0, -d), (w, h, d), planes=planes, turn=turn, inside=inside)


def gable(
    material: Material, place: tuple[float, float, float], size: tuple[float, float, float], turn: float = 0.0
) -> Solid:
    """A saddle roof of (width, height, depth); its ridge runs along the depth."""
    w, h, d = size[0] / 2, size[1], size[2] / 2
    slope = np.hypot(w, h)
    nx, ny, offset = h / slope, w / slope, h * w / slope
    planes = floats([[nx, ny, 0, offset], [-nx, ny, 0, offset], [0, -1, 0, 0], [0, 0, 1, d], [0, 0, -1, d]])
    return Solid(material, place, (-w, 0, -d), (w, h, d), planes=planes, turn=turn)


def hall(material: Material, place: tuple[float, float, float], size: tuple[float, float, float]) -> Solid:
    """The inside of a hall of (width, height of its walls, depth); its roof rises at 30 degrees."""
    w, h, d = size[0] / 2, size[1], size[2] / 2
    slopes = [[side * 0.5, 0.866, 0, 0.866 * h + 0.5 * w] for side in (1, -1)]
    planes = floats([[1, 0, 0, w], [-1, 0, 0, w], *slopes, [0, -1, 0, 0], [0, 0, 1, d], [0, 0, -1, d]])
    return Solid(material, place, (-w, 0, -d), (w, h + w, d), planes=planes, inside=True)


def pyramid(
    material: Material, place: tuple[float, float, float], base: float, height: float, turn: float = 0.0
) -> Solid:
    """A square pyramid."""
    w = base / 2
    slope = np.hypot(w, height)
    n, up, offset = height / slope, w / slope, height * w / slope
    planes = floats(
        [[n, up, 0, offset], [-n, up, 0, offset], [0, up, n, offset], [0, up, -n, offset], [0, -1, 0, 0]]
    )
    return Solid(material, place, (-w, 0, -w), (w, height, w), planes=planes, turn=turn)


def column(
    material: Material,
    place: tuple[float, float, float],
    radius: float,
    height: float,
    top: float | None = None,
) -> Solid:
    """An upright cylinder, or a cone that narrows (or widens) to `top`."""
    end = radius if top is None else top
    wide = max(radius, end)
    return Solid(material, place, (-wide, 0, -wide), (wide, height, wide), round=(radius, end))


def ball(material: Material, place: tuple[float, float, float], size: tuple[float, float, float]) -> Solid:
    """An ellipsoid of (width, height, depth) around `place`."""
    half = (size[0] / 2, size[1] / 2, size[2] / 2)
    return Solid(material, place, (-half[0], -half[1], -half[2]), half, ball=True)


Directions = tuple[Array, ...]
Origin = tuple[float, float, float] | tuple[Array, Array, Array]
NormalAt = Callable[[NDArray[np.bool_], Array], Array]


def meet(solid: Solid, origin: Origin, direction: Directions) -> tuple[Array, NormalAt]:
    """Return where rays from `origin` along `direction`, both in the solid's own frame, meet it (below 0: never)."""
    if solid.planes is not None:
        return _meet_convex(solid, origin, direction)
    if solid.ball:
        return _meet_ball(solid, origin, direction)
    return _meet_round(solid, origin, direction)


def _meet_convex(solid: Solid, origin: Origin, direction: Directions) -> tuple[Array, NormalAt]:
    planes = solid.planes
    assert planes is not None  # noqa: S101 - for the type checker
    shape = direction[0].shape
    enter, leave = np.full(shape, -np.inf, dtype=np.float32), np.full(shape, np.inf, dtype=np.float32)
    entered, left = np.zeros(shape, dtype=np.int8), np.zeros(shape, dtype=np.int8)
    for index, (nx, ny, nz, d) in enumerate(planes):
        slope = nx * direction[0] + ny * direction[1] + nz * direction[2]
        room = d - (nx * origin[0] + ny * origin[1] + nz * origin[2])
        slope = np.where(np.abs(slope) < 1e-7, floats(1e-7), slope)
        t = room / slope
        inward = slope < 0
        later = inward & (t > enter)
        enter[later], entered[later] = t[later], index
        sooner = ~inward & (t < leave)
        leave[sooner], left[sooner] = t[sooner], index
    if solid.inside:
        met, which, sign = np.where(enter < leave, leave, -1), left, -1.0
    else:
        met, which, sign = np.where(enter < leave, enter, -1), entered, 1.0
    return met, lambda hit, _: floats(sign) * planes[which[hit], :3]


def _quadratic(a: Array, b: Array, c: Array) -> tuple[Array, Array]:
    root = np.sqrt(np.maximum(b * b - a * c, 0))
    safe = np.where(np.abs(a) < 1e-9, floats(1e-9), a)
    missed = b * b < a * c
    return np.where(missed, -1, (-b - root) / safe), np.where(missed, -1, (-b + root) / safe)


def _meet_ball(solid: Solid, origin: Origin, direction: Directions) -> tuple[Array, NormalAt]:
    scale = [1 / max(h, 1e-6) for h in solid.high]
    o = [origin[axis] * scale[axis] for axis in range(3)]
    d = [direction[axis] * floats(scale[axis]) for axis in range(3)]
    a = d[0] * d[0] + d[1] * d[1] + d[2] * d[2]
    b = o[0] * d[0] + o[1] * d[1] + o[2] * d[2]
    near, far = _quadratic(a, b, floats(o[0] ** 2 + o[1] ** 2 + o[2] ** 2 - 1))
    squared = floats(scale) ** 2

    def normal(_: NDArray[np.bool_], local: Array) -> Array:
        n = local * squared
        return n / np.maximum(np.linalg.norm(n, axis=1, keepdims=True), 1e-9)

    return (far if solid.inside else near), normal


def _meet_round(solid: Solid, origin: Origin, direction: Directions) -> tuple[Array, NormalAt]:
    foot, top = solid.round or (1.0, 1.0)
    height = solid.high[1]
    k = (top - foot) / height
    r0 = foot + k * origin[1]
    dx, dy, dz = direction
    a = dx * dx + dz * dz - (k * dy) ** 2
    b = origin[0] * dx + origin[2] * dz - r0 * k * dy
    near, _ = _quadratic(a, b, floats(origin[0] ** 2 + origin[2] ** 2 - r0**2))
    level = origin[1] + near * dy
    side = np.where((level >= 0) & (level <= height) & (near > 0), near, np.inf)
    lid = (height - origin[1]) / np.where(np.abs(dy) < 1e-7, floats(1e-7), dy)
    reach = (origin[0] + lid * dx) ** 2 + (origin[2] + lid * dz) ** 2
    lid = np.where((lid > 0) & (reach <= top**2), lid, np.inf)
    met = np.minimum(side, lid)

    def normal(hit: NDArray[np.bool_], local: Array) -> Array:
        n = np.stack(
            [local[:, 0], np.full(len(local), -k * max(foot, top), dtype=np.float32), local[:, 2]], axis=1
        )
        n /= np.maximum(np.linalg.norm(n, axis=1, keepdims=True), 1e-9)
        on_lid = (lid < side)[hit]
        n[on_lid] = (0, 1, 0)
        return n

    return floats(np.where(np.isfinite(met), met, -1)), normal
