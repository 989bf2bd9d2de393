"""Land as a height field seen in perspective: mountains, hills, dunes, beaches, snow.

Slices of land parallel to the picture, from near to far, hold height, colour and light; every pixel then looks up the
first slice that reaches it. Cost grows with pixels and slices, not with the size of the land.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas, View
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.noise import Noise, floats

HeightField = Callable[[Array, Array], Array]
FAR_SLICES = 230
SHADOW_STEPS = 14


@dataclass(frozen=True, slots=True)
class Ground:
    """Points of land on a grid: position, height, unit normal (..., 3), and the size of visible detail, in metres."""

    x: Array
    z: Array
    height: Array
    normal: Array
    footprint: Array

    @property
    def slope(self) -> Array:
        """1 on flat land, 0 on a vertical wall."""
        return self.normal[..., 1]


Cover = Callable[[Ground], Array]


def paint_land(
    canvas: Canvas, height_at: HeightField, cover: Cover, near: float, far: float, kind: Kind = Kind.LAND
) -> None:
    """Paint land between two distances over the picture, lit, shadowed and hazed; writes depth.

    `height_at(x, z)` is in metres; `cover(ground)` returns the albedo of every seen point, in the ground's shape;
    `kind` is SOLID for rock, which no wave shifts.
    """
    view = canvas.view
    ground = survey(view, height_at, near, far)
    slices, missing = visible_slices(view, ground)
    seen_rows = np.flatnonzero((missing < 1).any(axis=1))
    if not seen_rows.size:
        return
    rows = slice(seen_rows[0], view.height)
    light = incoming_light(canvas, ground, height_at)
    seen = _seen_ground(view, ground, slices[rows], rows.start)
    lit = cover(seen) * _at_slices(light, slices[rows])
    alpha = 1.0 - missing[rows]
    alpha = alpha * (canvas.depth[rows] > seen.z)
    canvas.blend(canvas.hazed(lit, seen.z), alpha, (rows, slice(None)))
    canvas.depth[rows] = np.where(alpha > 0.5, seen.z, canvas.depth[rows])
    canvas.kinds[rows][alpha > 0.5] = kind


def _at_slices(values: Array, slices: Array) -> Array:
    """Read a grid of slices at fractional slices (H, W) of the same columns."""
    columns = np.broadcast_to(np.arange(slices.shape[1], dtype=np.float32)[None], slices.shape)
    return floats(cv2.remap(values, columns, slices, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _seen_ground(view: View, ground: Ground, slices: Array, first_row: int) -> Ground:
    """The land as the pixels see it; its height follows from the row, so walls are as sharp as floors."""
    line = ground.z[:, :1]
    z = cv2.remap(line, np.zeros_like(slices), slices, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    columns, _ = view.grid()
    rows = np.arange(first_row, first_row + slices.shape[0], dtype=np.float32)[:, None] + 0.5
    footprint = floats(z / view.focal)
    height = floats(view.eye + (view.horizon - rows) * footprint)
    x = floats((columns - view.centre) * footprint)
    normal = _at_slices(ground.normal, slices)
    grazing = 1 + z * np.clip(normal[..., 1], 0.05, 1) / max(view.eye, 0.5) * 0.12
    return Ground(x, z, height, normal, footprint * grazing)


def survey(view: View, height_at: HeightField, near: float, far: float) -> Ground:
    """Measure the land on slices: one per picture row where flat ground is near, logarithmic beyond."""
    first = min(view.focal * view.eye / near, view.height * 1.2)
    rows = np.arange(first, max(first / 40, 3), -1.0)
    slices = view.focal * view.eye / rows
    slices = slices[(slices >= near) & (slices < far)]
    start = slices[-1] * 1.01 if slices.size else near
    slices = np.concatenate([slices, np.geomspace(start, far, FAR_SLICES)]) if start < far else slices
    z = np.broadcast_to(floats(slices)[:, None], (slices.size, view.width)).copy()
    columns, _ = view.grid()
    footprint = z / view.focal
    x = floats((columns - view.centre) * footprint)
    height = floats(height_at(x, z))
    dx = np.gradient(height, axis=1) / footprint
    dz = np.gradient(height, axis=0) / np.gradient(z, axis=0)
    normal = np.stack([-dx, np.ones_like(dx), -dz], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return Ground(x, z, height, normal, footprint)


def incoming_light(canvas: Canvas, ground: Ground, height_at: HeightField) -> Array:
    """Light that falls on the slices (Z, W, 3): direct light with cast shadows, and the sky's from above."""
    light = canvas.light
    facing = np.clip(ground.normal @ light.direction, 0, 1)
    direct = (facing * cast_shadow(canvas, ground, height_at))[..., None] * light.sun
    openness = 0.55 + 0.45 * ground.slope
    return direct + openness[..., None] * light.ambient


