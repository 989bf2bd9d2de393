"""A board to draw a sprite on: shapes with a texture of their own, shaded round, soft-edged, one over the other."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from benchmarks.eyes.scene import Picture, Sprite
from benchmarks.eyes.textures import lit

FINER = 3
BITS = 4

Point = tuple[float, float]


class Board:
    """An empty sprite of (height, width); all places are in its pixels, (x, y)."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._colour = np.zeros((height, width, 3), np.float32)
        self._alpha = np.zeros((height, width), np.float32)

    def polygon(self, corners: Sequence[Point], texture: Picture, roundness: float = 0) -> None:
        """Fill a polygon."""
        self._add(np.array(corners, np.float32), None, texture, roundness)

    def curve(self, corners: Sequence[Point], texture: Picture, roundness: float = 0) -> None:
        """Fill the smooth closed curve through `corners`."""
        closed = np.array([corners[-1], *corners, *corners[:2]], np.float32)
        steps = np.linspace(0, 1, 10, endpoint=False)[:, None]
        parts = []
        for a, b, c, d in zip(closed, closed[1:], closed[2:], closed[3:], strict=False):
            line = 2 * b + (c - a) * steps + (2 * a - 5 * b + 4 * c - d) * steps**2
            parts.append(0.5 * (line + (3 * b - a - 3 * c + d) * steps**3))
        self._add(np.concatenate(parts), None, texture, roundness)

    def ellipse(
        self, centre: Point, axes: Point, texture: Picture, roundness: float = 0, angle: float = 0.0
    ) -> None:
        """Fill an ellipse of half axes `axes`, turned clockwise by degrees."""
        around = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        x, y = axes[0] * np.cos(around), axes[1] * np.sin(around)
        cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        corners = np.column_stack([centre[0] + cos * x - sin * y, centre[1] + sin * x + cos * y])
        self._add(corners, None, texture, roundness)

    def stroke(
        self, points: Sequence[Point], thickness: float, texture: Picture, roundness: float = 0
    ) -> None:
        """Draw a line of round ends through points."""
        self._add(np.array(points, np.float32), thickness, texture, roundness)

    def ring(
        self, centre: Point, radius: float, thickness: float, texture: Picture, roundness: float = 0
    ) -> None:
        """Draw a circle's line."""
        turn = np.linspace(0, 2 * np.pi, 90)
        points = np.column_stack([centre[0] + radius * np.cos(turn), centre[1] + radius * np.sin(turn)])
        self._add(points, thickness, texture, roundness)

    def sprite(self) -> Sprite:
        """Return what was drawn."""
        safe = np.maximum(self._alpha, 1e-3)[..., None]
        return Sprite((self._colour / safe).astype(np.float32), self._alpha)

    def _add(self, points: np.ndarray, thickness: float | None, texture: Picture, roundness: float) -> None:
        """Draw on the part of the board that a polygon, or a line of some thickness, covers."""
        margin = 3 + (thickness or 0) / 2
        left, top = np.maximum(np.floor(points.min(axis=0) - margin), 0).astype(int)
        right, bottom = np.ceil(points.max(axis=0) + margin).astype(int)
        window = np.s_[top : min(bottom, self.height), left : min(right, self.width)]
        texture = texture[window]
        if not texture.size:
            return
        rows, columns = texture.shape[:2]
        big = np.zeros((rows * FINER, columns * FINER), np.uint8)
        places = np.int32(np.rint((points - (left, top)) * FINER * 2**BITS))
        if thickness is None:
            cv2.fillPoly(big, [places], 255, cv2.LINE_AA, BITS)
        else:
            cv2.polylines(big, [places], False, 255, max(1, round(thickness * FINER)), cv2.LINE_AA, BITS)
        mask = cv2.resize(big, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        colour = lit(texture, mask, roundness) if roundness else texture
        self._colour[window] = self._colour[window] * (1 - mask[..., None]) + colour * mask[..., None]
        self._alpha[window] = self._alpha[window] * (1 - mask) + mask
