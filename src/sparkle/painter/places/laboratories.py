"""Rooms of the future: laboratory and the bridge of a spaceship."""

from __future__ import annotations

import numpy as np

from sparkle.painter.engine.canvas import Canvas
from sparkle.painter.engine.light import glow_at
from sparkle.painter.engine.lighting import Lamp, show
from sparkle.painter.engine.materials import brick, mottled, plain, stripes
from sparkle.painter.engine.noise import smoothstep
from sparkle.painter.engine.palette import colour
from sparkle.painter.engine.solids import Hits, Material, Model, Solid, Surface, ball, box, cast, column
from sparkle.painter.place import Place
from sparkle.painter.things.facades import neon_sign
from sparkle.painter.things.furniture import armchair, room, step_inside
from sparkle.painter.things.stars import paint_space


def paint_laboratory(canvas: Canvas) -> None:
    """A white lab: light strips, glass, benches with screens, holograms."""
    step_inside(canvas, "d5e4f2", 0.62)
    side = float(canvas.rng.choice((-1.0, 1.0)))
    end = 10.0
    wall = stripes("e3e9ee", "cfd8df", 1.1, 0.92, upright=True)
    parts: list[Solid] = [
        room(
            brick("c9d2d8", "aab6be", 1.2, 1.2, 0.05),
            wall,
            mottled("dfe6ea", "e9eef1", 3),
            wall,
            (9.6, 3.4, end + 3),
        )
    ]
    for x in (-2.6, 0.0, 2.6):
        parts.append(box(plain("f2faff", 1.7, 0.0), (x, 3.33, 4.5), (0.34, 0.04, 11)))
    parts += [box(plain("8fdcff", 1.3, 0.0), (x, 1.0, 4.5), (0.04, 0.06, 11.5)) for x in (-4.77, 4.77)]
    parts += [box(plain("eef3f6"), (x * 3.6, 0, 5.6), (1.5, 0.92, 6.6)) for x in (-1.0, 1.0)]
    parts += [box(plain("2c3a44"), (x * 3.6, 0.92, 5.6), (1.6, 0.04, 6.8)) for x in (-1.0, 1.0)]
    screens = _holograms(side, end)
    for z in (3.4, 5.0, 6.6, 8.0):
        for x in (-1.0, 1.0):
            parts += [
                box(plain("20262c"), (x * 3.9, 1.0, z), (0.06, 0.5, 0.8), 0.0),
                box(neon_sign("4fd2ff", 0.12, 1.0, "0c1c28"), (x * 3.86, 1.02, z), (0.03, 0.46, 0.74)),
            ]
            parts += [
                column(
                    plain(("7ff0d0", "ff9ad0", "9ac8ff")[int(z) % 3], 0.6),
                    (x * 3.3, 0.96, z + 0.5),
                    0.06,
                    0.22,
                    0.04,
                ),
                column(plain("d8e8ee"), (x * 3.2, 0.96, z + 0.75), 0.04, 0.3),
            ]
    parts += [
        column(plain("dfe6ea"), (side * 0.4, 0, 8.0), 0.9, 0.25),
        column(plain("8fe6ff", 0.9), (side * 0.4, 0.25, 8.0), 0.7, 0.03),
    ]
    lamps = [Lamp((x, 3.0, z), (2.4, 2.6, 2.8), 1.0) for x in (-2.4, 2.4) for z in (3.0, 7.0)] + [
        Lamp((side * 0.4, 0.8, 8.0), (0.5, 2.2, 2.8), 0.5)
    ]
    show(canvas, cast(canvas, parts), lamps, sun=0)
    for solid in screens:
        _translucent(canvas, solid)
    glow_at(canvas, (side * 0.4, 1.2, 8.0), 0.8, (0.25, 0.8, 1.0), 0.28)


def _holograms(side: float, end: float) -> list[Solid]:
    cyan, blue, green = (
        neon_sign("45e0ff", 0.17, 1.1, "082030"),
        neon_sign("6a9aff", 0.24, 1.1, "0a1838"),
        neon_sign("5affc0", 0.14, 1.0, "06281e"),
    )
    return [
        box(cyan, (-side * 1.7, 1.25, 6.2), (1.6, 1.0, 0.02), side * 0.35),
        box(blue, (side * 2.0, 1.35, 6.6), (1.3, 1.1, 0.02), -side * 0.4),
        box(green, (side * 0.3, 2.0, end - 1.2), (2.0, 0.9, 0.02)),
        box(cyan, (-side * 3.0, 1.9, 7.8), (1.2, 0.8, 0.02), side * 0.5),
        ball(_wire_globe(), (side * 0.4, 1.25, 8.0), (1.1, 1.1, 1.1)),
    ]


