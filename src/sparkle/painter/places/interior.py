"""Rooms in one-point perspective: library, cafe, studio, living room."""

from __future__ import annotations

import numpy as np

from sparkle.painter.engine.canvas import Canvas
from sparkle.painter.engine.light import glow_at, sparks
from sparkle.painter.engine.lighting import Lamp, show
from sparkle.painter.engine.materials import brick, mottled, plain, planks
from sparkle.painter.engine.solids import Solid, ball, box, cast, column
from sparkle.painter.place import Place
from sparkle.painter.things.fires import flames
from sparkle.painter.things.furniture import (
    WARM,
    armchair,
    books,
    chair,
    cloth,
    desk_lamp,
    grow,
    light_pool,
    outdoors_glass,
    panelled,
    picture_frame,
    potted,
    room,
    rug,
    step_inside,
    table,
)


def _dark(canvas: Canvas) -> bool:
    return canvas.plan.time in ("night", "dusk")


def paint_library(canvas: Canvas) -> None:
    """Walls of books, a tall window with curtains, a desk with a lamp."""
    step_inside(canvas, "c9a67e", 0.30)
    side = float(canvas.rng.choice((-1.0, 1.0)))
    skin, wood = books(), panelled("4a2e1c")
    end = 8.2
    parts: list[Solid] = [
        room(planks("6b4528", 0.14, True), wood, mottled("8a765a", "a08c6c", 2), skin, (8.4, 4.4, end + 3))
    ]
    for x in (-1.0, 1.0):
        parts += [
            box(skin, (x * 4.0, 0.0, 3.2), (0.5, 4.0, 9.6)),
            box(wood, (x * 4.0, 4.0, 3.2), (0.62, 0.4, 9.6)),
        ]
    parts += [box(skin, (x * 2.75, 0, end - 0.2), (2.2, 4.0, 0.45)) for x in (-1.0, 1.0)]
    window = [
        box(outdoors_glass(canvas, (0.42, 0.55)), (0, 0.9, end - 0.05), (1.9, 2.7, 0.1)),
        box(plain("4a2e1c"), (0, 0.78, end - 0.12), (2.3, 0.12, 0.3)),
        box(plain("4a2e1c"), (0, 3.6, end - 0.12), (2.3, 0.14, 0.25)),
    ]
    drapes = [
        box(cloth("8a3a30", 9, 0.10), (x * 1.12, 0.15, end - 0.3), (0.62, 3.5, 0.16)) for x in (-1.0, 1.0)
    ]
    desk = [
        box(panelled("5a3822"), (side * 2.1, 0, 4.7), (2.0, 0.72, 0.9)),
        box(planks("6b4528", 0.3, False), (side * 2.1, 0.72, 4.7), (2.2, 0.06, 1.05)),
    ]
    lamp = (side * 1.55, 0.78, 4.6)
    desk += [
        *desk_lamp(lamp),
        box(mottled("d8cbb0", "eadfc8", 0.1), (side * 2.2, 0.78, 4.45), (0.34, 0.03, 0.26), 0.2),
        box(plain("6b2422"), (side * 2.7, 0.78, 4.7), (0.26, 0.06, 0.2), 0.1),
        box(plain("26364f"), (side * 2.68, 0.84, 4.7), (0.24, 0.05, 0.19), -0.2),
    ]
    seats = [*armchair((-side * 2.3, 0, 5.2), -side * 0.6, "5f2a22")]
    ladder = [
        box(planks("7a5432"), (-side * (3.62 - 0.06 * i), 0.25 + 0.34 * i, 3.6 + 0.0 * i), (0.05, 0.05, 0.5))
        for i in range(10)
    ]
    globe = [
        column(plain("5a3a22"), (-side * 1.5, 0, 6.6), 0.05, 0.7),
        ball(mottled("6f8a7a", "b9a878", 0.2), (-side * 1.5, 0.95, 6.6), (0.5, 0.5, 0.5)),
    ]
    carpet = [box(rug(), (0, 0.0, 4.6), (3.4, 0.02, 4.4))]
    chandelier = (0.0, 3.3, 5.4)
    bulbs = [
        ball(plain("ffe2b0", 2.2), (0.42 * np.cos(a), 3.3, 5.4 + 0.42 * np.sin(a)), (0.10, 0.16, 0.10))
        for a in np.linspace(0, 6.28, 7)[:-1]
    ]
    bulbs += [
        column(plain("8a6a34"), (0, 3.35, 5.4), 0.02, 1.05),
        box(plain("8a6a34"), (0, 3.2, 5.4), (0.8, 0.04, 0.04)),
        box(plain("8a6a34"), (0, 3.2, 5.4), (0.04, 0.04, 0.8)),
    ]
    day = 0.5 if _dark(canvas) else 1.0
    lamps = [
        Lamp((0, 2.4, end - 0.9), tuple((canvas.palette.horizon * 5 * day + 0.5).tolist()), 1.4),
        Lamp((lamp[0], 1.15, lamp[2] - 0.1), (1.9, 1.15, 0.5), 0.35),
        Lamp(chandelier, (3.8, 2.5, 1.35), 0.8),
        Lamp((0, 2.6, 0.6), (2.4, 1.7, 1.05), 1.4),
    ]
    show(
        canvas,
        cast(canvas, [*parts, *window, *drapes, *desk, *seats, *ladder, *globe, *carpet, *bulbs]),
        lamps,
        sun=0,
    )
    _window_shaft(canvas, (0.0, 0.9, end - 0.3), (1.7, 2.6), (side * -1.2, -2.2, -4.2), 0.10 * day)
    glow_at(canvas, (lamp[0], 1.12, lamp[2] - 0.1), 0.30, WARM, 0.55)
    glow_at(canvas, chandelier, 0.7, WARM, 0.30)
    sparks(canvas, 60, (1.0, 0.85, 0.6), (0.05, 0.3), (0.5, 1.2), (0.1, 0.9))


