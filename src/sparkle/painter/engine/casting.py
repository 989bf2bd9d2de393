"""Casting: rays through the pixels of each solid's bounding rectangle meet it, and the nearest surface is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sparkle.painter.engine.canvas import Array, Canvas, View
from sparkle.painter.engine.solids import Hits, Solid, Surface, meet

NEAR = 0.15


@dataclass(slots=True)
class Model:
    """What the rays have met: depth, world normal, albedo and own light per pixel; depth is inf where nothing is."""

    depth: Array
    normal: Array
    albedo: Array
    glow: Array
    kinds: NDArray[np.uint8]

    @classmethod
    def empty(cls, view: View) -> Model:
        """Nothing yet."""
        shape = (view.height, view.width)
        zero = np.zeros((*shape, 3), dtype=np.float32)
        depth, kinds = np.full(shape, np.inf, dtype=np.float32), np.zeros(shape, np.uint8)
        return cls(depth, zero, zero.copy(), zero.copy(), kinds)


def cast(canvas: Canvas, solids: Sequence[Solid], model: Model | None = None) -> Model:
    """Cast all solids; the nearest surface wins, also against what the canvas already holds."""
    model = model or Model.empty(canvas.view)
    for solid in solids:
        _cast_one(canvas, solid, model)
    return model


def _cast_one(canvas: Canvas, solid: Solid, model: Model) -> None:
    window = _window(canvas.view, solid)
    if window is None:
        return
    rows, columns = window
    view = canvas.view
    u = ((np.arange(columns.start, columns.stop, dtype=np.float32) + 0.5 - view.centre) / view.focal)[None]
    v = ((view.horizon - np.arange(rows.start, rows.stop, dtype=np.float32) - 0.5) / view.focal)[:, None]
    cos, sin = float(np.cos(solid.turn)), float(np.sin(solid.turn))
    ox, oz = -solid.place[0], -solid.place[2]
    origin = (ox * cos + oz * sin, view.eye - solid.place[1], -ox * sin + oz * cos)
    shape = (rows.stop - rows.start, columns.stop - columns.start)
    direction = tuple(np.broadcast_to(d, shape) for d in (u * cos + sin, v, -u * sin + cos))
    z, normal = meet(solid, origin, direction)
    nearest = np.minimum(model.depth[rows, columns], canvas.depth[rows, columns])
    hit = (z > NEAR) & (z < nearest)
    if not hit.any():
        return
    at = z[hit]
    local = np.stack([origin[axis] + at * direction[axis][hit] for axis in range(3)], axis=1)
    facing = normal(hit, local)
    surface = solid.material(Hits(local, facing, at, at / view.focal))
    if surface.solid is not None:
        keep = surface.solid
        hit[hit] = keep
        at, facing = at[keep], facing[keep]
        surface = Surface(surface.albedo[keep], None if surface.glow is None else surface.glow[keep])
    model.kinds[rows, columns][hit] = solid.kind
    _write(model, (rows, columns), hit, at, _turned(facing, cos, sin), surface)


def _write(
    model: Model,
    window: tuple[slice, slice],
    hit: NDArray[np.bool_],
    z: Array,
    normal: Array,
    surface: Surface,
) -> None:
    model.depth[window][hit] = z
    model.normal[window][hit] = normal
    model.albedo[window][hit] = surface.albedo
    model.glow[window][hit] = 0 if surface.glow is None else surface.glow


def _turned(normal: Array, cos: float, sin: float) -> Array:
    x, y, z = normal[:, 0], normal[:, 1], normal[:, 2]
    return np.stack([x * cos - z * sin, y, x * sin + z * cos], axis=1)


def _window(view: View, solid: Solid) -> tuple[slice, slice] | None:
    """Rows and columns that the bounds may cover; None when they lie behind the eye or outside the picture."""
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=np.float64)
    local = np.array(solid.low) + corners * (np.array(solid.high) - np.array(solid.low))
    cos, sin = np.cos(solid.turn), np.sin(solid.turn)
    x = local[:, 0] * cos - local[:, 2] * sin + solid.place[0]
    y = local[:, 1] + solid.place[1]
    z = local[:, 0] * sin + local[:, 2] * cos + solid.place[2]
    if z.max() < NEAR:
        return None
    if z.min() < NEAR:
        return slice(0, view.height), slice(0, view.width)
    columns = view.centre + view.focal * x / z
    rows = view.horizon - view.focal * (y - view.eye) / z
    left, right = max(int(columns.min()), 0), min(int(columns.max()) + 2, view.width)
    top, bottom = max(int(rows.min()), 0), min(int(rows.max()) + 2, view.height)
    return (slice(top, bottom), slice(left, right)) if left < right and top < bottom else None