def _wire_globe() -> Material:
    tone = colour("4fe0ff")

    def surface(hits: Hits) -> Surface:
        angle = np.arctan2(hits.position[:, 0], -hits.position[:, 2])
        lat = np.arcsin(np.clip(hits.position[:, 1] / 0.55, -1, 1))
        line = np.maximum(np.abs(np.cos(angle * 9)), np.abs(np.cos(lat * 9))) > 0.965
        land = smoothstep(0.0, 0.2, np.sin(angle * 2.1 + 1) * np.cos(lat * 3) - 0.15)
        shine = (line * 1.2 + land * 0.45 + 0.12)[:, None] * tone
        return Surface(np.zeros_like(hits.position), shine)

    return surface


def _translucent(canvas: Canvas, solid: Solid) -> None:
    """Add only the own light of a solid, and veil what is behind it a little."""
    model: Model = cast(canvas, [solid])
    seen = np.isfinite(model.depth)
    canvas.rgb *= (1 - 0.35 * seen)[..., None]
    canvas.add(model.glow + seen[..., None] * colour("1a5a78") * 0.5)


def paint_spaceship(canvas: Canvas) -> None:
    """A bridge: consoles and seats before a wide window of stars and a planet."""

    paint_space(canvas, planet=True)
    step_inside(canvas, "5a7a9a", 0.34)
    dark, panel, trim = (
        mottled("3a424c", "4a545f", 1.5),
        stripes("59636e", "434c56", 0.5, 0.9, upright=True),
        plain("6fd0ff", 1.3, 0.0),
    )
    parts: list[Solid] = []
    parts += [box(panel, (0, -0.1, 3.5), (14, 0.1, 9.5)), box(dark, (0, 3.45, 4.0), (14, 0.4, 9.0))]
    parts += [box(dark, (0, 0, 8.2), (12, 0.72, 0.9)), box(dark, (0, 3.05, 8.0), (12, 0.6, 0.6))]
    for x, lean in ((-4.9, 0.0), (4.9, 0.0), (-1.75, 0.12), (1.75, -0.12)):
        parts.append(box(plain("2c333b"), (x, 0.6, 8.1), (0.30 if abs(x) < 3 else 2.4, 2.7, 0.4), lean))
    parts += [box(trim, (0, 3.02, 7.68), (12, 0.04, 0.04)), box(trim, (0, 0.70, 7.74), (12, 0.03, 0.03))]
    lamps: list[Lamp] = []
    for side in (-1.0, 1.0):
        parts += [
            box(dark, (side * 4.2, 0, 4.6), (1.6, 3.4, 5.6)),
            box(neon_sign("46b8ff", 0.22, 0.8, "0c141c"), (side * 3.37, 1.1, 5.2), (0.04, 0.9, 3.6)),
            box(trim, (side * 3.38, 2.4, 4.6), (0.05, 0.06, 5.4)),
        ]
        parts += [
            box(dark, (side * 2.2, 0, 6.4), (1.9, 0.80, 0.8), side * 0.15),
            box(
                neon_sign("ff9a3c", 0.16, 0.9, "10161c"),
                (side * 2.2, 0.80, 6.3),
                (1.7, 0.22, 0.06),
                side * 0.15,
            ),
            box(
                neon_sign("4fd2ff", 0.2, 0.9, "0c1620"),
                (side * 2.2, 1.02, 6.45),
                (1.5, 0.5, 0.04),
                side * 0.15,
            ),
        ]
        parts += armchair((side * 2.0, 0.1, 4.9), np.pi + side * 0.1, "2f3740")
        lamps += [
            Lamp((side * 3.1, 1.6, 5.2), (0.5, 1.4, 2.2), 0.7),
            Lamp((side * 2.2, 1.4, 6.0), (1.2, 0.8, 0.5), 0.4),
        ]
    parts += [box(neon_sign("7affc0", 0.2, 0.8, "0c1620"), (0, 0.74, 7.75), (2.6, 0.36, 0.05))]
    for i in range(40):
        tone = ("ff5a4a", "ffd04a", "5aff9a", "5ac8ff")[i % 4]
        parts.append(box(plain(tone, 2.0, 0), (-3.0 + 0.15 * i, 0.74, 7.9), (0.05, 0.03, 0.05)))
    lamps += [Lamp((0, 2.6, 2.0), (1.1, 1.4, 1.8), 1.2), Lamp((0, 1.6, 8.4), (1.6, 2.0, 2.8), 1.0)]
    show(canvas, cast(canvas, parts), lamps, sun=0)


PLACES = (
    Place(
        "laboratory",
        paint_laboratory,
        r"laborator(y|ies)|research lab|lab|hospital|clinic|clean ?room|server room|data cent(er|re)",
        5,
        indoors=True,
    ),
    Place(
        "spaceship",
        paint_spaceship,
        r"spaceship|space ?ship|starship|space station|bridge of a ship|cockpit|spacecraft|control room",
        5,
        time="night",
        indoors=True,
    ),
)