def _window_shaft(
    canvas: Canvas,
    foot: tuple[float, float, float],
    size: tuple[float, float],
    slide: tuple[float, float, float],
    strength: float,
) -> None:
    x, y, z = foot
    w, h = size
    corners = [(x - w / 2, y, z), (x + w / 2, y, z), (x + w / 2, y + h, z), (x - w / 2, y + h, z)]
    tone = canvas.palette.sun * 0.7 + canvas.palette.horizon * 0.5
    light_pool(canvas, corners, slide, tone, strength * 3)


def paint_cabin_room(canvas: Canvas) -> None:
    """Log walls, a stone fireplace with a fire, a rug and an armchair, a small window."""
    step_inside(canvas, "b07a4a", 0.24)
    side = float(canvas.rng.choice((-1.0, 1.0)))
    end = 7.6
    logs = planks("8a5c36", 0.30, False)
    parts: list[Solid] = [room(planks("6f4a2c", 0.2), logs, planks("5f4026", 0.3), logs, (8.6, 3.3, end + 3))]
    parts += [box(planks("4a301c", 0.3), (0, 2.95, z), (8.6, 0.24, 0.26)) for z in (2.2, 4.4, 6.6)]
    fx = side * 1.9
    stone = brick("8d857a", "4f4942", 0.42, 0.24, 0.5)
    parts += [
        box(stone, (fx - 0.95, 0, end - 0.4), (0.6, 1.5, 0.8)),
        box(stone, (fx + 0.95, 0, end - 0.4), (0.6, 1.5, 0.8)),
        box(stone, (fx, 1.2, end - 0.4), (2.5, 0.5, 0.8)),
        box(stone, (fx, 1.7, end - 0.3), (1.7, 1.7, 0.6)),
        box(mottled("1a1614", "2a221e", 0.3), (fx, 0, end - 0.06), (1.4, 1.3, 0.1)),
        box(planks("5a3a22", 0.3, False), (fx, 1.66, end - 0.55), (2.9, 0.12, 0.6)),
        box(stone, (fx, 0, end - 1.0), (2.6, 0.10, 0.9)),
    ]
    parts += [
        box(planks("3a2618", 0.2), (fx + dx, 0.12 + dy, end - 0.5), (0.75, 0.13, 0.13), turn)
        for dx, dy, turn in ((0, 0, 0.1), (0.05, 0.1, -0.25), (-0.05, 0.1, 0.4))
    ]
    for i, tone in enumerate(("b5a06a", "6b3a2a", "d8cdb8", "7a7a6a")):
        parts.append(
            column(
                plain(tone),
                (fx - 0.9 + 0.5 * i, 1.78, end - 0.5),
                0.06 + 0.02 * (i % 2),
                0.2 + 0.08 * (i % 3),
                0.04,
            )
        )
    parts += [
        box(outdoors_glass(canvas, (0.45, 0.5), 0.9), (-side * 2.0, 1.05, end - 0.04), (1.35, 1.3, 0.08)),
        box(planks("5a3a22"), (-side * 2.0, 0.96, end - 0.1), (1.6, 0.1, 0.2)),
        *(
            box(cloth("a3402f", 9), (-side * 2.0 + dx, 0.9, end - 0.14), (0.3, 1.6, 0.08))
            for dx in (-0.78, 0.78)
        ),
        box(planks("5a3a22"), (-side * 2.0, 2.45, end - 0.12), (2.0, 0.06, 0.1)),
    ]
    parts += [
        box(rug("7a2f2a", "d0b080"), (side * 0.6, 0, 5.0), (3.0, 0.02, 2.2)),
        *armchair((side * 3.1, 0, 5.1), side * 0.8, "7a4a2c"),
        *armchair((-side * 1.2, 0, 5.6), -side * 0.7, "6b3026"),
    ]
    parts += table((-side * 3.1, 0, 5.4), (0.9, 0.7, 0.7), "6b4628")
    parts += [
        column(plain("6a5a3a"), (-side * 3.1, 0.7, 5.4), 0.08, 0.05),
        ball(plain("ffcf8a", 2.4), (-side * 3.1, 0.92, 5.4), (0.16, 0.26, 0.16)),
    ]
    lamps = [
        Lamp((fx, 0.65, end - 1.0), (7.0, 3.0, 0.8), 0.6),
        Lamp((-side * 3.1, 1.0, 5.3), (2.2, 1.25, 0.5), 0.4),
        Lamp((0, 2.2, 1.2), (1.5, 0.9, 0.5), 1.4),
        Lamp((-side * 2, 1.8, end - 0.5), tuple((canvas.palette.horizon * 1.4).tolist()), 0.8),
    ]
    show(canvas, cast(canvas, parts), lamps, sun=0)
    c, r = canvas.view.project(fx, 0.15, end - 0.5)
    metre = canvas.view.focal / (end - 0.5)
    flames(canvas, c, r, 0.95 * metre)
    flames(canvas, c - 0.25 * metre, r, 0.6 * metre)
    flames(canvas, c + 0.27 * metre, r, 0.65 * metre)
    glow_at(canvas, (fx, 0.5, end - 0.8), 0.9, (1.0, 0.45, 0.14), 0.5)
    glow_at(canvas, (-side * 3.1, 0.95, 5.3), 0.25, WARM, 0.5)


