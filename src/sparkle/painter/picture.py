"""From a plan to a picture: camera, light, canvas, the place's drawing, and the finish."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.core.seeds import generator
from sparkle.painter.engine.canvas import Canvas, View
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.light import develop, grain, light_for, tone_curve
from sparkle.painter.engine.movers import Movers, movers_of
from sparkle.painter.engine.noise import Noise, floats
from sparkle.painter.engine.palette import TIMES, palette_for
from sparkle.painter.engine.sky import paint_sky
from sparkle.painter.engine.weather import WEATHERS
from sparkle.painter.places import PLACES
from sparkle.painter.plan import SEASONS, PlanError, ScenePlan
from sparkle.painter.styles import STYLES

PIXELS = 800_000

# Editor, remover and animator paint the same picture, each a third of a small sample's painting.
_KEPT = 4


@dataclass(frozen=True, slots=True)
class Painted:
    """A picture uint8 RGB (H, W, 3), the plan that it shows, and a Kind a pixel, uint8 (h, w), perhaps larger.

    `plate` is the picture without its `movers`, which are none in a manner that is not a photograph's: there what
    could move is painted in with the rest and stands still.
    """

    picture: NDArray[np.uint8]
    plan: ScenePlan
    kinds: NDArray[np.uint8]
    plate: NDArray[np.uint8]
    movers: Movers | None

    def share(self, *kinds: Kind) -> NDArray[np.float32]:
        """How much of each pixel of the picture is of these kinds, float32 (H, W) in [0, 1]."""
        size = self.picture.shape[1::-1]
        shown = np.isin(self.kinds, kinds).astype(np.float32)
        return np.asarray(cv2.resize(shown, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def paint(plan: ScenePlan, width: int, height: int, seed: int) -> NDArray[np.uint8]:
    """Paint a plan as an RGB picture, see `paint_scene`."""
    return paint_scene(plan, width, height, seed).picture


@lru_cache(maxsize=_KEPT)
def paint_scene(plan: ScenePlan, width: int, height: int, seed: int) -> Painted:
    """Paint a plan, (height, width), and say what is where; the same arguments give the same picture.

    The latest ones are kept, so nobody may change them: the arrays are read only.
    Raises PlanError for a place, an hour, a season, a weather or a style that the painter does not know.
    """
    check(plan)
    canvas = prepare(plan, width, height, seed)
    place = PLACES[plan.setting]
    if place.sky and not place.indoors:
        paint_sky(canvas)
    place.draw(canvas)
    display = develop(canvas, width, height)
    movers = movers_of(canvas, width, height, tone_curve) if canvas.movers else None
    if movers and plan.style != "photo":
        movers.draw(still := display * floats(255), 0.0, 1.0)
        display, movers = still / 255, None
    display = STYLES[plan.style](display, canvas.noise, generator(seed, "painter", "style"))
    display = grain(display, generator(seed, "painter", "grain"))
    plate = picture = np.asarray(np.clip(display * 255 + 0.5, 0, 255), dtype=np.uint8)
    if movers:
        movers.draw(moment := plate.astype(np.float32), 0.0, 1.0)
        picture = np.asarray(np.rint(np.clip(moment, 0, 255)), dtype=np.uint8)
    picture.flags.writeable = plate.flags.writeable = canvas.kinds.flags.writeable = False
    return Painted(picture, plan, canvas.kinds, plate, movers)


def check(plan: ScenePlan) -> None:
    """Raise PlanError for the first key of the plan that no table has."""
    _known("place", plan.setting, PLACES.keys())
    _known("time", plan.time, TIMES.keys())
    _known("season", plan.season, SEASONS)
    _known("weather", plan.weather, WEATHERS.keys())
    _known("style", plan.style, STYLES.keys())


def _known(what: str, key: str, known: Collection[str]) -> None:
    if key not in known:
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"it knows {', '.join(known)}"
        raise PlanError(f"the painter knows no {what} '{key}'; {hint}")


def prepare(plan: ScenePlan, width: int, height: int, seed: int) -> Canvas:
    """Make an empty canvas, larger than the picture when the picture is small, so that shrinking smooths edges."""
    place = PLACES[plan.setting]
    plan = replace(plan, elements=(plan.elements | place.lives) - plan.without)
    scale = float(np.clip(np.sqrt(PIXELS / (width * height)), 1, 2))
    w, h = round(width * scale), round(height * scale)
    rng = generator(seed, "painter", plan.setting)
    view = View(w, h, place.horizon * h, 1.1 * float(np.sqrt(w * h)), place.eye)
    palette = palette_for(plan)
    light = light_for(plan, view, palette, rng, place.fog)
    if place.indoors:
        light = replace(light, haze_per_km=0.0)
    return Canvas(view, light, palette, plan, rng, Noise(rng))
