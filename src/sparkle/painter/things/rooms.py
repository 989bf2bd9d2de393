"""Rooms and pieces of furniture as data: rooms.yaml has a solid a line; here the lines become solids, lit and shown."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from sparkle.config import read_document
from sparkle.painter.engine import materials, solids
from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.light import glow_at, sparks
from sparkle.painter.engine.lighting import Lamp, show
from sparkle.painter.engine.noise import floats
from sparkle.painter.engine.solids import Material, Solid, cast
from sparkle.painter.things import facades, furniture
from sparkle.painter.things.fires import flames
from sparkle.store import packaged_text

Spot = tuple[float, float, float]
Line = Sequence[Any]
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
def _document() -> dict[str, Any]:
    return read_document(packaged_text(__package__, "rooms.yaml"), "rooms.yaml")


@cache
def rooms() -> dict[str, Room]:
    """All rooms by name."""
    return {name: Room(**record) for name, record in _document()["rooms"].items()}


def furnish(canvas: Canvas) -> None:
    """Paint the room that is called as the plan's place is."""
    room, plan = rooms()[canvas.plan.setting], canvas.plan
    fill, strength = room.ambient.split()
    furniture.step_inside(canvas, fill, float(strength))
    side = float(canvas.rng.choice((-1.0, 1.0)))
    parts = [_walls(canvas, room, *room.size)] if room.size else []
    kind = next(
        (kind for kind in room.kinds if not kind["called"] or set(kind["called"]) & set(plan.understood)),
        None,
    )
    parts += solids_of(canvas, [*room.solids, *(kind["solids"] if kind else ())], side)
    for at, tall, pot, _ in room.plants:
        parts += solids_of(canvas, [[f"pot {pot} {tall} {tall} {tall}", at]], side)
    lamps = [
        Lamp(spot, tuple(_tone(canvas, tone).tolist()), reach)
        for at, tone, reach in room.lamps
        for spot in _spots(at, side, 1.0)
    ]
    show(canvas, cast(canvas, parts), lamps, sun=0)
    for solid in solids_of(canvas, room.holograms, side):
        furniture.translucent(canvas, solid)
    for at, tall, _, plant in room.plants:
        furniture.grow(canvas, _spots(at, side, 1.0)[0], tall, plant)
    _lights(canvas, room, side)


def _lights(canvas: Canvas, room: Room, side: float) -> None:
    for at, tall in room.fires:
        spot = _spots(at, side, 1.0)[0]
        flames(canvas, *canvas.view.project(*spot), tall * canvas.view.focal / spot[2])
    for foot, (w, d, h), way, tone, strength in room.shafts:
        for x, y, z in _spots(foot, side, 1.0):
            low, high = (x - w / 2, z - d / 2), (x + w / 2, z + d / 2)
            corners = [
                (cx, cy, cz) for cy, pair in ((y, (low, high)), (y + h, (high, low))) for cx, cz in pair
            ]
            furniture.light_pool(canvas, corners, _spots(way, side, 1.0)[0], _tone(canvas, tone), strength)
    for at, size, strength, *tone in room.glows:
        for spot in _spots(at, side, 1.0):
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


SHAPES: dict[str, Callable[[Material, Spot, list[float], float], Solid]] = {
    "box": lambda skin, at, size, turn: solids.box(skin, at, (size[0], size[1], size[2]), turn),
    "gable": lambda skin, at, size, turn: solids.gable(skin, at, (size[0], size[1], size[2]), turn),
    "ball": lambda skin, at, size, turn: solids.ball(skin, at, (size[0], size[1], size[2])),
    "column": lambda skin, at, size, turn: solids.column(skin, at, *size),
    "pyramid": lambda skin, at, size, turn: solids.pyramid(skin, at, size[0], size[1], turn),
}
MATERIALS: dict[str, Callable[..., Material]] = {
    "plain": materials.plain,
    "mottled": materials.mottled,
    "stripes": materials.stripes,
    "brick": materials.brick,
    "planks": materials.planks,
    "neon": facades.neon_sign,
    "tiles": facades.tiles,
    "books": furniture.books,
    "panelled": furniture.panelled,
    "cloth": furniture.cloth,
    "picture": furniture.picture_frame,
    "rug": furniture.rug,
    "wire globe": furniture.wire_globe,
}


