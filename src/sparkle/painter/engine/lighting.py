"""Lighting of solids: sun with soft shadows, sky, lamps with their fall-off, contact shade; then onto the canvas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.painter.engine.canvas import Array, Canvas, blur
from sparkle.painter.engine.casting import Model
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.noise import floats
from sparkle.painter.engine.solids import Solid, meet


@dataclass(frozen=True, slots=True)
class Lamp:
    """A small light at (x, y, z): `tone` is its linear colour at one metre, `reach` softens it up close."""

    place: tuple[float, float, float]
    tone: tuple[float, float, float]
    reach: float = 0.4


def points_of(canvas: Canvas, depth: Array) -> Array:
    """World position (H, W, 3) of every pixel."""
    view = canvas.view
    columns, rows = view.grid()
    z = np.minimum(depth, 1e5)
    x = (columns - view.centre) / view.focal * z
    y = view.eye + (view.horizon - rows) / view.focal * z
    return np.stack([x, y, z], axis=-1)


def show(
    canvas: Canvas,
    model: Model,
    lamps: Sequence[Lamp] = (),
    shadows: Sequence[Solid] = (),
    sky: float = 1.0,
    sun: float = 1.0,
) -> None:
    """Light the model and lay it over the picture. `shadows` are the solids that keep the sun off."""
    light = canvas.light
    seen = np.isfinite(model.depth)
    if not seen.any():
        return
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    normal = model.normal[box]
    incoming = (0.52 + 0.48 * normal[..., 1:2]) * light.ambient * floats(sky)
    incoming = incoming * (1 - 0.65 * contact_shade(canvas, model.depth[box])[..., None])
    if sun > 0:
        facing = np.clip(normal @ light.direction, 0, 1)
        if shadows:
            facing = facing * sun_share(canvas, model, shadows)[box]
        incoming = incoming + facing[..., None] * light.sun * floats(sun)
    if lamps:
        incoming = incoming + lamp_light(canvas, model, lamps)[box]
    lit = model.albedo[box] * incoming
    depth = floats(np.where(seen[box], model.depth[box], 1.0))
    rgb = canvas.hazed(lit, depth, box[1]) + model.glow[box]
    canvas.blend(rgb, floats(seen[box]), box)
    canvas.kinds[box][seen[box]] = model.kinds[box][seen[box]]
    lamps_seen = (model.glow[box].max(axis=2) > 0.5) & (
        model.albedo[box].max(axis=2) > 0.25
    )  # glass has no colour
    canvas.kinds[box][seen[box] & lamps_seen] = Kind.LIGHT
    canvas.depth[box] = np.where(seen[box], np.minimum(canvas.depth[box], depth), canvas.depth[box])


def contact_shade(canvas: Canvas, depth: Array) -> Array:
    """Darken what lies just behind a nearer edge: corners, feet, gaps. In [0, 1]."""
    finite = floats(np.minimum(depth, 400))
    inverse = 1 / np.maximum(finite, 0.1)
    shade = np.zeros_like(finite)
    for sigma, weight in ((5, 0.5), (16, 0.6)):
        nearer = blur(inverse, sigma * canvas.view.unit) / inverse - 1
        shade += weight * np.clip(nearer * 3.0, 0, 1)
    return np.clip(shade, 0, 1)


def lamp_light(canvas: Canvas, model: Model, lamps: Sequence[Lamp]) -> Array:
    """Light (H, W, 3) that lamps throw on the model, on a coarser grid."""
    step = 2
    depth = model.depth[::step, ::step]
    points = points_of(canvas, model.depth)[::step, ::step]
    normal = model.normal[::step, ::step]
    total = np.zeros_like(points)
    for lamp in lamps:
        toward = floats(lamp.place) - points
        squared = (toward * toward).sum(axis=-1)
        facing = (toward * normal).sum(axis=-1) / np.sqrt(squared + 1e-4)
        share = np.clip(0.25 + 0.75 * facing, 0, 1) / (squared + lamp.reach**2)
        total += np.where(np.isfinite(depth), share, 0)[..., None] * floats(lamp.tone)
    size = (canvas.view.width, canvas.view.height)
    return cv2.resize(total, size, interpolation=cv2.INTER_LINEAR)


def sun_share(canvas: Canvas, model: Model, solids: Sequence[Solid]) -> Array:
    """Share of the sun (H, W) that no solid keeps off; found on a coarse grid, hence soft."""
    step = max(round(2.2 * canvas.view.unit), 1)
    depth = model.depth[::step, ::step]
    seen = np.isfinite(depth)
    points = points_of(canvas, model.depth)[::step, ::step][seen] + model.normal[::step, ::step][seen] * 0.03
    lit = np.ones(len(points), dtype=np.float32)
    for solid in solids:
        near = _passing(solid, points, canvas.light.direction)
        near = near[lit[near] > 0]
        lit[near[_blocked(solid, points[near], canvas.light.direction)]] = 0
    share = np.ones(depth.shape, dtype=np.float32)
    share[seen] = lit
    soft = cv2.GaussianBlur(share, (0, 0), 0.8)
    size = (canvas.view.width, canvas.view.height)
    return cv2.resize(soft, size, interpolation=cv2.INTER_LINEAR)


def _passing(solid: Solid, points: Array, direction: Array) -> NDArray[np.intp]:
    """Points whose ray toward the light comes by the ball around a solid's bounds: of the others none can meet it."""
    low, high = floats(solid.low), floats(solid.high)
    x, y, z = (low + high) / 2
    cos, sin = np.cos(solid.turn), np.sin(solid.turn)
    toward = floats(solid.place) + floats([x * cos - z * sin, y, x * sin + z * cos]) - points
    reach = float(((high - low) ** 2).sum()) / 4
    along = toward @ direction
    off = np.einsum("ij,ij->i", toward, toward) - along * along
    return np.flatnonzero((off < reach * 1.01 + 1e-3) & (along > -np.sqrt(reach)))


def _blocked(solid: Solid, points: Array, direction: Array) -> Array:
    cos, sin = float(np.cos(solid.turn)), float(np.sin(solid.turn))
    moved = points - floats(solid.place)
    x, y, z = moved[:, 0] * cos + moved[:, 2] * sin, moved[:, 1], -moved[:, 0] * sin + moved[:, 2] * cos
    dx = direction[0] * cos + direction[2] * sin
    dz = -direction[0] * sin + direction[2] * cos
    ahead = tuple(np.full(len(points), d, dtype=np.float32) for d in (dx, direction[1], dz))
    met, _ = meet(solid, (x, y, z), ahead)
    return np.asarray(met > 0.02)
