"""Narrow streets after dark: neon canyons and alleys with lanterns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.light import fog_bank, glow_at
from sparkle.painter.engine.lighting import Lamp, show
from sparkle.painter.engine.materials import mottled, plain, planks, windows
from sparkle.painter.engine.noise import floats
from sparkle.painter.engine.palette import colour
from sparkle.painter.engine.solids import Solid, ball, box, cast, column
from sparkle.painter.things.facades import WALLS, asphalt, cobbles, neon_sign
from sparkle.painter.things.streets import car, dark_hour, far_towers, ground_plane, on_floor, wet_floor

NEON = ("ff2f6e", "23d5ff", "b44bff", "ffb02e", "39ff9e", "ff5a2e")


Glow = tuple[float, float, float, float, Array]


@dataclass(slots=True)
class Signs:
    """Signs of a street: their solids, the lamps that they are, and their halos (x, y, z, size, tone)."""

    solids: list[Solid]
    lamps: list[Lamp]
    glows: list[Glow]


@dataclass(frozen=True, slots=True)
class Canyon:
    """A street of neon: half its width and the heights of its houses in metres, signs per house, colour of its air."""

    half: float
    heights: tuple[float, float]
    signs: int
    air: str
    traffic: int


DOWNTOWN = Canyon(8.2, (9.0, 24.0), 2, "31405f", 9)
CYBERPUNK = Canyon(6.2, (18.0, 54.0), 3, "5a2f7a", 0)


def paint_neon_street(canvas: Canvas) -> None:
    """A night street full of neon, its wet ground full of colour; a canyon of towers when it is cyberpunk."""
    view, plan = canvas.view, canvas.plan
    street = CYBERPUNK if plan.has("cyberpunk") else DOWNTOWN
    air = colour(street.air)
    canvas.rgb *= 0.5
    canvas.rgb += air * 0.25
    canvas.horizon_glow = np.tile(air * 0.55, (view.width, 1))
    signs = Signs([], [], [])
    blocks = [solid for side in (-1.0, 1.0) for solid in _neon_houses(canvas, street, side, signs)]
    cars, lights = _queue(canvas, street.traffic)
    floor = ground_plane(asphalt(street.traffic > 0, "34343c"), 420)
    far_towers(canvas, 240, 16)
    model = cast(canvas, [*blocks, *signs.solids, *cars, floor])
    show(canvas, model, lamps=signs.lamps[:20], sky=1.4)
    fog_bank(canvas, 0.22, view.horizon / view.height - 0.05, 0.16, air * 0.7)
    for x, y, z, size, tone in [*signs.glows, *lights]:
        glow_at(canvas, (x, y, z), size, tone, 0.17)
    wet_floor(canvas, model, on_floor(model), 1.3 if plan.weather == "rain" else 1.0)


def _queue(canvas: Canvas, count: int) -> tuple[list[Solid], list[Glow]]:
    """Cars in two lanes, with their lamps."""
    cars: list[Solid] = []
    lights: list[Glow] = []
    for number in range(count):
        away = number % 2 == 1
        place = (2.1 if away else -2.1, 0.0, 13.0 + 9.0 * number + float(canvas.rng.uniform(0, 5)))
        solids, spots = car(canvas, place, away, True)
        tone = floats([5.0, 0.6, 0.3] if away else [5.0, 4.6, 3.6])
        cars += solids
        lights += [(*spot, 0.34, tone) for spot in spots]
    return cars, lights


def _neon_houses(canvas: Canvas, street: Canyon, side: float, signs: Signs) -> list[Solid]:
    """One side of the street: dark facades over lit shops, hung with signs."""
    rng = canvas.rng
    parts: list[Solid] = []
    wall = mottled("2c2a34", "45414e", 3)
    z = 2.0
    while z < 190:
        wide, tall = rng.uniform(7, 13), rng.uniform(*street.heights) + z * 0.12
        warm = ("ffc27a", "7ae0ff", "ff8ac0")[rng.integers(3)]
        salt = float(rng.uniform(0, 9))
        skin = windows(wall, "141a26", (1.3, 1.7), (2.2, 3.1), 0.30, 1.1, "3a3350", "38343f", warm, salt)
        shop = windows(
            plain("1c1a20"), "20242c", (1.7, 2.0), (2.6, 3.0), 0.6, 0.9, "40405a", "15141a", "ffd9a8", z
        )
        face = side * (street.half + rng.uniform(-0.3, 0.4))
        parts.append(box(skin, (face + side * 6, 0.0, z + wide / 2), (12.0, tall, wide)))
        parts.append(box(shop, (face + side * 0.8, 0.0, z + wide / 2), (2.0, 3.0, wide - 0.5)))
        for _ in range(street.signs if z < 70 else 1):
            _neon(canvas, side, face, z + rng.uniform(0, wide), signs)
        z += wide
    return parts


def _neon(canvas: Canvas, side: float, face: float, z: float, into: Signs) -> None:
    rng = canvas.rng
    signs, lamps, glows = into.solids, into.lamps, into.glows
    code = NEON[rng.integers(len(NEON))]
    tone = colour(code)
    y = rng.uniform(3.2, 12)
    if rng.uniform() < 0.6:
        tall, wide = rng.uniform(2.4, 6.0), rng.uniform(0.7, 1.3)
        where = (face - side * (wide / 2 + 0.25), y, z)
        signs.append(box(neon_sign(code, wide * 0.95), where, (wide, tall, 0.22)))
    else:
        tall, wide = rng.uniform(0.9, 1.7), rng.uniform(2.4, 5)
        where = (face - side * 0.2, y, z)
        signs.append(box(neon_sign(code, tall * 0.8), where, (0.3, tall, wide)))
    middle = (where[0] - side * 0.5, y + tall / 2, z - 0.4)
    lamps.append(Lamp(middle, tuple((tone * 7).tolist()), 1.2))
    glows.append((*middle, 1.1, tone * 1.4))


def paint_alley(canvas: Canvas) -> None:
    """A narrow alley of old walls; lanterns on cords, doors and steps; in film noir a single lamp and wet stones."""
    rng, view, plan = canvas.rng, canvas.view, canvas.plan
    noir = plan.style == "noir"
    dark = dark_hour(canvas) or plan.has("lanterns")
    if dark and plan.time == "day":
        canvas.rgb *= 0.55
    walls: list[Solid] = []
    kinds = ("brick", "dark brick") if noir else ("brick", "plaster", "rose", "stone")
    for side in (-1.0, 1.0):
        z = 0.5
        while z < 75:
            long, tall = rng.uniform(6, 11), rng.uniform(7.5, 13)
            face = 2.7 + rng.uniform(-0.25, 0.35)
            skin = windows(
                WALLS[kinds[rng.integers(len(kinds))]](),
                size=(0.9, 1.4),
                pitch=(2.6, 3.1),
                lit_share=0.0 if not dark else 0.12 if noir else 0.3,
                salt=float(rng.uniform(0, 9)),
                frame="6b5a48",
            )
            walls.append(box(skin, (side * (face + 3), 0.0, z + long / 2), (6.0, tall, long)))
            door_z = z + rng.uniform(1.5, long - 1.5)
            walls += [
                box(
                    planks(("5a3a28", "3f5248", "6b2f28")[rng.integers(3)], 0.2),
                    (side * face, 0.15, door_z),
                    (0.14, 2.2, 1.1),
                ),
                box(plain("8f877b"), (side * (face - 0.2), 0.0, door_z), (0.8, 0.16, 1.5)),
            ]
            if rng.uniform() < 0.7:
                walls.append(
                    column(planks("7a5a3c", 0.12), (side * (face - 0.5), 0, door_z + 1.6), 0.34, 0.8)
                )
            z += long
    end = box(windows(WALLS["plaster"](), lit_share=0.4 if dark else 0), (0, 0, 80), (20, 11, 4))
    floor = ground_plane(cobbles(), 240)
    lanterns, lamps = _lanterns(canvas, noir)
    model = cast(canvas, [*walls, end, floor, *lanterns])
    show(
        canvas,
        model,
        lamps=lamps,
        sky=0.9 if not noir else 0.5,
        sun=0.4 if dark else 1.0,
        shadows=walls if not dark else (),
    )
    if noir:
        fog_bank(canvas, 0.5, view.horizon / view.height, 0.2)
    if noir or plan.weather == "rain":
        wet_floor(canvas, model, on_floor(model))
    for lamp in lamps:
        warm = floats(lamp.tone) / max(lamp.tone)
        glow_at(canvas, lamp.place, 0.55, warm, 0.55 if not noir else 0.4)


def _lanterns(canvas: Canvas, noir: bool) -> tuple[list[Solid], list[Lamp]]:
    rng = canvas.rng
    parts: list[Solid] = []
    lamps: list[Lamp] = []
    if noir:
        for side, z in ((1.0, 11.0), (-1.0, 27.0)):
            parts += [
                column(plain("1c1c1e"), (side * 2.1, 0, z), 0.06, 4.1),
                ball(plain("fff0d0", 3.0), (side * 2.1, 4.2, z), (0.4, 0.4, 0.4)),
            ]
            lamps.append(Lamp((side * 2.1, 4.15, z), (3.6, 3.4, 3.2), 0.8))
        return parts, lamps
    for z in (5.6, 8.0, 11.0, 14.5, 19.0, 25.0, 33.0, 43.0):
        for x in (-1.15, 0.15, 1.35):
            y = 3.5 + 0.25 * abs(x) + rng.uniform(-0.25, 0.25)
            code = ("ff9a3c", "ff6a3c", "ffc860", "ff4a3c")[rng.integers(4)]
            where = (x + rng.uniform(-0.3, 0.3), y, z + rng.uniform(-0.8, 0.8))
            parts += [
                ball(plain(code, 1.9), where, (0.44, 0.50, 0.44)),
                column(plain("2a1a14"), (where[0], y + 0.22, where[2]), 0.1, 0.07),
                column(plain("1a1412"), (where[0], y + 0.28, where[2]), 0.012, 1.6),
            ]
            if x > 0 and z < 30:
                lamps.append(Lamp((where[0], y, where[2]), (3.4, 1.7, 0.65), 0.7))
    return parts, lamps
