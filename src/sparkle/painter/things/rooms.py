"""Rooms as data: rooms.yaml has a solid a line; here they are lit and shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sparkle.config import read_document
from sparkle.painter.engine import materials, solids
from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.casting import cast
from sparkle.painter.engine.light import glow_at, sparks
from sparkle.painter.engine.lighting import Lamp, show
from sparkle.painter.engine.noise import floats
from sparkle.painter.engine.solids import Solid
from sparkle.painter.things import furniture
from sparkle.painter.things.fires import flames
from sparkle.painter.things.pieces import Line, material, solids_of, spots
from sparkle.store import packaged_text

WARM = (1.0, 0.62, 0.28)


@dataclass(frozen=True, slots=True)
class Room:
    """A record of rooms.yaml.

    `ambient` is the colour and strength of its fill light; `size` (width, height, depth) in metres; `walls`
    the materials of floor, walls, ceiling and, where it is another, the wall behind: one each, or some to choose from.
    `kinds` adds the solids of the first kind that the plan's words call (`called`, empty: any). `holograms` are seen
    through. Lamps are (place, tone, reach), fires (place, height), plants (place, height, pot, kind), shafts of light
    (foot, (width, depth, height) of the window, way, tone, strength), glows (place, size, strength, tone or warm), dust
    (count, tone). A tone is linear RGB, or the shares of the sky in {horizon, sun, base, dark}; `dark` is what is left
    of it at night.
    """

    ambient: str
    solids: list[Line]
    size: list[float] | None = None
    walls: Sequence[Any] = ()
    kinds: Sequence[Mapping[str, Any]] = ()
    holograms: Sequence[Line] = ()
    lamps: Sequence[Line] = ()
    fires: Sequence[Line] = ()
    plants: Sequence[Line] = ()
    shafts: Sequence[Line] = ()
    glows: Sequence[Line] = ()
    dust: Line = ()


@cache
def rooms() -> dict[str, Room]:
    """All rooms by name."""
    return {
        name: Room(**record)
        for name, record in read_document(packaged_text(__package__, "rooms.yaml"), "rooms.yaml").items()
    }


def furnish(canvas: Canvas) -> None:
    """Paint the room that is called as the plan's place is."""
    room, plan = rooms()[canvas.plan.setting], canvas.plan
    fill, strength = room.ambient.split()
    furniture.step_inside(canvas, fill, float(strength))
    side = float(canvas.rng.choice((-1.0, 1.0)))
    given = {"side": side}
    parts = [_walls(canvas, room, *room.size)] if room.size else []
    kind = next(
        (kind for kind in room.kinds if not kind["called"] or set(kind["called"]) & set(plan.understood)),
        None,
    )
    parts += solids_of(canvas, [*room.solids, *(kind["solids"] if kind else ())], given)
    for at, tall, pot, _ in room.plants:
        parts += solids_of(canvas, [[f"pot {pot} {tall} {tall} {tall}", at]], given)
    lamps = [
        Lamp(spot, tuple(_tone(canvas, tone).tolist()), reach)
        for at, tone, reach in room.lamps
        for spot in spots(at, given)
    ]
    show(canvas, cast(canvas, parts), lamps, sun=0)
    for solid in solids_of(canvas, room.holograms, given):
        furniture.translucent(canvas, solid)
    for at, tall, _, plant in room.plants:
        furniture.grow(canvas, spots(at, given)[0], tall, plant)
    _lights(canvas, room, given)


def _lights(canvas: Canvas, room: Room, given: Mapping[str, float]) -> None:
    for at, tall in room.fires:
        spot = spots(at, given)[0]
        flames(canvas, *canvas.view.project(*spot), tall * canvas.view.focal / spot[2])
    for foot, (w, d, h), way, tone, strength in room.shafts:
        for x, y, z in spots(foot, given):
            low, high = (x - w / 2, z - d / 2), (x + w / 2, z + d / 2)
            corners = [
                (cx, cy, cz) for cy, pair in ((y, (low, high)), (y + h, (high, low))) for cx, cz in pair
            ]
            furniture.light_pool(canvas, corners, spots(way, given)[0], _tone(canvas, tone), strength)
    for at, size, strength, *tone in room.glows:
        for spot in spots(at, given):
            glow_at(canvas, spot, size, tone[0] if tone else WARM, strength)
    if room.dust:
        count, tone = room.dust
        sparks(canvas, count, tone, (0.05, 0.3), (0.5, 1.2), (0.1, 0.9))


def _walls(canvas: Canvas, room: Room, width: float, height: float, depth: float) -> Solid:
    chosen = [one if isinstance(one, str) else one[canvas.rng.integers(len(one))] for one in room.walls]
    floor, wall, ceiling, *back = (material(canvas, text) for text in chosen)
    skin = materials.faces(back[0] if back else wall, wall, floor, ceiling)
    return solids.box(skin, (0.0, 0.0, depth / 2 - 3), (width, height, depth), inside=True)


def _tone(canvas: Canvas, tone: Any) -> Array:
    if not isinstance(tone, dict):
        return floats(tone)
    sky = canvas.palette.horizon * tone.get("horizon", 0) + canvas.palette.sun * tone.get("sun", 0)
    dark = canvas.plan.time in ("night", "dusk")
    return sky * (tone.get("dark", 1) if dark else 1) + tone.get("base", 0)
