"""Solid things as data: rooms.yaml and pieces.yaml have a solid a line; here the lines become solids."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, TypeVar

import numpy as np

from sparkle.config import read_document
from sparkle.painter.engine import materials, solids
from sparkle.painter.engine.canvas import Canvas
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.solids import Material, Solid
from sparkle.painter.things import cuts, facades, furniture
from sparkle.store import packaged_text

T = TypeVar("T")
Spot = tuple[float, float, float]
Line = Sequence[Any]

SHAPES: dict[str, Callable[[Material, Spot, list[float], float], Solid]] = {
    "box": lambda skin, at, size, turn: solids.box(skin, at, (size[0], size[1], size[2]), turn),
    "hall": lambda skin, at, size, turn: solids.hall(skin, at, (size[0], size[1], size[2])),
    "gable": lambda skin, at, size, turn: solids.gable(skin, at, (size[0], size[1], size[2]), turn),
    "ball": lambda skin, at, size, turn: solids.ball(skin, at, (size[0], size[1], size[2])),
    "column": lambda skin, at, size, turn: solids.column(skin, at, *size),
    "pyramid": lambda skin, at, size, turn: solids.pyramid(skin, at, size[0], size[1], turn),
}
# What a line's material may be called; one that lies on another takes it first: "snowy on tiles 5f6a80".
MATERIALS: dict[str, Callable[..., Material]] = {
    "plain": materials.plain,
    "mottled": materials.mottled,
    "stripes": materials.stripes,
    "brick": materials.brick,
    "rubble": lambda: materials.brick("a3967f", "6f675a", 0.42, 0.24, 0.4),
    "roofed": lambda skin: materials.faces(skin, skin, materials.mottled("6a6a6a", "7d7d7c", 4)),
    "stone": materials.stone,
    "planks": materials.planks,
    "neon": facades.neon_sign,
    "tiles": facades.tiles,
    "thatch": facades.thatch,
    "timber": facades.timber,
    "cobbles": facades.cobbles,
    "asphalt": facades.asphalt,
    "snowy": facades.snowy,
    "books": furniture.books,
    "panelled": furniture.panelled,
    "cloth": furniture.cloth,
    "picture": furniture.picture_frame,
    "rug": furniture.rug,
    "wire globe": furniture.wire_globe,
    "battlement": cuts.battlement,
    "arches": cuts.arch_wall,
    "rounded": cuts.rounded,
    "humped bridge": cuts.humped,
    "fluted": cuts.fluted,
    "ice": cuts.ice,
    "pumpkin": cuts.pumpkin,
    "glass house": cuts.glass_house,
    "weathered": cuts.weathered,
    "ragged": cuts.broken_top,
}
# Those that change with the hour, the season or by chance.
CHANGING: dict[str, Callable[..., Material]] = {
    "outdoors": lambda canvas, wide, tall, *strength: furniture.outdoors_glass(canvas, (wide, tall), *strength),
    "windows": facades.lit_windows,
    "shop": facades.lit_shop,
    "wintry": lambda canvas, skin: facades.snowy(skin) if canvas.plan.season == "winter" else skin,
}  # fmt: skip


def named(table: Mapping[str, Callable[..., T]], text: str, *first: object, **more: object) -> T:
    """Call what a text names with what follows the name ("hills 170 26 35"): numbers, colours, `name=value`, 1x1.6.

    Raises ValueError for a name that the table does not have.
    """
    names = [known for known in table if f"{text} ".startswith(f"{known} ")]
    if not names:
        raise ValueError(f"'{text}': begins with none of {', '.join(table)}")
    name, given, keyed = max(names, key=len), [], {}
    for word in text[len(name) :].split():
        key, mark, value = word.rpartition("=")
        if mark:
            keyed[key] = _argument(value)
        else:
            given.append(_argument(word))
    return table[name](*first, *given, **keyed, **more)


def _argument(text: str) -> Any:
    if len(text) == 6 and all(digit in "0123456789abcdef" for digit in text):
        return text
    if "x" in text:
        return tuple(map(float, text.split("x")))
    if text in ("true", "false"):
        return text == "true"
    return float(text) if "." in text else int(text)


def material(canvas: Canvas, text: str) -> Material:
    """Make the material that a line names: "planks 6b4528 0.14", "snowy on tiles", "windows lit=0.4 on brick ..."."""
    outer, _, inner = text.partition(" on ")
    if outer.split()[0] in CHANGING:
        return named(CHANGING, outer, canvas, *([material(canvas, inner)] if inner else []))
    return named(MATERIALS, outer, material(canvas, inner)) if inner else _lasting(text)


@cache
def _lasting(text: str) -> Material:
    return named(MATERIALS, text)


@cache
def pieces() -> dict[str, list[Line]]:
    """Return all pieces by name: furniture, and what stands outdoors."""
    inside, outside = (
        read_document(packaged_text(__package__, name), name) for name in ("furniture.yaml", "pieces.yaml")
    )
    if twice := inside.keys() & outside.keys():
        raise ValueError(f"two pieces are called {', '.join(twice)}; rename one")
    return inside | outside


def solids_of(
    canvas: Canvas,
    lines: Sequence[Line],
    given: Mapping[str, float],
    foot: Spot = (0.0, 0.0, 0.0),
    turn: float = 0.0,
    code: str = "",
    stretch: Spot = (1.0, 1.0, 1.0),
) -> list[Solid]:
    """Make the solids of lines that stand around `foot`, turned, with `code` for "$" and stretched along their axes.

    `given` are the lengths that numbers may name: "side 2.1" is 2.1 times `side`.
    """
    made: list[Solid] = []
    for head, *rest in lines:
        shape = SHAPES.get(head)
        skin, size, where, *turned = rest if shape else ("", (), *rest)
        for mirrored in (-1.0, 1.0) if "both" in str(rest) else (1.0,):
            known = {**given, "both": mirrored}
            angle = turn + (numbers(turned[0], known)[0] if turned else 0.0)
            for spot in spots(where, known):
                at = _moved(spot, stretch, foot, turn)
                if shape:
                    wide = stretch if len(size) == 3 and head != "column" else (*stretch[:2], stretch[0])
                    lengths = [numbers(one, known)[0] for one in size]
                    scaled = [length * factor for length, factor in zip(lengths, wide, strict=False)]
                    solid = shape(material(canvas, skin.replace("$", code)), at, scaled, angle)
                    hangs = skin.startswith("cloth") and head == "box"
                    made.append(replace(solid, kind=Kind.CLOTH) if hangs else solid)
                else:
                    made += piece(canvas, head.replace("$", code), known, at, angle, stretch)
    return made


def piece(
    canvas: Canvas,
    head: str,
    given: Mapping[str, float],
    at: Spot,
    turn: float = 0.0,
    within: Spot = (1.0, 1.0, 1.0),
) -> list[Solid]:
    """Make the solids of a piece: its name, then its colour or its skin, then how far it is stretched, within what it
    is a part of."""
    name, code, stretch = _read(head)
    x, y, z = (own * outer for own, outer in zip(stretch, within, strict=True))
    return solids_of(canvas, pieces()[name], given, at, turn, code, (x, y, z))


@cache
def _read(head: str) -> tuple[str, str, Spot]:
    """The name, the colour and the stretch of a piece."""
    name = max((one for one in pieces() if f"{head} ".startswith(f"{one} ")), key=len, default=None)
    if name is None:
        raise ValueError(f"'{head}': no piece is called so")
    code, *stretch = head[len(name) :].split() or [""]
    x, y, z = map(float, stretch or (1, 1, 1))
    return name, code, (x, y, z)


def _moved(spot: Spot, stretch: Spot, foot: Spot, turn: float) -> Spot:
    x, y, z = (length * factor for length, factor in zip(spot, stretch, strict=True))
    cos, sin = float(np.cos(turn)), float(np.sin(turn))
    return foot[0] + x * cos - z * sin, foot[1] + y, foot[2] + x * sin + z * cos


def spots(where: Sequence[Any], given: Mapping[str, float]) -> list[Spot]:
    """Return all places that a place, or a list of them, stands for."""
    places = where if all(isinstance(one, list) for one in where) else [where]
    return [spot for place in places for spot in _product(place, given)]


def _product(place: Sequence[Any], given: Mapping[str, float]) -> Iterator[Spot]:
    x, y, z = (numbers(value, given) for value in place)
    yield from itertools.product(x, y, z)


def numbers(value: Any, given: Mapping[str, float]) -> list[float]:
    """Return all that a number of a line stands for: 2.1, "side 2.1 + 0.3", "0 .. 9 by 3", or a list of such."""
    if isinstance(value, list):
        return [number for one in value for number in numbers(one, given)]
    if not isinstance(value, str):
        return [float(value)]
    terms = (_term(term.split(), given) for term in value.split(" + "))
    return [sum(chosen) for chosen in itertools.product(*terms)]


def _term(words: list[str], given: Mapping[str, float]) -> list[float]:
    if len(words) == 2:
        return [float(words[1]) * given[words[0]]]
    if len(words) == 1:
        return [given[words[0]] if words[0] in given else float(words[0])]
    start, _, stop, _, step = words
    return np.arange(float(start), float(stop) + 1e-6, float(step)).tolist()