def cast_shadow(canvas: Canvas, ground: Ground, height_at: HeightField) -> Array:
    """March from the land toward the light; 0 where other land is in the way, soft at the rim. On a coarse grid."""
    step = 3
    x, z, y = ground.x[::step, ::step], ground.z[::step, ::step], ground.height[::step, ::step]
    direction = canvas.light.direction
    rise = max(float(direction[1]), 0.03)
    reach = np.maximum(z * 0.35, 40)
    open_share = np.ones_like(x)
    for number in range(1, SHADOW_STEPS + 1):
        distance = reach * (number / SHADOW_STEPS) ** 1.7
        there = height_at(x + distance * direction[0], z + distance * direction[2])
        above = y + distance * rise - there
        open_share = np.minimum(open_share, 1 + above / (0.05 * distance + 0.02 * z + 0.2))
    return cv2.resize(open_share.clip(0, 1), ground.x.shape[::-1], interpolation=cv2.INTER_LINEAR)


def visible_slices(view: View, ground: Ground) -> tuple[Array, Array]:
    """Return for every pixel the (fractional) slice that it sees (H, W), and 1 where it sees none."""
    row_of = view.horizon - view.focal * (ground.height - view.eye) / ground.z
    skyline = np.minimum.accumulate(row_of, axis=0)
    rows = np.arange(view.height, dtype=np.float32)
    index = np.empty((view.height, view.width), dtype=np.int64)
    rising = np.ascontiguousarray(-skyline.T)
    for column in range(view.width):
        index[:, column] = np.searchsorted(rising[column], -rows)
    count = row_of.shape[0]
    columns = np.arange(view.width)[None]
    hit, before = np.minimum(index, count - 1), np.clip(index - 1, 0, count - 1)
    low, high = row_of[before, columns], row_of[hit, columns]
    part = np.clip((low - rows[:, None]) / np.maximum(low - high, 1e-4), 0, 1)
    slices = np.where(index == 0, 0, before + part)
    missing = np.where(index >= count, np.clip(skyline[-1][None] - rows[:, None], 0, 1), 0)
    return floats(slices), floats(missing)


def ground_start(canvas: Canvas) -> float:
    """Distance of flat ground at the lower edge of the picture, with a little to spare."""
    return canvas.view.ground_depth(canvas.view.height) * 0.75


def height_of(land: HeightField, x: float, z: float) -> float:
    """Height of the land at one point, in metres."""
    return float(land(np.full((1, 1), x, np.float32), np.full((1, 1), z, np.float32))[0, 0])


def flat(x: Array, z: Array) -> Array:
    """Level ground at height 0."""
    return np.zeros(np.broadcast_shapes(x.shape, z.shape), dtype=np.float32)


def hills(noise: Noise, size: float, height: float, start: float, seed: float) -> HeightField:
    """Rolling hills that begin at distance `start`; flat, gently uneven ground before."""

    def at(x: Array, z: Array) -> Array:
        rise = np.clip((z - start) / (start + size), 0, 1)
        rolling = noise.fbm(x / size + seed, z / size + seed, 4, gain=0.42, exact=4)
        near = noise.fbm(x / 14 + seed, z / 14, 3, exact=2)
        return rise * rise * height * (rolling * 1.2 + 0.45) + near * 0.10

    return at


def mountains(noise: Noise, size: float, height: float, start: float, seed: float) -> HeightField:
    """Ridged peaks that rise between `start` and a few sizes behind it."""

    def at(x: Array, z: Array) -> Array:
        warp = noise.fbm(x / size / 1.4 + seed, z / size / 1.4, 2, exact=2)
        u, v = x / size + seed + warp * 0.35, z / size + warp * 0.35
        rise = np.clip((z - start) / (1.6 * size), 0, 1)
        rise = rise * rise * (3 - 2 * rise)
        crests = noise.ridged(u, v, 7, gain=0.5, sharpness=1.25)
        massif = 0.80 + 0.40 * noise.fbm(u * 0.45 + 7, v * 0.45, 2, exact=2)
        return rise * height * crests * np.maximum(massif, 0.15) * 1.45

    return at
