"""Rooms to work and to meet in: a cafe, an artist's studio."""

from __future__ import annotations

import numpy as np

from sparkle.painter.engine.canvas import Canvas
from sparkle.painter.engine.light import glow_at, sparks
from sparkle.painter.engine.lighting import Lamp, show
from sparkle.painter.engine.materials import brick, mottled, plain, planks
from sparkle.painter.engine.solids import Solid, ball, box, cast, column
from sparkle.painter.place import Place
from sparkle.painter.things.facades import neon_sign
from sparkle.painter.things.furniture import (
    WARM,
    chair,
    cloth,
    grow,
    light_pool,
    outdoors_glass,
    picture_frame,
    potted,
    room,
    step_inside,
    table,
)


def paint_cafe(canvas: Canvas) -> None:
    """A counter with machine and shelves, hanging lamps, small tables, a window to the street."""
    step_inside(canvas, "c8a888", 0.34)
    side = float(canvas.rng.choice((-1.0, 1.0)))
    end = 8.8
    wall = brick("9a5f48", "8a7a6a")
    parts: list[Solid] = [
        room(planks("7a5535", 0.16), wall, mottled("4a4038", "5c5048", 2), wall, (9.0, 3.6, end + 3))
    ]
    parts += [box(outdoors_glass(canvas, (1.1, 1.3)), (-side * 4.45, 0.9, 4.6), (0.1, 2.0, 4.6))]
    parts += [
        box(planks("5a3c26", 0.2), (side * 1.6, 0, 7.0), (4.8, 1.05, 0.7)),
        box(plain("d8cfc0"), (side * 1.6, 1.05, 6.95), (5.0, 0.06, 0.85)),
    ]
    for level in (1.65, 2.1, 2.55):
        parts.append(box(planks("6b4a2e", 0.3, False), (side * 1.6, level, end - 0.2), (4.4, 0.05, 0.3)))
        for x in np.arange(-2.0, 2.01, 0.19):
            tone = ("7a4a2a", "c9b48a", "3f5a4a", "d8d0c4", "8a2f2a", "2f3f52")[
                int(abs(x * 53 + level * 11)) % 6
            ]
            parts.append(
                column(
                    plain(tone),
                    (side * 1.6 + float(x), level + 0.05, end - 0.2),
                    0.05,
                    0.16 + 0.10 * (int(abs(x * 91 + level * 7)) % 3) / 2,
                    0.04,
                )
            )
    parts += [
        box(plain("b9bcc0"), (side * 2.5, 1.11, 7.0), (0.8, 0.5, 0.5)),
        box(plain("3a3c40"), (side * 2.5, 1.2, 6.74), (0.5, 0.2, 0.04)),
        column(plain("f0ece4"), (side * 1.9, 1.11, 6.8), 0.05, 0.09, 0.06),
    ]
    parts += [
        box(plain("24282a"), (-side * 2.2, 1.3, end - 0.1), (1.7, 1.3, 0.08)),
        box(neon_sign("e8e0cc", 0.22, 0.55, "24282a"), (-side * 2.2, 1.4, end - 0.17), (1.4, 1.1, 0.03)),
    ]
    spots = [(-2.9, 4.6), (2.8, 4.2), (-1.4, 6.0), (3.2, 2.9), (-3.3, 3.0)]
    for x, z in spots:
        parts += [
            column(plain("2c2a28"), (x, 0, z), 0.22, 0.03),
            column(plain("2c2a28"), (x, 0, z), 0.035, 0.74),
            column(planks("8a6240", 0.2), (x, 0.74, z), 0.40, 0.04),
            column(plain("f4efe6"), (x + 0.1, 0.78, z), 0.045, 0.08, 0.055),
        ]
        parts += chair((x - 0.62, 0, z + 0.1), -np.pi / 2 + 0.2, "6b4628") + chair(
            (x + 0.62, 0, z - 0.1), np.pi / 2, "6b4628"
        )
    lamps: list[Lamp] = []
    for x, z in ((-2.7, 4.4), (-0.9, 5.6), (0.9, 6.2), (2.7, 4.4), (2.2, 6.3), (-2.9, 6.6)):
        y = 2.15 + 0.12 * abs(x)
        parts += [
            column(plain("1c1a18"), (x, y + 0.3, z), 0.012, 3.6 - y - 0.3),
            column(plain("2a3a34", 0.2), (x, y, z), 0.26, 0.26, 0.06),
            ball(plain("ffdca0", 3.0), (x, y + 0.0, z), (0.17, 0.15, 0.17)),
        ]
        lamps.append(Lamp((x, y - 0.12, z), (2.5, 1.55, 0.7), 0.55))
    lamps += [
        Lamp((-side * 3.8, 2.0, 4.6), tuple((canvas.palette.horizon * 3.4 + 0.1).tolist()), 1.4),
        Lamp((0, 2.6, 0.8), (2.0, 1.5, 1.0), 1.4),
    ]
    pots = [((-side * 3.9, 0.0, 6.9), 1.5), ((side * 3.9, 0.0, 3.6), 1.3)]
    for at, tall in pots:
        parts += potted(at, tall)
    show(canvas, cast(canvas, parts), lamps, sun=0)
    for at, tall in pots:
        grow(canvas, at, tall, "shrub")
    for lamp in lamps[:6]:
        glow_at(canvas, lamp.place, 0.34, WARM, 0.42)


