"""Pigeons that peck and fly over a square."""

from __future__ import annotations

from functools import partial

import numpy as np

from sparkle.painter.engine.canvas import Canvas
from sparkle.painter.engine.faces import Face
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import Colour
from sparkle.painter.moving.shapes import facing, limb, moved, ring, shaded, times

FLAPS = 5.0  # wing beats a second


def pigeons(canvas: Canvas, count: int) -> None:
    """Pigeons that peck on the ground, and a quarter of them in the air, who cross the picture in the loop."""
    rng, view = canvas.rng, canvas.view
    for z in (1 / rng.uniform(1 / 24, 1 / 5.5, count)).tolist():
        code, half = ("7d828c", "9a9ea6", "5f6670")[rng.integers(3)], view.half_width(z)
        tones = [shaded(canvas, one, (0, 0.6, -0.6), 0.8) for one in (code, "44605a", code)]
        face, lag = float(rng.choice((-1.0, 1.0))), float(rng.uniform())
        if rng.uniform() < 0.75:
            x = rng.choice((-1.0, 1.0)) * rng.uniform(0.25, 1.0) * half
            canvas.movers.append(partial(_peck, tones, (x, z), face, lag))
        else:
            span = (view.half_width(z + 9) + 0.5, rng.uniform(0.9, 3.2), z + 9)
            canvas.movers.append(partial(_flutter, tones, span, face, lag))


def _peck(
    tones: list[Colour], at: tuple[float, float], face: float, lag: float, phase: float, seconds: float
) -> list[Face]:
    clock = (phase * times(seconds, 0.5) + lag) % 1.0
    down = float(smoothstep(0.55, 0.62, floats(clock)) * smoothstep(0.95, 0.85, floats(clock)))
    down *= 0.8 + 0.2 * float(np.cos(2 * np.pi * 6 * clock))
    tilt = face * (0.3 - 0.55 * down)
    head = (face * (0.13 + 0.03 * down), 0.235 - 0.17 * down)
    shapes = [
        (limb((-face * 0.02, 0.08), (-face * 0.02, 0.0), (0.015, 0.02)), tones[1]),
        (limb((-face * 0.08, 0.12), (-face * 0.24, 0.08 + 0.05 * down), (0.07, 0.05)), tones[1]),
        (ring(0, 0.13, 0.15, 0.075, tilt), tones[0]),
        (limb((face * 0.09, 0.15), head, (0.08, 0.055)), tones[1]),
        (ring(*head, 0.045, 0.04), tones[1]),
    ]
    return moved([Face(facing(points), tone) for points, tone in shapes], *at)


def _flutter(
    tones: list[Colour],
    span: tuple[float, float, float],
    face: float,
    lag: float,
    phase: float,
    seconds: float,
) -> list[Face]:
    (half, level, z), share = span, (phase + lag) % 1.0
    x, y = face * half * (2 * share - 1), level + 0.5 * float(np.sin(2 * np.pi * share + 9 * lag))
    flap = float(np.sin(2 * np.pi * (phase * times(seconds, FLAPS) + lag)))
    bent = ((-0.06, 0, 0), (0.1, 0, 0), (0.06, 0.16, 0), (-0.05, 0.21, 0), (-0.1, 0, 0.12))
    wings = [[(x, 0.03 + (tip * out + root) * flap) for x, tip, root in bent] for out in (0.85, 1.0)]
    shapes = [
        (wings[0], tones[0]),
        ([(-0.12, 0.03), (-0.12, -0.03), (-0.27, -0.05), (-0.27, 0.03)], tones[1]),
        (ring(0, 0, 0.15, 0.065, 0.1), tones[0]),
        (ring(0.16, 0.03, 0.05, 0.045), tones[1]),
        (wings[1], tones[2]),
    ]
    turned = [Face(facing([(px * face, py) for px, py in points]), tone) for points, tone in shapes]
    return [Face(one.corners + floats([x, y, z]), one.tone) for one in turned]
