"""Cars: those that cross the view and those that wait for a green light."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.faces import Face
from sparkle.painter.engine.noise import floats
from sparkle.painter.moving.shapes import Spot, ring, shaded, times
from sparkle.painter.things.facades import dark_hour

PERIOD, DRIVE = 34.0, 9.0  # metres from one car to its like behind it, metres a second
PAINTS = ("8a1f22", "1f3a5c", "d8d8d6", "2a2c30", "b8b8b4", "c79a2c")
UP = floats([0, 1, 0])
LAMPS = {"lamp": "e8e8e4", "rear": "9a1f1c"}
# A car: (along, up) of its side and of its panes, from its front to its back, in metres.
HULL = ((2.15, 0.3), (2.2, 0.62), (2.0, 0.86), (-2.1, 0.88), (-2.2, 0.62), (-2.15, 0.3))
CABIN = ((1.15, 0.86), (0.5, 1.38), (-1.0, 1.4), (-1.75, 0.88))
PANES = (
    ((0.96, 0.9), (0.48, 1.3), (-0.2, 1.32), (-0.2, 0.9)),
    ((-0.28, 0.9), (-0.28, 1.32), (-0.92, 1.33), (-1.4, 0.9)),
)


@dataclass(frozen=True, slots=True)
class Panel:
    """A face of a solid body, in the body's own place, which is seen from where its `normal` points."""

    face: Face
    normal: Array


def car(canvas: Canvas, paint: str, heading: float) -> list[Panel]:
    """A car around its middle that drives along `heading` (radians, 0 to the right, a quarter turn away)."""
    cos, sin = float(np.cos(heading)), float(np.sin(heading))
    turn = floats([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])  # from (along, up, to its left)
    shine = {"lamp": [1.6, 1.5, 1.2], "rear": [1.1, 0.1, 0.06]} if dark_hour(canvas) else {}
    made = []
    for grow, cover in ((1.14, 0.2), (1.0, 0.45), (0.9, 0.65)):
        spot = floats([[x, 0.01, z] for x, z in ring(0, 0, 2.35 * grow, grow)]) @ turn
        made.append(Panel(Face(spot, floats([0, 0, 0]), cover), UP))
    for corners, code, way in _panels(paint):
        normal = floats(way) @ turn
        tone = shaded(canvas, LAMPS.get(code, code), normal.tolist())
        own = floats(shine[code]) if code in shine else tone
        made.append(Panel(Face(floats(corners) @ turn, own), normal / np.linalg.norm(normal)))
    return made


def _panels(paint: str) -> Iterator[tuple[list[Spot], str, Spot]]:
    """Corners (along, up, left), colour and outward direction of all that a car is made of, hidden ones first."""
    for way in (1.0, -1.0):
        yield from ((_end(1.5 * way, z, (0.0, 0.35), 0.1), "0f0f11", (way, 0, 0)) for z in (-0.78, 0.78))
    for outline, half, panes, joins in ((HULL, 0.9, (), range(5)), (CABIN, 0.72, PANES, range(3))):
        for join in joins:
            yield _strip(outline[join], outline[join + 1], half, paint)
        for side in (-1.0, 1.0):
            for shape, out, code in (
                (outline, half, paint),
                *((pane, half + 0.005, "2c3a46") for pane in panes),
            ):
                yield [(x, y, out * side) for x, y in shape], code, (0, 0.1, side)
    for x, size, code in (
        (at, *part) for at in (1.35, -1.35) for part in ((0.34, "121214"), (0.2, "8a8d92"))
    ):
        for side in (-1.0, 1.0):
            yield [(px, py, 0.905 * side) for px, py in ring(x, 0.33, size, size)], code, (0, 0.1, side)
    for low, high in (((1.1, 0.92), (0.56, 1.34)), ((-1.1, 1.34), (-1.68, 0.94))):
        yield _strip(low, high, 0.62, "3a4c5a")
    for way, lamp in ((1.0, "lamp"), (-1.0, "rear")):
        for z in (-0.7, 0.7):
            yield _end(2.21 * way, z, (0.58, 0.74), 0.17), lamp, (way, 0, 0)
            yield (
                [(way * x, y, z * 1.294) for x, y in ((1.9, 0.62), (2.16, 0.62), (2.14, 0.7), (1.9, 0.7))],
                lamp,
                (0, 0.1, z),
            )
        yield _end(2.21 * way, 0.0, (0.24, 0.4), 0.8), "1a1a1d", (way, 0, 0)


def _end(x: float, z: float, rows: tuple[float, float], half: float) -> list[Spot]:
    """A rectangle across a car, at its front or its back."""
    (low, high), (right, left) = rows, (z - half, z + half)
    return [(x, low, right), (x, low, left), (x, high, left), (x, high, right)]


def _strip(
    front: tuple[float, float], back: tuple[float, float], half: float, code: str
) -> tuple[list[Spot], str, Spot]:
    """A patch across a car that joins two points of its outline."""
    corners = [(*front, -half), (*front, half), (*back, half), (*back, -half)]
    return corners, code, (back[1] - front[1], front[0] - back[0], 0.0)


def seen(panels: Sequence[Panel], at: Spot, eye: float, cover: float = 1.0) -> list[Face]:
    """The faces of a body at a place that look toward the viewer."""
    step, off = floats(at), floats(at) - floats([0, eye, 0])
    return [
        Face(one.face.corners + step, one.face.tone, one.face.cover * cover)
        for one in panels
        if float((one.face.corners[0] + off) @ one.normal) < 0
    ]


def cross_traffic(canvas: Canvas, lanes: Sequence[float], reach: float) -> None:
    """Cars that cross the view, at `lanes` metres ahead: to the right in the first lane, to the left in the second.

    Every `PERIOD` metres the same ones come again, so that they pass in a loop; `reach` metres to both sides houses
    have hidden them.
    """
    rng = canvas.rng
    for z, way in zip(lanes, (1, -1), strict=True):
        for start in (rng.uniform(0, 6), rng.uniform(11, 22)):
            panels = car(canvas, PAINTS[rng.integers(len(PAINTS))], 0.0 if way > 0 else np.pi)
            for number in range(-int(reach // PERIOD) - 2, int(reach // PERIOD) + 2):
                spot = (start + PERIOD * number, 0.0, z)
                canvas.movers.append(partial(_cross, panels, spot, way, reach, canvas.view.eye))


def _cross(
    panels: list[Panel], start: Spot, way: int, reach: float, eye: float, phase: float, seconds: float
) -> list[Face]:
    x = start[0] + way * PERIOD * ((phase * times(seconds, DRIVE / PERIOD)) % 1.0)
    return seen(panels, (x, *start[1:]), eye) if abs(x) < reach else []


def waiting(canvas: Canvas, lane: float, start: float, count: int) -> None:
    """Cars that wait for a green light, their fronts to the viewer."""
    z = start
    for _ in range(count):
        panels = car(canvas, PAINTS[canvas.rng.integers(len(PAINTS))], -np.pi / 2)
        faces = seen(panels, (lane, 0.0, z), canvas.view.eye)
        canvas.movers.append(partial(_still, faces))
        z += canvas.rng.uniform(6, 7.5)


def _still(faces: list[Face], phase: float, seconds: float) -> list[Face]:
    return faces