def paint_studio(canvas: Canvas) -> None:
    """White walls, tall windows with thin curtains, easels and canvases."""
    step_inside(canvas, "dfe6ee", 0.62)
    side = float(canvas.rng.choice((-1.0, 1.0)))
    end = 9.0
    white = mottled("dcd8d0", "e9e6df", 3)
    parts: list[Solid] = [
        room(planks("b08a5c", 0.14), white, mottled("d8d5ce", "e4e1da", 3), white, (9.4, 4.6, end + 3))
    ]
    zs = (2.6, 5.0, 7.4)
    for z in zs:
        parts.append(box(outdoors_glass(canvas, (0.55, 0.7), 1.5), (-side * 4.66, 0.6, z), (0.1, 3.4, 1.6)))
        parts += [
            box(cloth("f4f1ea", 10, 0.35), (-side * (4.52 - 0.05), 0.25, z + dz), (0.14, 3.9, 0.5))
            for dz in (-1.0, 1.0)
        ]
    easels = [
        (side * 2.6, 5.6, -side * 0.35),
        (side * 0.6 + 1.4 * side, 7.4, 0.1),
        (-side * 1.9, 6.6, side * 0.4),
    ]
    for number, (x, z, turn) in enumerate(easels):
        wood = planks("9a7044", 0.1)
        parts += [
            box(picture_frame("e8e2d4", number + 2), (x, 0.95, z), (1.1, 1.35, 0.05), turn),
            box(wood, (x, 0.86, z - 0.04), (0.9, 0.06, 0.12), turn),
            box(wood, (x, 0.0, z + 0.1), (0.06, 2.5, 0.06), turn),
        ]
        parts += [
            box(wood, (x + dx * np.cos(turn), 0.0, z + dx * np.sin(turn)), (0.05, 1.2, 0.05))
            for dx in (-0.45, 0.45)
        ]
    sizes = ((-3.2, 1.2, 0.9), (-1.7, 0.9, 1.2), (0.1, 1.5, 1.0), (2.0, 0.8, 1.1), (3.4, 1.1, 0.8))
    for i, (x, w, h) in enumerate(sizes):
        frame = picture_frame(("3a3632", "b08a4a", "e8e4dc")[i % 3], i)
        parts.append(box(frame, (x, 1.9 + 0.2 * (i % 2), end - 0.06), (w, h, 0.05)))
    parts += table((side * 3.6, 0, 4.2), (1.2, 0.8, 0.8), "8a6a48")
    for i, tone in enumerate(("c23a2e", "2f5fa8", "e2b32e", "3f8a4a", "e8e4da", "7a3f8a")):
        parts.append(column(plain(tone), (side * 3.25 + 0.13 * i, 0.8, 4.2 + 0.1 * (i % 2)), 0.045, 0.14))
    parts += [
        column(plain("6a5038"), (-side * 0.9, 0.62, 5.2), 0.2, 0.05),
        *(
            box(plain("6a5038"), (-side * 0.9 + dx, 0, 5.2 + dz), (0.04, 0.62, 0.04))
            for dx in (-0.13, 0.13)
            for dz in (-0.13, 0.13)
        ),
    ]
    pots = [((-side * 3.9, 0.0, 8.4), 2.0), ((side * 4.1, 0.0, 7.9), 1.8)]
    for at, tall in pots:
        parts += potted(at, tall, "d8d4cc")
    daylight = tuple((canvas.palette.horizon * 4.4 + canvas.palette.sun * 0.7).tolist())
    lamps = [Lamp((-side * 3.9, 2.4, z), daylight, 1.6) for z in zs]
    show(canvas, cast(canvas, parts), lamps, sun=0)
    for at, tall in pots:
        grow(canvas, at, tall, "leafy")
    for z in zs:
        corners = [
            (-side * 4.5, 0.7, z - 0.75),
            (-side * 4.5, 0.7, z + 0.75),
            (-side * 4.5, 3.9, z + 0.75),
            (-side * 4.5, 3.9, z - 0.75),
        ]
        light_pool(canvas, corners, (side * 4.6, -2.6, -0.8), (canvas.palette.sun * 0.5 + 0.3), 0.28)
    sparks(canvas, 50, (1.0, 0.97, 0.9), (0.05, 0.3), (0.5, 1.2), (0.1, 0.9))


PLACES = (
    Place(
        "cafe",
        paint_cafe,
        r"caf[eé]|coffee ?(shop|house)|bistro|restaurant|diner|tavern|pub|bakery|tea ?house",
        5,
        horizon=0.5,
        indoors=True,
    ),
    Place(
        "studio",
        paint_studio,
        r"artist'?s? studio|art studio|painter'?s studio|atelier|photo studio|loft|dance studio|gallery|"
        r"museum",
        5,
        indoors=True,
    ),
)
