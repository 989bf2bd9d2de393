"""What grows: trees scattered, in rows or one by one, grass and flowers, boughs, crops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from inspect import Signature, signature
from typing import Any

import numpy as np

from sparkle.painter.engine.boughs import frame_with_boughs, litter
from sparkle.painter.engine.canvas import Array
from sparkle.painter.engine.grass import Blades, paint_blades
from sparkle.painter.engine.ground import height_of
from sparkle.painter.engine.plants import FOLIAGE, bare_tree, palm, pine, tree
from sparkle.painter.engine.sprites import Sprite, place
from sparkle.painter.scene import Scene, of_canvas, step
from sparkle.painter.things.land import GRASS, tree_kinds
from sparkle.painter.things.pieces import named, spots

of_canvas("boughs", frame_with_boughs)
Pair = tuple[float, float]
PLANTS: dict[str, Callable[..., Sprite]] = {
    "pine": lambda canvas, snow=0.0: pine(canvas, canvas.rng, snow),
    "palm": lambda canvas: palm(canvas, canvas.rng),
    "bare": lambda canvas, *settings: bare_tree(canvas, canvas.rng, *settings),
}
PLANTS |= {
    kind: lambda canvas, spread=1.0, kind=kind: tree(canvas, kind, canvas.rng, spread) for kind in FOLIAGE
}


def _kinds(s: Scene, kinds: Sequence[str] | str) -> list[Sprite]:
    """Make the plants of texts ("pine 0.5"); "season": those of season and words, "same": those of the step before."""
    if kinds != "same":
        s.plants = (
            tree_kinds(s.canvas) if kinds == "season" else [named(PLANTS, one, s.canvas) for one in kinds]
        )
    return s.plants


@step
def trees(
    s: Scene,
    near: float,
    far: float,
    count: int,
    size: Pair,
    kinds: Sequence[str] | str = "season",
    clear: float = 0.25,
    shadow: float = 0.8,
    even: bool = False,
    inner: float = 0.0,
    sides: str = "both",
    above: float = -1e3,
    sink: float = 0.1,
    sight: float = 0.0,
) -> None:
    """Stand plants on the land from far to near, as many everywhere in the picture, or (`even`) on every metre.

    Nearer ones keep out of the middle `clear` share of the view, all out of `inner` metres; none stands lower than
    `above`; `sides` may be "one", the scene's own. In a wood one sees `sight` metres.
    """
    sprites, rng = _kinds(s, kinds), s.rng
    depths = rng.uniform(near, far, count) if even else 1 / rng.uniform(1 / far, 1 / near, count)
    for z in np.sort(depths)[::-1].tolist():
        side = s.side if sides == "one" else s.chance_side()
        share = rng.uniform(clear * np.clip(1.4 - z / far, 0, 1), 1.08)
        x = side * max(share * s.canvas.view.half_width(z), inner)
        y = height_of(s.land, x, z)
        sprite, tall = s.one_of(sprites), rng.uniform(*size)
        if y > above:
            sprite = s.faded(sprite, z / sight) if sight else sprite
            place(s.canvas, sprite, (x, y - sink, z), tall, shadow)


@step
def avenue(
    s: Scene,
    kinds: Sequence[str],
    x: Sequence[float],
    near: float,
    far: float,
    count: int,
    size: Pair,
    chance: float = 1.0,
    loose: float = 0.3,
) -> None:
    """Trees in rows on both sides, `x` metres from the middle."""
    sprites, rng = _kinds(s, kinds), s.rng
    for z in np.geomspace(far, near, count).tolist():
        for off in [side * one for side in (-1.0, 1.0) for one in x]:
            at = off + rng.uniform(-loose, loose)
            if rng.uniform() < chance:
                foot = (at, height_of(s.land, at, z) - 0.05, z)
                place(s.canvas, s.one_of(sprites), foot, rng.uniform(*size), 0.75)


@step
def plant(
    s: Scene,
    kinds: Sequence[str] | str,
    at: Sequence[Pair],
    size: Pair,
    shadow: float = 0.7,
    sink: float = 0.1,
) -> None:
    """Stand single plants at (share of the view's half width toward the scene's side, distance), from far to near."""
    sprites = _kinds(s, kinds)
    for share, z in at:
        x = s.side * share * s.canvas.view.half_width(z)
        foot = (x, max(height_of(s.land, x, z), -0.3) - sink, z)
        place(s.canvas, s.one_of(sprites), foot, s.rng.uniform(*size), shadow)


MASKS: dict[str, Callable[..., Array]] = {
    "dry": lambda s, x, z, y: y >= -0.3,
    "above": lambda s, x, z, y, least: y > least,
    "sides": lambda s, x, z, y, share: np.abs(x) > share * s.canvas.view.half_width(1.0) * z,
    "off way": lambda s, x, z, y, width: s.way(x, z) > width,
    "along way": lambda s, x, z, y, start, end: (s.way(x, z) > start) & (s.way(x, z) < end),
    "clumps": lambda s, x, z, y, size, least: s.noise.fbm(x / size, z / size, 3) > least,
    "inland": lambda s, x, z, y, least: s.coast(x, z) > least,
    "shore": lambda s, x, z, y, low, high: (y > low) & (y < high),
    "bare of snow": lambda s, x, z, y: s.noise.fbm(x / 2.6 + 11, z / 2.0, 6, gain=0.55) >= 0.02,
}


@step
def blades(
    s: Scene, tones: tuple[str, str] | None = None, where: Sequence[str] = (), seed: int = 0, **settings: Any
) -> None:
    """Grass and stalks on the land where all of MASKS agree; without tones those of the season."""
    root, tip = tones or GRASS[s.canvas.plan.season]
    land = s.land

    def at(x: Array, z: Array) -> Array:
        y = land(x, z)
        for text in where:
            y = np.where(named(MASKS, text, s, x, z, y), y, -90)
        return y

    paint_blades(s.canvas, Blades(root, tip, **settings), at if where else land, seed)


_OWN = [p for p in signature(blades).parameters.values() if p.name != "settings"]
_TAKEN = [
    p.replace(kind=p.KEYWORD_ONLY)
    for p in signature(Blades).parameters.values()
    if p.name not in ("root", "tip")
]
blades.__signature__ = Signature([*_OWN, *_TAKEN])  # type: ignore[attr-defined]


@step
def fallen(s: Scene, tones: Sequence[str], count: int) -> None:
    """Leaves or petals lying on the land."""
    litter(s.canvas, tuple(tones), s.land, count)


@step
def pot_plants(
    s: Scene, kinds: Sequence[str], at: Sequence[Any], height: Pair, hanging: bool = False
) -> None:
    """Plants in pots and baskets, from far to near; `hanging` ones grow downward."""
    sprites = _kinds(s, kinds)
    for spot in sorted(spots(at, {"side": s.side}), key=lambda one: -one[2]):
        sprite = s.one_of(sprites)
        sprite = replace(sprite, rgba=np.ascontiguousarray(sprite.rgba[::-1])) if hanging else sprite
        place(s.canvas, sprite, spot, s.rng.uniform(*height))
