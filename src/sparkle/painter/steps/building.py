"""What people have built: solids and rows of houses, lamps, banners, boats, cars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sparkle.painter.engine.casting import cast
from sparkle.painter.engine.ground import height_of
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.light import glow_at
from sparkle.painter.engine.lighting import Lamp, show
from sparkle.painter.engine.noise import floats
from sparkle.painter.engine.solids import Solid
from sparkle.painter.engine.strokes import stroke
from sparkle.painter.moving import birds, cars, craft, people
from sparkle.painter.scene import Scene, of_canvas, step
from sparkle.painter.things import landmarks, streets
from sparkle.painter.things.facades import dark_hour
from sparkle.painter.things.pieces import Spot, numbers, piece, pieces, solids_of, spots

of_canvas("far towers", streets.far_towers)
of_canvas("towers", streets.city)
of_canvas("pigeons", birds.pigeons)
of_canvas("cross traffic", cars.cross_traffic)
of_canvas("waiting cars", cars.waiting)
of_canvas("walkers", people.walkers)
Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Row:
    """Houses wall to wall: pieces and skins to choose from, their widths and heights.

    They stand on both sides from `start` to `stop` metres ahead, or side by side `across` the view at that distance.
    """

    pieces: Sequence[str]
    start: float
    stop: float
    wide: Pair
    tall: Pair
    codes: Sequence[str] = ("",)
    across: float | None = None
    gap: Pair = (0, 0)

    def solids(self, s: Scene) -> list[Solid]:
        """Build the row."""
        made: list[Solid] = []
        for side in (-1.0, 1.0) if self.across is None else (1.0,):
            at = self.start
            while at < self.stop:
                wide, tall = s.rng.uniform(*self.wide), s.rng.uniform(*self.tall)
                head, code = s.one_of(self.pieces), s.one_of(self.codes)
                middle = at + wide / 2
                foot = (0.0, 0.0, middle) if self.across is None else (middle, 0.0, self.across)
                given = {"side": side, "wide": wide, "tall": tall, "any": s.rng.uniform()}
                made += solids_of(s.canvas, pieces()[head], given, foot, code=code)
                at += wide + s.rng.uniform(*self.gap)
        return made


@dataclass(frozen=True, slots=True)
class Strewn:
    """Pieces that lie about: which, in which colours, how many between two distances, out of the middle `clear` share
    of the view, how large; turned a little (`lean` radians) or anyhow (`tumbled`)."""

    pieces: Sequence[str]
    count: int
    near: float
    far: float
    size: Pair
    clear: float = 0.0
    codes: Sequence[str] = ("-",)
    lean: float = 0.0
    tumbled: bool = False
    sink: float = 0.1
    level: float | None = None

    def solids(self, s: Scene) -> list[Solid]:
        """Lay them on the land, or on water at `level`."""
        made, rng = [], s.rng
        for z in (1 / rng.uniform(1 / self.far, 1 / self.near, self.count)).tolist():
            x = s.chance_side() * rng.uniform(self.clear, 1.05) * s.canvas.view.half_width(z)
            turn = rng.uniform(0, 3) if self.tumbled else rng.normal(0, self.lean)
            head, code = s.one_of(self.pieces), s.one_of(self.codes)
            y = height_of(s.land, x, z) - self.sink if self.level is None else self.level
            foot, size = (x, y, z), rng.uniform(*self.size)
            made += piece(s.canvas, f"{head} {code} {size} {size} {size}", {"side": s.side}, foot, turn)
        return made


@step
def build(
    s: Scene,
    solids: Sequence[Any] = (),
    rows: Sequence[dict[str, Any]] = (),
    strewn: Sequence[dict[str, Any]] = (),
    lamps: Sequence[Any] = (),
    shadows: bool = True,
    sun: float = 1.0,
    sky: float = 1.0,
    wet: float = 0.0,
) -> None:
    """Solids of lines, rows, strewn pieces, lit by sun, sky and lamps (place, tone, reach); a `wet` floor mirrors."""
    given = {"side": s.side, "eye": s.canvas.view.eye}
    houses = [solid for row in rows for solid in Row(**row).solids(s)]
    parts = [*houses, *solids_of(s.canvas, solids, given)]
    parts += [solid for some in strewn for solid in Strewn(**some).solids(s)]
    shining = [Lamp(spot, (*tone,), reach) for at, tone, reach in lamps for spot in spots(at, given)]
    model = cast(s.canvas, parts)
    large = [solid for solid in parts if max(solid.high) > 0.2]  # of what is smaller nobody sees the shadow
    show(s.canvas, model, shining, large if shadows else (), sky, sun)
    if wet:
        streets.wet_floor(s.canvas, model, streets.on_floor(model), wet)


@step
def lamp_posts(s: Scene, at: Sequence[Any], height: float, old: bool) -> None:
    """Lamp posts, lit when it is dark."""
    lit = dark_hour(s.canvas) or s.canvas.plan.has("street lamps")
    for spot in spots(at, {"side": s.side}):
        landmarks.street_lamp(s.canvas, spot, height, old, lit)


@step
def lamp_reflections(s: Scene, at: Sequence[Any]) -> None:
    """The broken columns of light that lamps throw on water at level 0."""
    landmarks.lamps_in_water(s.canvas, spots(at, {"side": s.side}))


@step
def glows(s: Scene, at: Sequence[Any], size: float, tone: Sequence[float], strength: float) -> None:
    """Halos of lamps."""
    for spot in spots(at, {"side": s.side}):
        glow_at(s.canvas, spot, size, floats(tone), strength)


@step
def banners(
    s: Scene, at: Sequence[Any], tones: Sequence[str], pole: Pair, torn: bool = False, on_land: bool = False
) -> None:
    """Flags on poles, from far to near; `on_land` they stand at its height."""
    for x, y, z in sorted(spots(at, {"side": s.side}), key=lambda spot: -spot[2]):
        foot = (x, height_of(s.land, x, z) - 0.1 if on_land else y, z)
        landmarks.flag(s.canvas, foot, s.rng.uniform(*pole), s.one_of(tones), torn)


@step
def boats(
    s: Scene, near: float, far: float, count: int, size: Pair, clear: float, furled: bool = False
) -> None:
    """Sailing boats on water at level 0, with their mirror images."""
    for z in np.sort(s.rng.uniform(near, far, count))[::-1].tolist():
        x = s.chance_side() * s.rng.uniform(clear, 0.98) * s.canvas.view.half_width(z)
        landmarks.sailboat(s.canvas, x, z, s.rng.uniform(*size), furled)


def _at(s: Scene, at: Sequence[Any]) -> Spot:
    x, y, z = (numbers(one, {"side": s.side})[0] for one in at)
    return x, y, z


@step
def windmill(s: Scene, at: Sequence[Any], height: float) -> None:
    """An old tower mill with lattice sails."""
    landmarks.windmill(s.canvas, _at(s, at), height)


@step
def lighthouse(s: Scene, at: Sequence[Any], height: float) -> None:
    """A banded tower on the land; it shines when it is dark."""
    x, _, z = _at(s, at)
    landmarks.lighthouse(s.canvas, (x, height_of(s.land, x, z) - 0.6, z), height)


@step
def fountain(s: Scene, at: Sequence[Any], size: float) -> None:
    """A stone fountain with falling water."""
    landmarks.paint_fountain(s.canvas, _at(s, at), size)


@step
def lanterns(s: Scene, at: Sequence[Any], tone: str) -> None:
    """Paper lanterns that swing on their cords."""
    for spot in spots(at, {"side": s.side}):
        craft.lantern(s.canvas, spot, tone)


@step
def string_lights(s: Scene, depths: Sequence[float]) -> None:
    """Cords with bulbs that hang across the view."""
    for number, z in enumerate(depths):
        across = np.linspace(0, 1, 17)
        sag = np.mod(across * 3, 1)
        bulbs = [
            (-7.5 + 15 * t, 3.9 - 3.0 * d * (1 - d) + 0.1 * number, z)
            for t, d in zip(across, sag, strict=True)
        ]
        with s.canvas.drawing(Kind.SOLID) as drawing:
            stroke(drawing, [s.canvas.view.project(x, y + 0.06, z) for x, y, z in bulbs], (30, 24, 22))
        for spot in bulbs:
            glow_at(s.canvas, spot, 0.055, (2.6, 1.8, 0.8), 1.3)
            glow_at(s.canvas, spot, 0.20, (1.0, 0.6, 0.22), 0.28)