def paint_room(canvas: Canvas) -> None:
    """A living room or office: window with curtains, sofa or desk, shelf, pictures, plants, a floor lamp."""
    step_inside(canvas, "d8cbb8", 0.46)
    rng = canvas.rng
    side = float(rng.choice((-1.0, 1.0)))
    end = 8.0
    wall = mottled(*(("d6cbb8", "e2d8c6"), ("b9c4c0", "c8d2ce"), ("d8c2b0", "e4d0c0"))[rng.integers(3)], 4)
    parts: list[Solid] = [
        room(planks("a37a4e", 0.15), wall, mottled("e6e2da", "efece5", 3), wall, (9.0, 3.2, end + 3))
    ]
    wx = side * 1.4
    parts += [
        box(outdoors_glass(canvas, (0.65, 0.9), 1.35), (wx, 0.75, end - 0.04), (2.6, 1.9, 0.08)),
        *(box(cloth("e9e2d4", 9, 0.14), (wx + dx, 0.1, end - 0.2), (0.6, 2.75, 0.12)) for dx in (-1.6, 1.6)),
        column(plain("6a5a44"), (wx - 2.0, 2.86, end - 0.2), 0.02, 0.03),
    ]
    office = any(
        word in ("office", "classroom", "board room", "meeting room") for word in canvas.plan.understood
    )
    if office:
        parts += table((-side * 2.0, 0, 5.2), (2.0, 0.74, 0.9), "b08a5c") + chair(
            (-side * 2.0, 0, 6.0), 0.0, "3a3c40"
        )
        parts += [
            box(plain("1c1e22"), (-side * 2.0, 0.9, 5.3), (0.8, 0.48, 0.04)),
            box(plain("6a8ab0", 0.5), (-side * 2.0, 0.92, 5.27), (0.76, 0.44, 0.02)),
            box(plain("2a2c30"), (-side * 2.0, 0.74, 5.3), (0.2, 0.18, 0.12)),
        ]
    else:
        fabric = mottled("6f7f86", "7f8f96", 0.6)
        parts += [
            box(fabric, (-side * 2.3, 0.12, 6.6), (2.6, 0.34, 0.95)),
            box(fabric, (-side * 2.3, 0.3, 7.05), (2.6, 0.62, 0.25)),
            *(box(fabric, (-side * 2.3 + dx, 0.12, 6.6), (0.24, 0.55, 0.95)) for dx in (-1.32, 1.32)),
            *(
                box(mottled(tone, tone, 0.3), (-side * 2.3 + dx, 0.46, 6.85), (0.5, 0.42, 0.16), 0.1)
                for dx, tone in ((-0.8, "c98a4a"), (0.1, "e4d8c4"), (0.85, "8a3f3a"))
            ),
        ]
        parts += table((-side * 1.9, 0, 5.1), (1.2, 0.42, 0.6), "7a5434")
    parts += [
        box(books("7a5636"), (side * 3.9, 0, 6.9), (1.1, 2.4, 0.4)),
        box(picture_frame(), (-side * 2.3, 1.45, end - 0.05), (1.5, 1.0, 0.05)),
        box(rug("8a6a5a", "d8c8b0"), (-side * 1.6, 0, 5.2), (3.4, 0.015, 2.4)),
    ]
    lamp = (-side * 4.0, 1.55, 6.4)
    parts += [
        column(plain("3a342e"), (lamp[0], 0, lamp[2]), 0.018, 1.5),
        column(plain("3a342e"), (lamp[0], 0, lamp[2]), 0.16, 0.03),
        column(plain("ffe6bc", 1.2), lamp, 0.26, 0.34, 0.17),
    ]
    pots = [((side * 3.2, 0.0, 7.4), 1.5), ((-side * 3.9, 0.0, 7.5), 1.2)]
    for at, tall in pots:
        parts += potted(at, tall, "e0dad0")
    day = 0.35 if _dark(canvas) else 1.0
    lamps = [
        Lamp(
            (wx, 1.8, end - 0.9),
            tuple(((canvas.palette.horizon * 4.5 + canvas.palette.sun * 0.8) * day).tolist()),
            1.3,
        ),
        Lamp((lamp[0], 1.7, lamp[2] - 0.2), (2.0, 1.3, 0.65), 0.5),
        Lamp((0, 2.4, 1.0), (1.8, 1.6, 1.35), 1.4),
    ]
    show(canvas, cast(canvas, parts), lamps, sun=0)
    for at, tall in pots:
        grow(canvas, at, tall, "leafy")
    _window_shaft(canvas, (wx, 0.75, end - 0.3), (2.4, 1.9), (-side * 1.6, -1.7, -3.6), 0.09 * day)
    glow_at(canvas, (lamp[0], 1.7, lamp[2]), 0.5, WARM, 0.3)


PLACES = (
    Place(
        "library",
        paint_library,
        r"librar(y|ies)|bookshel(f|ves)|bookcase|study room|library study|study with|reading room",
        5,
        horizon=0.5,
        indoors=True,
    ),
    Place(
        "cabin room",
        paint_cabin_room,
        r"cabin (room|interior)|(inside|in) (a|the) cabin|fireplace|hearth|log cabin interior|rustic room",
        5,
        indoors=True,
    ),
    Place(
        "room",
        paint_room,
        r"(living|bed|dining|class|sitting|hotel|court|board|meeting|locker) ?room|office|kitchen|"
        r"interior|apartment|palace hall|great hall|throne room|hallway|corridor|lobby|workshop|garage|"
        r"gym|warehouse|indoors?|room|house",
        3,
        indoors=True,
    ),
)
