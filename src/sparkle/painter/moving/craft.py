"""What people built that wind and water move: the sails of a mill, boats at their moorings, a fountain's drops."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.faces import Face
from sparkle.painter.engine.noise import floats
from sparkle.painter.engine.palette import Colour, colour
from sparkle.painter.engine.plants import light_tones
from sparkle.painter.moving.shapes import Points, Shape, Spot, facing, limb, ring, shaded, times

TURNS = 0.6  # quarter turns of a mill a second
DROPS = 80
CORD = 0.55  # metres from the middle of a lantern to where it hangs
GLOW = ((1.0, 1.5), (0.85, 1.9), (0.6, 2.4), (0.35, 3.0))  # a lantern from its rim to its middle


def sails(canvas: Canvas, hub: tuple[float, float, float], length: float) -> None:
    """The four lattice sails of a mill, which turn."""
    wood, cloth = shaded(canvas, "4a3a2c", (0, 0.3, -0.9)), shaded(canvas, "e6dcc6", (0, 0.3, -0.9), 0.8)
    bars = [((0.22 + 0.0975 * n, 0.22 + 0.0975 * n), (0.03, 0.2)) for n in range(9)]
    bars += [((0.22, 1.0), (off, off)) for off in (0.03, 0.115, 0.2)]
    shapes = [([(0.22, 0.03), (1.0, 0.03), (1.0, 0.2), (0.22, 0.2)], cloth)]
    shapes += [(list(limb((a, c), (b, d), (0.012, 0.012))), wood) for (a, b), (c, d) in bars]
    shapes += [(list(limb((0, 0), (1, 0), (0.028, 0.02))), wood)]
    one = [(floats(points) * length, tone) for points, tone in shapes]
    canvas.movers.append(partial(_turn, one, hub, float(canvas.rng.uniform(0.2, 0.7))))


def _turn(
    sail: list[tuple[Array, Colour]],
    hub: tuple[float, float, float],
    start: float,
    phase: float,
    seconds: float,
) -> list[Face]:
    x, y, z = hub
    faces: list[Face] = []
    for quarter in range(4):
        angle = start + (quarter + phase * times(seconds, TURNS)) * np.pi / 2
        cos, sin = float(np.cos(angle)), float(np.sin(angle))
        turned = [
            [(x + px * cos - py * sin, y + px * sin + py * cos) for px, py in points.tolist()]
            for points, _ in sail
        ]
        faces += [Face(facing(points, z), tone) for points, (_, tone) in zip(turned, sail, strict=True)]
    return faces


def boat(canvas: Canvas, furled: bool) -> list[Shape]:
    """A sailing boat, sails set or furled, 1 high and 2/3 wide around the middle of its foot."""
    codes = (("f2f0ea", 0.7), ("3d5a73", 0.4), ("c9c3b4", 0.5), ("fbf7ee", 0.85), ("fbf7ee", 0.35))
    made = (light_tones(canvas.light, colour(code), floats([share]))[0] for code, share in codes)
    hull, under, mast, cloth, shade = made
    outlines: list[tuple[Points, Colour]] = [
        (((0.08, 0.1), (0.95, 0.115), (0.82, 0.002), (0.2, 0.002)), hull),
        (((0.17, 0.035), (0.86, 0.035), (0.82, 0.002), (0.2, 0.002)), under),
        (((0.38, 0.1), (0.68, 0.1), (0.64, 0.135), (0.42, 0.135)), hull * 0.85),
        (limb((0.5, 0.1), (0.5, 0.98), (0.016, 0.011)), mast),
    ]
    if furled:
        outlines.append((limb((0.5, 0.2), (0.88, 0.185), (0.022, 0.016)), shade))
        outlines += [
            (limb((0.5, 0.97), end, (0.004, 0.004)), mast * 0.7) for end in ((0.94, 0.11), (0.08, 0.1))
        ]
    else:
        outlines.append((((0.515, 0.96), (0.515, 0.17), (0.93, 0.16), (0.8, 0.45)), cloth))
        outlines.append((((0.485, 0.92), (0.485, 0.15), (0.12, 0.13)), shade))
    return [([((x - 0.5) * 2 / 3, y) for x, y in points], tone) for points, tone in outlines]


def rock(canvas: Canvas, shapes: Sequence[Shape], at: Spot, height: float) -> None:
    """Let a boat rock at its mooring."""
    scaled = [(floats(points) * height, tone) for points, tone in shapes]
    canvas.movers.append(partial(_rock, scaled, at, canvas.rng.uniform(0, 1, 2).tolist()))


def _rock(
    shapes: list[tuple[Array, Colour]], at: Spot, lags: list[float], phase: float, seconds: float
) -> list[Face]:
    turns = [
        2 * np.pi * (phase * times(seconds, rate) + lag) for rate, lag in zip((0.4, 0.2), lags, strict=True)
    ]
    roll = 0.012 * float(np.sin(turns[0])) + 0.008 * float(np.sin(turns[1]))
    x, y, z = at
    turned = floats([[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]])
    middle = floats([x, y + 0.03 * float(np.sin(turns[1]))])
    return [Face(facing((points @ turned + middle).tolist(), z), tone) for points, tone in shapes]


def splash(canvas: Canvas, at: Spot, size: float, tone: Colour) -> None:
    """Drops that leap from the top of a fountain and from its bowl."""
    inner = canvas.rng.uniform(size=DROPS) < 0.45
    chance = canvas.rng.uniform(size=(3, DROPS))
    canvas.movers.append(partial(_splash, at, size, inner, chance, tone * floats(1.15)))


def _splash(
    at: Spot, size: float, inner: Array, chance: Array, tone: Colour, phase: float, seconds: float
) -> list[Face]:
    share = (phase * times(seconds, 1.2) + chance[0]) % 1.0
    angle, speed = 2 * np.pi * chance[1], 0.6 + 0.5 * chance[2]
    radius = np.where(inner, 0.1 + 0.33 * size * share * speed, size * (0.4 + 0.3 * share * speed))
    up = np.where(inner, 2.8 + 1.3 * share - 3.2 * share**2, 1.95 - 1.35 * share**2)
    x, y, z = at[0] + radius * np.cos(angle), at[1] + up, at[2] + radius * np.sin(angle)
    tall = 0.03 + 0.1 * share
    return [
        Face(floats([[cx - 0.02, cy, cz], [cx + 0.02, cy, cz], [cx, cy + high, cz]]), tone, 0.75)
        for cx, cy, cz, high in zip(x.tolist(), y.tolist(), z.tolist(), tall.tolist(), strict=True)
    ]


def lantern(canvas: Canvas, at: Spot, code: str) -> None:
    """A paper lantern around a place, which swings on its cord and flickers."""
    paper, frame = colour(code), shaded(canvas, "2a1a14", (0.0, 0.5, -0.8))
    shapes: list[tuple[Points, Colour, float]] = [
        (limb((0, 0.2), (0, CORD), (0.025, 0.02)), frame, 0.0),
        *(
            (ring(0, 0, 0.22 * size, 0.25 * size, count=24), paper * floats(light), light)
            for size, light in GLOW
        ),
        (limb((0, 0.22), (0, 0.29), (0.22, 0.16)), frame, 0.0),
        (limb((0, -0.24), (0, -0.29), (0.16, 0.1)), frame, 0.0),
        (limb((0, -0.29), (0, -0.42), (0.03, 0.05)), paper * floats(0.5), 0.0),
    ]
    hung = [(floats(points) - floats([0, CORD]), tone, light > 0) for points, tone, light in shapes]
    canvas.movers.append(
        partial(_swing, hung, (at[0], at[1] + CORD, at[2]), canvas.rng.uniform(0, 1, 2).tolist())
    )


def _swing(
    shapes: list[tuple[Array, Colour, bool]], pivot: Spot, lags: list[float], phase: float, seconds: float
) -> list[Face]:
    swing, flicker = (phase * times(seconds, rate) + lag for rate, lag in zip((0.5, 1.6), lags, strict=True))
    angle, light = 0.07 * float(np.sin(2 * np.pi * swing)), floats(1 + 0.07 * np.sin(2 * np.pi * flicker))
    turned = floats([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return [
        Face(facing((points @ turned + floats(pivot[:2])).tolist(), pivot[2]), tone * light if lit else tone)
        for points, tone, lit in shapes
    ]
