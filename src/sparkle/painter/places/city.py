"""Cities: glass towers, streets in one-point perspective, skylines from a roof, alleys, neon nights."""

from __future__ import annotations

import numpy as np

from sparkle.painter.engine.canvas import Canvas
from sparkle.painter.engine.light import fog_bank, glow, glow_at
from sparkle.painter.engine.lighting import Lamp, show
from sparkle.painter.engine.materials import brick, mottled, plain
from sparkle.painter.engine.noise import floats
from sparkle.painter.engine.plants import tree
from sparkle.painter.engine.solids import Solid, box, cast, column
from sparkle.painter.engine.sprites import place
from sparkle.painter.things.facades import WALLS, asphalt, shop_front
from sparkle.painter.things.landmarks import street_lamp
from sparkle.painter.things.streets import (
    car,
    dark_hour,
    far_towers,
    ground_plane,
    lit_share,
    on_floor,
    tower,
    wet_floor,
)


def paint_street(canvas: Canvas) -> None:
    """A downtown street between towers; traffic, trees and lamps; wet when it rains."""
    rng, plan = canvas.rng, canvas.plan
    dark = dark_hour(canvas)
    far_towers(canvas, 420, 26)
    blocks: list[Solid] = []
    for side in (-1.0, 1.0):
        z = 3.0
        while z < 330:
            wide, tall = rng.uniform(15, 27), rng.uniform(22, 85) if z > 16 else rng.uniform(26, 60)
            if rng.uniform() < 0.45:
                blocks += tower(
                    canvas, (side * (9.2 + wide / 2), 0.0, z + wide / 2), wide, tall, lit_share(canvas)
                )
            else:
                wall = WALLS[("stone", "brick", "plaster", "concrete", "pale")[rng.integers(5)]]()
                blocks.append(
                    box(
                        shop_front(wall, dark, float(rng.uniform(0, 9))),
                        (side * (9.2 + wide / 2), 0.0, z + wide / 2),
                        (wide, tall * 0.55, wide),
                    )
                )
            z += wide * 1.02 + (7 if rng.uniform() < 0.2 else 0)
    road = box(asphalt(), (0.0, -0.2, 180.0), (9.4, 0.2, 400.0))
    walk = brick("a8a49c", "7d7a74", 0.9, 0.9, 0.15)
    floor = [road, *(box(walk, (side * 7.0, -0.2, 180.0), (4.7, 0.34, 400.0)) for side in (-1.0, 1.0))]
    cars: list[Solid] = []
    lamps: list[tuple[float, float, float, bool]] = []
    for lane, away in ((-2.1, False), (2.1, True)):
        z = rng.uniform(13, 22)
        while z < 140:
            made, spots = car(canvas, (lane + rng.uniform(-0.2, 0.2), 0.0, z), away, dark)
            cars += made
            lamps += [(*spot, away) for spot in spots]
            z += rng.uniform(9, 30)
    model = cast(canvas, [*blocks, *floor, *cars])
    show(canvas, model, sky=1.35, shadows=blocks if plan.time in ("day", "golden") else ())
    street_trees(canvas, 7.6)
    if plan.weather in ("rain", "storm") or plan.has("wet"):
        wet_floor(canvas, model, on_floor(model))
    posts = [(side * 5.2, z) for z in (62.0, 40.0, 25.0, 15.0) for side in (-1.0, 1.0)]
    for x, z in posts:
        street_lamp(canvas, (x, 0.14, z), 4.6, False, dark)
    if dark:
        for x, y, z, away in lamps:
            glow_at(canvas, (x, y, z), 0.30, (1.6, 0.15, 0.08) if away else (1.5, 1.3, 0.95), 0.55)


def street_trees(canvas: Canvas, x: float) -> None:
    """A row of trees along both pavements."""
    if canvas.plan.has("neon"):
        return
    kind = {"spring": "young", "summer": "leafy", "autumn": "orange", "winter": "dry"}[canvas.plan.season]
    sprites = [tree(canvas, kind, canvas.rng, 0.8) for _ in range(2)]
    for z in (90.0, 74.0, 60.0, 48.0, 38.0, 30.0, 23.0, 17.5):
        for side in (-1.0, 1.0):
            if canvas.rng.uniform() < 0.75:
                place(
                    canvas,
                    sprites[canvas.rng.integers(2)],
                    (side * x, 0.1, z),
                    canvas.rng.uniform(5, 6.5),
                    0.4,
                )


def paint_skyline(canvas: Canvas) -> None:
    """A city seen from a roof: a parapet in front, blocks and towers to the horizon."""
    rng, view, plan = canvas.rng, canvas.view, canvas.plan
    share = lit_share(canvas)
    parts: list[Solid] = []
    for z in np.geomspace(1500, 120, 120):
        for _ in range(3 if z > 500 else 2):
            x = rng.uniform(-1.15, 1.15) * view.half_width(z)
            centre = np.exp(
                -((((x / view.half_width(z)) - 0.25 * np.sign(canvas.light.direction[0])) / 0.55) ** 2)
            )
            tall = rng.gamma(3.0, 9) + centre * rng.gamma(2.0, 26) * np.clip(z / 500, 0.5, 1.3)
            if z < 220:
                tall = min(tall, 44)
            parts += tower(
                canvas, (float(x), 0.0, float(z)), rng.uniform(16, 30), float(tall) + 6, share, 0.12
            )
    parts.append(ground_plane(mottled("55575a", "6e7074", 30), 5000))
    show(canvas, cast(canvas, parts), shadows=())
    if dark_hour(canvas):
        _streets_of_light(canvas)
    if plan.time in ("dawn", "dusk", "sunset") or plan.weather == "fog":
        fog_bank(canvas, 0.45, view.horizon / view.height + 0.05, 0.07)
    _roof(canvas)


def _streets_of_light(canvas: Canvas) -> None:
    """Warm dots between the buildings."""
    rng, view = canvas.rng, canvas.view
    for _ in range(240):
        z = rng.uniform(150, 900)
        c, r = view.project(rng.uniform(-1, 1) * view.half_width(z), rng.uniform(3, 9), z)
        row, col = int(np.clip(r, 0, view.height - 1)), int(np.clip(c, 0, view.width - 1))
        if canvas.depth[row, col] > z * 0.9:
            glow(canvas, c, r, 1.3 * view.unit, floats([1.9, 1.1, 0.45]), float(rng.uniform(0.4, 1.2)))


def _roof(canvas: Canvas) -> None:
    eye = canvas.view.eye
    deck, wall = brick("9a948a", "77726a", 1.2, 1.2, 0.12), mottled("a49c90", "b9b1a4", 1.0)
    parts = [
        box(deck, (0, eye - 1.9, 3.4), (40, 0.2, 7.0)),
        box(wall, (0, eye - 1.75, 6.6), (40, 0.42, 0.4)),
        box(plain("bdb6aa"), (0, eye - 1.34, 6.6), (40, 0.09, 0.55)),
        box(wall, (-5.6, eye - 1.7, 5.6), (1.9, 1.5, 1.5)),
        box(plain("6d7276"), (5.5, eye - 1.7, 5.7), (1.6, 0.9, 1.2)),
        column(plain("6d7276"), (6.9, eye - 1.7, 5.9), 0.16, 2.1),
    ]
    lamps = (
        [Lamp((-2.5, eye + 0.4, 5.0), (1.2, 0.75, 0.4)), Lamp((3.0, eye + 0.4, 5.0), (1.2, 0.75, 0.4))]
        if dark_hour(canvas)
        else []
    )
    show(canvas, cast(canvas, parts), lamps=lamps, shadows=parts[3:])
