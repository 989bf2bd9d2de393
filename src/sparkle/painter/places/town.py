"""Old towns: streets of gabled houses, villages, squares, frontier towns, cabins, terraces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sparkle.painter.engine.canvas import Canvas
from sparkle.painter.engine.ground import hills, paint_land
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.light import fog_bank, glow_at
from sparkle.painter.engine.lighting import Lamp, show
from sparkle.painter.engine.materials import brick, plain, planks, stripes, windows
from sparkle.painter.engine.plants import pine, tree
from sparkle.painter.engine.solids import Material, Solid, box, cast, column, gable
from sparkle.painter.engine.sprites import place
from sparkle.painter.engine.strokes import disc, fill
from sparkle.painter.things.facades import WALLS, cobbles, shop_front, snowy, thatch, tiles, timber
from sparkle.painter.things.fires import flames
from sparkle.painter.things.land import GRASS, backdrop, grass_cover, scatter, snow_cover, tree_kinds
from sparkle.painter.things.landmarks import paint_fountain, pixel_tone, street_lamp
from sparkle.painter.things.streets import chimney_smoke, dark_hour, ground_plane, house, on_floor, wet_floor


def paint_old_street(canvas: Canvas) -> None:
    """A cobbled street of old houses with lamps; snow, fog or wet stones as the words say."""
    rng, plan, view = canvas.rng, canvas.plan, canvas.view
    dark = dark_hour(canvas) or plan.has("street lamps")
    winter = plan.season == "winter" or plan.has("snow")
    blocks: list[Solid] = []
    kinds = (
        ("brick", "dark brick") if plan.has("victorian") else ("plaster", "rose", "stone", "pale", "brick")
    )
    for side in (-1.0, 1.0):
        z = 1.0
        while z < 120:
            wide, tall = rng.uniform(6.5, 9.5), rng.uniform(7.5, 12.5)
            wall = timber() if rng.uniform() < 0.2 else WALLS[kinds[rng.integers(len(kinds))]]()
            skin = shop_front(wall, dark, float(rng.uniform(0, 9)))
            roof = tiles(("8a4a38", "6f4a40", "5a5560")[rng.integers(3)])
            roof, skin = (snowy(roof), snowy(skin)) if winter else (roof, skin)
            x = side * (5.4 + 5)
            blocks += [
                box(skin, (x, 0, z + wide / 2), (10, tall, wide - 0.05)),
                gable(roof, (x, tall, z + wide / 2), (10.8, 4.2, wide), 0.0),
            ]
            if rng.uniform() < 0.6:
                blocks.append(
                    box(brick("8a6050", "6a6058"), (side * 8.5, tall + 1.5, z + 2), (0.9, 3.0, 0.9))
                )
            z += wide
    ground = snowy(cobbles(), 0.93) if winter else cobbles("8a8378")
    walk = snowy(brick("9a948a", "6f6a62", 0.8, 0.6), 1.0) if winter else brick("9a948a", "6f6a62", 0.8, 0.6)
    floor = [
        ground_plane(ground, 260),
        *(box(walk, (side * 4.7, -0.05, 90), (1.6, 0.2, 260)) for side in (-1.0, 1.0)),
    ]
    spire = _spire(canvas, 128.0)
    lamp_posts = [(side * 3.8, z) for z in (46.0, 33.0, 23.0, 15.5, 10.0) for side in (-1.0, 1.0)]
    lamps = [Lamp((x, 3.6, z), (3.4, 2.0, 0.85), 0.8) for x, z in lamp_posts] if dark else []
    model = cast(canvas, [*blocks, *floor, *spire])
    show(canvas, model, lamps=lamps, shadows=() if dark else blocks)
    if plan.weather == "rain" or plan.has("wet"):
        wet_floor(canvas, model, on_floor(model))
    for x, z in lamp_posts:
        street_lamp(canvas, (x, 0.1, z), 3.4, True, dark)
    if plan.weather == "fog" or plan.has("mist"):
        fog_bank(canvas, 0.6, view.horizon / view.height + 0.02, 0.16)
        for x, z in lamp_posts if dark else ():
            glow_at(canvas, (x, 3.6, z), 0.8, (1.0, 0.62, 0.28), 0.35)


def _spire(canvas: Canvas, z: float) -> list[Solid]:
    stone, roof = brick("a89c88", "8a7f70", 1.0, 0.5), plain("4a5a5c")
    x = float(canvas.rng.uniform(-3, 3))
    return [
        box(windows(stone, size=(1.2, 3.0), pitch=(3.5, 7.0)), (x, 0, z), (8, 26, 8)),
        column(roof, (x, 26, z), 5.2, 17, 0.1),
    ]


def paint_village(canvas: Canvas) -> None:
    """Houses scattered along a lane: timber and thatch, torches at dusk; deep snow in the mountains in winter."""
    plan, rng, noise = canvas.plan, canvas.rng, canvas.noise
    winter = plan.season == "winter" or plan.has("snow")
    if plan.has("mountains", "snowy peaks") or winter:
        backdrop(canvas, 1500, 2400, 0.22 if winter else 0.45)
    torches = plan.has("torches", "embers") or "medieval" in " ".join(plan.understood)
    dark = dark_hour(canvas) or torches
    dark_tone, bright = GRASS[plan.season]
    field = hills(noise, 150, 20, 60, float(rng.uniform(0, 90)))
    cover = snow_cover(canvas) if winter else grass_cover(canvas, dark_tone, bright, 0.35)
    paint_land(canvas, field, cover, 60, 1400)
    forest = [pine(canvas, rng, 0.7 if winter else 0) for _ in range(2)] if winter else tree_kinds(canvas)
    scatter(canvas, forest, field, 75, 300, 60, (8, 14), 0.0)
    parts: list[Solid] = [ground_plane(snowy(cobbles(), 0.96) if winter else cobbles("8c8274"), 150)]
    lamps: list[Lamp] = []
    spots = [
        (-9.2, 16.5, 0.30),
        (10.2, 19.5, -0.34),
        (-11.0, 28.0, 0.22),
        (12.0, 31.0, -0.25),
        (-13.5, 40.0, 0.1),
        (6.5, 50.0, -0.05),
        (14.5, 45.0, -0.2),
        (-5.0, 58.0, 0.1),
        (-20.0, 47.0, 0.2),
        (21.0, 54.0, -0.2),
        (-11.0, 60.0, 0.0),
        (12.0, 64.0, 0.0),
    ]
    for x, z, turn in spots:
        wall, roof = _cottage_skin(canvas, winter)
        size = (rng.uniform(5.5, 7.0), rng.uniform(3.6, 5.2), rng.uniform(6, 8))
        parts += house(
            canvas,
            (x + rng.uniform(-0.6, 0.6), 0.0, z),
            size,
            turn + (0.0 if rng.uniform() < 0.7 else np.pi / 2),
            wall,
            roof,
            0.55 if dark else 0.08,
        )
    posts = [(-3.1, 9.0), (3.4, 10.5), (-4.0, 18.5), (4.4, 21.0), (-5.0, 30.0), (5.2, 33.0)]
    if dark:
        lamps = [Lamp((x, 2.3, z), (5.2, 2.3, 0.7), 0.6) for x, z in posts]
        parts += [column(planks("4a3524", 0.1), (x, 0, z), 0.07, 2.1, 0.1) for x, z in posts]
    show(canvas, cast(canvas, parts), lamps=lamps, shadows=() if dark else parts[1:])
    for x, z in posts if dark else ():
        c, r = canvas.view.project(x, 2.1, z)
        flames(canvas, c, r, 0.75 * canvas.view.focal / z)
        glow_at(canvas, (x, 2.3, z), 0.6, (1.0, 0.45, 0.13), 0.5)
    if winter:
        chimney_smoke(canvas, [(x, 8.5, z) for x, z, _ in spots[:6]])


def _cottage_skin(canvas: Canvas, winter: bool) -> tuple[Material, Material]:
    luck = canvas.rng.uniform()
    if winter:
        wall = planks(("7a5538", "8f6a48", "5f4630")[canvas.rng.integers(3)], 0.22, False)
        return (wall if luck < 0.7 else timber()), snowy(planks("5a4a3c"), 1.0)
    stone_wall = brick("a3967f", "6f675a", 0.42, 0.24, 0.4)
    return (timber() if luck < 0.6 else stone_wall), (thatch() if luck < 0.75 else tiles())


def paint_square(canvas: Canvas) -> None:
    """A sunny square: coloured facades, awnings, a fountain, pigeons."""
    rng, plan = canvas.rng, canvas.plan
    dark = dark_hour(canvas)
    parts: list[Solid] = []
    kinds = ("plaster", "rose", "pale", "stone", "plaster")
    x = -48.0
    while x < 48:
        wide, tall = rng.uniform(8, 12), rng.uniform(10, 15)
        skin = shop_front(WALLS[kinds[rng.integers(5)]](), dark, float(rng.uniform(0, 9)))
        parts += [
            box(skin, (x + wide / 2, 0, 46), (wide - 0.05, tall, 10)),
            gable(tiles(), (x + wide / 2, tall, 46), (11, 3.4, wide), np.pi / 2),
        ]
        parts += _awning(canvas, (x + wide / 2, 3.0, 40.4), wide * 0.7)
        x += wide
    for side in (-1.0, 1.0):
        z = 9.0
        while z < 42:
            wide, tall = rng.uniform(8, 11), rng.uniform(10, 14)
            skin = shop_front(WALLS[kinds[rng.integers(5)]](), dark, float(rng.uniform(0, 9)))
            parts += [
                box(skin, (side * 20, 0, z + wide / 2), (10, tall, wide - 0.05)),
                gable(tiles(), (side * 20, tall, z + wide / 2), (11, 3.4, wide), 0.0),
            ]
            z += wide
    parts += _spire(canvas, 62.0)
    floor = ground_plane(brick("b8ab96", "8f8474", 0.7, 0.5, 0.22), 160)
    show(canvas, cast(canvas, [*parts, floor]), shadows=parts)
    paint_fountain(canvas, (float(rng.choice((-1.0, 1.0))) * 5.5, 0.0, 23.0), 3.2)
    for x, z in ((-12.5, 20.0), (12.5, 26.0), (-11.5, 33.0)):
        place(canvas, tree(canvas, "leafy", rng, 0.8), (x, 0, z), 5.5, 0.7)
    for x, z in ((-8.5, 16.0), (9.0, 18.0)):
        street_lamp(canvas, (x, 0, z), 3.8, True, dark)
    if plan.has("pigeons", "birds") or plan.time == "day":
        pigeons(canvas, 26)


def _awning(canvas: Canvas, at: tuple[float, float, float], wide: float) -> list[Solid]:

    code = ("b5423a", "3f6f55", "c9963a", "3d5d8a")[canvas.rng.integers(4)]
    x, y, z = at
    cloth = stripes(code, "f0e8d8", 0.8, 0.5, upright=True)
    return [
        replace(gable(cloth, (x, y - 0.2, z), (2.4, 0.9, wide), np.pi / 2), kind=Kind.CLOTH),
        box(planks("7a6248"), (x - wide * 0.3, 0, z - 0.6), (1.6, 0.8, 0.9)),
        box(planks("7a6248"), (x + wide * 0.25, 0, z - 0.6), (1.3, 0.8, 0.9)),
    ]


def pigeons(canvas: Canvas, count: int) -> None:
    """Pigeons on the ground and a few in the air."""
    rng, view = canvas.rng, canvas.view
    with canvas.drawing(Kind.SOLID) as drawing:
        for z in np.sort(1 / rng.uniform(1 / 24, 1 / 5.5, count))[::-1]:
            x = rng.choice((-1.0, 1.0)) * rng.uniform(0.25, 1.0) * view.half_width(z)
            up = 0.0 if rng.uniform() < 0.75 else rng.uniform(0.5, 2.4)
            c, r = view.project(x, up, float(z))
            s, face = 0.17 * view.focal / float(z), rng.choice((-1.0, 1.0))
            tone = pixel_tone(canvas, ("7d828c", "9a9ea6", "5f6670")[rng.integers(3)], float(z), 0.7)
            neck = pixel_tone(canvas, "44605a", float(z), 0.5)
            for wing in (-1.0, 1.0) if up > 0 else ():
                tip, elbow = (c + wing * s * 1.5, r - s * 1.9), (c + wing * s * 0.8, r - s * 0.6)
                fill(drawing, [(c, r - s * 0.8), tip, elbow], tone)
            disc(drawing, (c, r - s * 0.75), (s, s * 0.5), tone, -18 * face)
            disc(drawing, (c + face * s * 0.75, r - s * 1.25), (s * 0.30, s * 0.28), neck)
            disc(drawing, (c - face * s * 0.95, r - s * 0.55), (s * 0.5, s * 0.2), neck, -12 * face)
