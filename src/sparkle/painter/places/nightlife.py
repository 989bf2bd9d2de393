"""A street of neon after dark."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.casting import cast
from sparkle.painter.engine.light import fog_bank, glow_at
from sparkle.painter.engine.lighting import Lamp, show
from sparkle.painter.engine.materials import mottled, plain, windows
from sparkle.painter.engine.palette import colour
from sparkle.painter.engine.solids import Solid, box
from sparkle.painter.moving.cars import cross_traffic
from sparkle.painter.moving.people import walkers
from sparkle.painter.things.facades import asphalt, neon_sign
from sparkle.painter.things.streets import far_towers, ground_plane, on_floor, wet_floor

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


DOWNTOWN = Canyon(8.2, (9.0, 24.0), 2, "31405f", 90)
CROSSING, CORNERS = (24.0, 28.4), (21.8, 33.0)  # metres ahead: the lanes of a street that crosses, its houses
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
    floor = ground_plane(asphalt(street.traffic > 0, "34343c"), 420)
    far_towers(canvas, 240, 16)
    model = cast(canvas, [*blocks, *signs.solids, floor])
    show(canvas, model, lamps=signs.lamps[:20], sky=1.4)
    fog_bank(canvas, 0.22, view.horizon / view.height - 0.05, 0.16, air * 0.7)
    for x, y, z, size, tone in signs.glows:
        glow_at(canvas, (x, y, z), size, tone, 0.17)
    if street.traffic:
        walkers(canvas, (20.4, 20.9, 21.3), -20, 20, across=True)
        cross_traffic(canvas, CROSSING, 26)
    wet_floor(canvas, model, on_floor(model), 1.3 if plan.weather == "rain" else 1.0)


def _neon_houses(canvas: Canvas, street: Canyon, side: float, signs: Signs) -> list[Solid]:
    """One side of the street: dark facades over lit shops, hung with signs."""
    rng = canvas.rng
    parts: list[Solid] = []
    wall = mottled("2c2a34", "45414e", 3)
    z = 2.0
    while z < 190:
        if street.traffic and CORNERS[0] - 5 < z < CORNERS[1]:
            z = CORNERS[1]
        wide, tall = rng.uniform(7, 13), rng.uniform(*street.heights) + z * 0.12
        wide = min(wide, CORNERS[0] - z) if street.traffic and z < CORNERS[0] else wide
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
