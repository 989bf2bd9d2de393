"""Space: nebulae, planets, a city in orbit."""

from __future__ import annotations

import numpy as np

from sparkle.painter.engine.canvas import Canvas
from sparkle.painter.engine.light import glow_at
from sparkle.painter.engine.lighting import Lamp, show
from sparkle.painter.engine.materials import mottled, plain, stripes, windows
from sparkle.painter.engine.palette import colour
from sparkle.painter.engine.solids import Solid, ball, box, cast, column
from sparkle.painter.place import Place
from sparkle.painter.things.stars import paint_planet, paint_space


def paint_orbit(canvas: Canvas) -> None:
    """A city of towers on a platform in orbit, a great planet above the horizon."""
    paint_space(canvas, planet=False)
    view, rng = canvas.view, canvas.rng
    side = float(rng.choice((-1.0, 1.0)))
    paint_planet(canvas, view.width * (0.5 + 0.16 * side), view.horizon * 1.02, view.height * 0.50)
    canvas.horizon_glow = np.tile(colour("2a4a7a") * 0.35, (view.width, 1))
    parts: list[Solid] = []
    hull = stripes("7d8894", "66717d", 6.0, 0.92, upright=True)
    for _ in range(120):
        z = 1 / rng.uniform(1 / 420, 1 / 46)
        x = rng.choice((-1.0, 1.0)) * rng.uniform(0.14, 1.1) * view.half_width(z)
        tall = rng.gamma(3.0, 4.2) * (0.6 + abs(x) / view.half_width(z)) + 3
        wide = rng.uniform(4, 9)
        skin = windows(
            mottled("56616d", "74808c", 5),
            "1c2a38",
            (1.5, 0.9),
            (2.2, 1.9),
            0.45,
            1.5,
            "6a86a8",
            "3a444e",
            ("ffd9a0", "9ae0ff")[rng.integers(2)],
            float(rng.uniform(0, 9)),
        )
        parts.append(
            box(skin, (float(x), 0, float(z)), (wide, float(tall), wide), 0.1)
            if rng.uniform() < 0.6
            else column(skin, (float(x), 0, float(z)), wide / 2, float(tall), wide * 0.3)
        )
        if rng.uniform() < 0.3:
            parts.append(
                column(plain("c8d4e0"), (float(x), float(tall), float(z)), 0.16, float(tall) * 0.4, 0.03)
            )
    parts += [
        box(hull, (0, -0.6, 240), (900, 0.6, 480)),
        box(plain("6fd0ff", 1.4, 0.0), (0, 0.0, 200), (0.8, 0.05, 380)),
    ]
    parts += [
        column(mottled("8a95a0", "a5b0ba", 4), (side * -34, 0, 120), 12, 3),
        ball(plain("8fd0e8", 0.35), (side * -34, 3, 120), (22, 20, 22)),
    ]
    model = cast(canvas, parts)
    show(
        canvas,
        model,
        lamps=[Lamp((0, 6, 60), (30, 50, 70), 8), Lamp((side * -30, 10, 90), (40, 60, 70), 8)],
        sky=1.8,
        sun=2.0,
    )
    for _ in range(70):
        z = rng.uniform(50, 320)
        x, y = rng.uniform(-1, 1) * view.half_width(z), rng.uniform(0.5, 22)
        tone = ((1.8, 1.2, 0.6), (0.5, 1.4, 2.0), (2.0, 0.4, 0.3))[rng.integers(3)]
        glow_at(canvas, (x, y, z), 1.2 * view.unit * z / view.focal, tone, rng.uniform(0.3, 1))


PLACES = (
    Place(
        "orbit",
        paint_orbit,
        r"orbital (city|station)|orbit|outer space|space|galaxy|cosmos|nebula|view of the planet",
        4.4,
        time="night",
        fixed=("time",),
        eye=14,
    ),
)
