"""Cut-outs of plants and things: drawn once, then placed many times in perspective, hazed, with a cast shadow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.noise import floats

SHIFT = 4
EDGE = 0.7  # pixels of a sheet: over which its edges go where it is shown enlarged


@dataclass(frozen=True, slots=True)
class Sprite:
    """Premultiplied linear RGBA (h, w, 4). The foot stands at the bottom, `foot` of the width from the left."""

    rgba: Array
    foot: float = 0.5
    kind: Kind = Kind.FOLIAGE

    def mirrored(self) -> Sprite:
        """Return the mirror image."""
        return Sprite(np.ascontiguousarray(self.rgba[:, ::-1]), 1 - self.foot, self.kind)


class Sheet:
    """A drawing surface without anti-aliasing: sprites are drawn larger than they are shown, and shrunk."""

    def __init__(self, width: int, height: int) -> None:
        self.rgba = np.zeros((height, width, 4), dtype=np.float32)

    def polygon(self, points: NDArray[np.floating], tone: Array) -> None:
        """Fill a convex polygon (K, 2) in pixels."""
        fixed = (points * (1 << SHIFT)).astype(np.int32)
        cv2.fillConvexPoly(self.rgba, fixed, (*tone.tolist(), 1.0), cv2.LINE_8, SHIFT)

    def polygons(self, points: NDArray[np.floating], tones: Array) -> None:
        """Fill convex polygons (N, K, 2) with tones (N, 3), in order."""
        fixed = (points * (1 << SHIFT)).astype(np.int32)
        colours = np.concatenate([tones, np.ones((len(tones), 1))], axis=1).tolist()
        for shape, tone in zip(fixed, colours, strict=True):
            cv2.fillConvexPoly(self.rgba, shape, tone, cv2.LINE_8, SHIFT)

    def limb(
        self,
        start: Sequence[float] | Array,
        end: Sequence[float] | Array,
        widths: tuple[float, float],
        tone: Array,
    ) -> None:
        """Draw a tapering limb, lighter along its lit (left) half; mirror the sprite for light from the right."""
        along = np.subtract(end, start)
        across = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-6)
        if across[0] > 0:
            across = -across
        a, b = np.asarray(start), np.asarray(end)
        w0, w1 = widths[0] / 2, widths[1] / 2
        shape = np.array([a + across * w0, b + across * w1, b - across * w1, a - across * w0])
        self.polygon(shape, tone * floats(0.62))
        lit = np.array([a + across * w0, b + across * w1, b + across * w1 * 0.1, a + across * w0 * 0.1])
        self.polygon(lit, tone * floats(1.25))

    def sprite(self, foot: float = 0.5, kind: Kind = Kind.FOLIAGE) -> Sprite:
        """Finish the drawing."""
        return Sprite(self.rgba, foot, kind)


def place(
    canvas: Canvas, sprite: Sprite, at: tuple[float, float, float], height: float, shadow: float = 0.0
) -> None:
    """Stand a sprite with its foot at (x, y, z) metres, `height` metres tall, behind whatever is nearer."""
    x, y, z = map(float, at)
    column, row = canvas.view.project(x, y, z)
    tall = height * canvas.view.focal / z
    if tall < 1.5:
        return
    wide = tall * sprite.rgba.shape[1] / sprite.rgba.shape[0]
    if shadow > 0:
        _cast_shadow(canvas, sprite, at, height, shadow)
    paste(canvas, sprite, (column - wide * sprite.foot, row - tall, wide, tall), z)


def paste(canvas: Canvas, sprite: Sprite, rectangle: tuple[float, float, float, float], z: float) -> None:
    """Paste a sprite into (left, top, width, height) pixels at distance z, through the depth test."""
    left, top, wide, tall = rectangle
    x0, y0 = round(left), round(top)
    size = (max(round(wide), 1), max(round(tall), 1))
    view = canvas.view
    a, b = max(x0, 0), min(x0 + size[0], view.width)
    c, d = max(y0, 0), min(y0 + size[1], view.height)
    if a >= b or c >= d or max(size) > 6 * max(view.width, view.height):
        return
    scaled = _resized(sprite.rgba, size)
    part = scaled[c - y0 : d - y0, a - x0 : b - x0]
    box = (slice(c, d), slice(a, b))
    visible = floats(canvas.depth[box] > z * 0.97)
    alpha = part[..., 3:] * visible[..., None]
    tone = part[..., :3] / np.maximum(part[..., 3:], 1e-4)
    tone = canvas.hazed(tone, z, slice(a, b))
    target = canvas.rgb[box]
    target += alpha * (tone - target)
    canvas.kinds[box][alpha[..., 0] > 0.4] = sprite.kind
    canvas.depth[box] = np.where(alpha[..., 0] > 0.5, np.minimum(canvas.depth[box], z), canvas.depth[box])


def _resized(rgba: Array, size: tuple[int, int]) -> Array:
    """Return a sprite in (width, height) `size`; where it is enlarged its hard edges are softened, not steps."""
    if size[1] < rgba.shape[0]:
        return np.asarray(cv2.resize(rgba, size, interpolation=cv2.INTER_AREA), np.float32)
    soft = cv2.GaussianBlur(rgba, (0, 0), EDGE, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(soft, size, interpolation=cv2.INTER_LINEAR), np.float32)


def _cast_shadow(
    canvas: Canvas, sprite: Sprite, at: tuple[float, float, float], height: float, strength: float
) -> None:
    """Lay the sprite's outline on the ground, away from the light, softer with length."""
    x, y, z = at
    direction = canvas.light.direction
    length = height / max(float(direction[1]), 0.12)
    tip = (x - float(direction[0]) * length, z - float(direction[2]) * length)
    if tip[1] < 0.6:
        share = (z - 0.6) / (z - tip[1])
        tip = (x + (tip[0] - x) * share, 0.6)
    half = 0.5 * height * sprite.rgba.shape[1] / sprite.rgba.shape[0]
    ground = [(x - half, z), (x + half, z), (tip[0] + half, tip[1]), (tip[0] - half, tip[1])]
    corners = floats([canvas.view.project(px, y, max(pz, 0.5)) for px, pz in ground])
    h, w = sprite.rgba.shape[:2]
    source = floats([[0, h], [w, h], [w, 0], [0, 0]])
    low = np.floor(corners.min(axis=0)).astype(int).clip(0, [canvas.view.width, canvas.view.height])
    high = np.ceil(corners.max(axis=0)).astype(int).clip(0, [canvas.view.width, canvas.view.height])
    if (high - low).min() < 3:
        return
    matrix = cv2.getPerspectiveTransform(source, corners - floats(low))
    alpha = np.ascontiguousarray(sprite.rgba[..., 3])
    soft = cv2.GaussianBlur(alpha, (0, 0), max(h, w) / 90)
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    mask = cv2.warpPerspective(soft, matrix, size, flags=cv2.INTER_AREA)
    box = (slice(low[1], high[1]), slice(low[0], high[0]))
    near = floats(canvas.depth[box] > min(z, tip[1]) * 0.75)
    fill = float(canvas.light.ambient.mean() / (canvas.light.ambient.mean() + canvas.light.sun.mean() * 0.5))
    canvas.rgb[box] *= 1 - (mask * near * strength * (1 - fill))[..., None]
