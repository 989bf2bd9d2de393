"""Outlines, colours and times of what moves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.faces import Face
from sparkle.painter.engine.noise import floats
from sparkle.painter.engine.palette import Colour, colour

Points = Sequence[tuple[float, float]]
Spot = tuple[float, float, float]
Shape = tuple[Points, Colour]


def shaded(canvas: Canvas, code: str, normal: Sequence[float], sun: float = 0.6) -> Colour:
    """A colour on a face that looks along `normal`, under the sky's light and a share of the sun's."""
    facing = sun * max(float(floats(normal) @ canvas.light.direction), 0.0)
    sky = 0.52 + 0.48 * normal[1]
    return colour(code) * (canvas.light.ambient * floats(sky) + canvas.light.sun * floats(facing))


def times(seconds: float, rate: float, least: int = 1) -> int:
    """How often something happens in the loop: as often as comes near its own rate a second."""
    return max(least, round(seconds * rate))


def moved(faces: Sequence[Face], x: float, z: float, cover: float = 1.0) -> list[Face]:
    """Faces somewhere else, perhaps half transparent."""
    return [Face(face.corners + floats([x, 0, z]), face.tone, face.cover * cover) for face in faces]


def facing(points: Points, z: float = 0.0) -> Array:
    """A patch of points (x, y) that faces the viewer."""
    return floats([[x, y, z] for x, y in points])


def ring(x: float, y: float, wide: float, tall: float, turn: float = 0.0, count: int = 12) -> Points:
    """An ellipse of points around (x, y), turned by `turn` radians."""
    along = np.linspace(0, 2 * np.pi, count, endpoint=False)
    across, up, cos, sin = wide * np.cos(along), tall * np.sin(along), np.cos(turn), np.sin(turn)
    return [
        (x + float(a * cos - u * sin), y + float(a * sin + u * cos)) for a, u in zip(across, up, strict=True)
    ]


def limb(start: Sequence[float], end: Sequence[float], thick: tuple[float, float]) -> Points:
    """A tapering limb between two points (x, y)."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    nx, ny = (value / max(float(np.hypot(dx, dy)), 1e-6) / 2 for value in (-dy, dx))
    ends = ((start, thick[0]), (end, thick[1]), (end, -thick[1]), (start, -thick[0]))
    return [(at[0] + nx * wide, at[1] + ny * wide) for at, wide in ends]