def material(canvas: Canvas, text: str) -> Material:
    """Make the material that a line names: "planks 6b4528 0.14"; "outdoors" is glass with the plan's sky behind."""
    if text.startswith("outdoors "):
        wide, tall, *strength = map(float, text.split()[1:])
        return furniture.outdoors_glass(canvas, (wide, tall), *strength)
    name = next(known for known in MATERIALS if f"{text} ".startswith(f"{known} "))
    return MATERIALS[name](*map(_argument, text[len(name) :].split()))


def _argument(text: str) -> str | float | bool:
    if len(text) == 6 and all(digit in "0123456789abcdef" for digit in text):
        return text
    if text in ("true", "false"):
        return text == "true"
    return float(text) if "." in text else int(text)


def solids_of(
    canvas: Canvas,
    lines: Sequence[Line],
    side: float = 1.0,
    foot: Spot = (0.0, 0.0, 0.0),
    turn: float = 0.0,
    code: str = "",
    stretch: Spot = (1.0, 1.0, 1.0),
) -> list[Solid]:
    """Make the solids of lines that stand around `foot`, turned, with `code` for "$" and stretched along their axes."""
    made: list[Solid] = []
    for head, *rest in lines:
        shape = SHAPES.get(head)
        skin, size, where, *turned = rest if shape else ("", (), *rest)
        for mirrored in (-1.0, 1.0) if "both" in str(rest) else (1.0,):
            angle = turn + (_numbers(turned[0], side, mirrored)[0] if turned else 0.0)
            for spot in _spots(where, side, mirrored):
                at = _moved(spot, stretch, foot, turn)
                if shape:
                    wide = (
                        stretch
                        if len(size) == 3 and head != "column"
                        else (stretch[0], stretch[1], stretch[0])
                    )
                    scaled = [length * factor for length, factor in zip(size, wide, strict=False)]
                    solid = shape(material(canvas, skin.replace("$", code)), at, scaled, angle)
                    hangs = head == "box" and skin.startswith("cloth")
                    made.append(replace(solid, kind=Kind.CLOTH) if hangs else solid)
                else:
                    made += _piece(canvas, head, side, at, angle)
    return made


def _piece(canvas: Canvas, head: str, side: float, at: Spot, turn: float) -> list[Solid]:
    pieces = _document()["pieces"]
    name = max((known for known in pieces if f"{head} ".startswith(f"{known} ")), key=len)
    code, *stretch = head[len(name) :].split() or [""]
    x, y, z = map(float, stretch or (1, 1, 1))
    return solids_of(canvas, pieces[name], side, at, turn, code, (x, y, z))


def _moved(spot: Spot, stretch: Spot, foot: Spot, turn: float) -> Spot:
    x, y, z = (length * factor for length, factor in zip(spot, stretch, strict=True))
    cos, sin = float(np.cos(turn)), float(np.sin(turn))
    return foot[0] + x * cos - z * sin, foot[1] + y, foot[2] + x * sin + z * cos


def _spots(where: Sequence[Any], side: float, mirrored: float) -> list[Spot]:
    places = where if all(isinstance(one, list) for one in where) else [where]
    return [spot for place in places for spot in _product(place, side, mirrored)]


def _product(place: Sequence[Any], side: float, mirrored: float) -> Iterator[Spot]:
    x, y, z = (_numbers(value, side, mirrored) for value in place)
    yield from itertools.product(x, y, z)


def _numbers(value: Any, side: float, mirrored: float) -> list[float]:
    """All that a number of a line stands for."""
    if isinstance(value, list):
        return [number for one in value for number in _numbers(one, side, mirrored)]
    if not isinstance(value, str):
        return [float(value)]
    terms = ([_term(term.split(), side, mirrored)] for term in value.split(" + "))
    return [sum(chosen) for chosen in itertools.product(*itertools.chain(*terms))]


def _term(words: list[str], side: float, mirrored: float) -> list[float]:
    if len(words) == 2:
        return [float(words[1]) * {"side": side, "both": mirrored}[words[0]]]
    if len(words) == 1:
        return [float(words[0])]
    start, _, stop, _, step = words
    return np.arange(float(start), float(stop) + 1e-6, float(step)).tolist()
