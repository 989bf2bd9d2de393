"""Sky and air: the light of a place, fog, dust, smoke, fire, beams, small lights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sparkle.painter.engine.light import beams as paint_beams
from sparkle.painter.engine.light import fog_bank, glow, glow_at, shafts, sparks
from sparkle.painter.engine.noise import floats
from sparkle.painter.engine.palette import colour, tones
from sparkle.painter.engine.sky import paint_sky, rainbow
from sparkle.painter.engine.weather import WEATHERS
from sparkle.painter.scene import Scene, of_canvas, step
from sparkle.painter.things import fires, plumes, stars
from sparkle.painter.things.pieces import spots

of_canvas("sky", paint_sky)
of_canvas("rainbow", rainbow)
of_canvas("shafts", shafts)
of_canvas("sparks", sparks)
of_canvas("rain curtain", plumes.rain_curtain)
of_canvas("blowing snow", plumes.blowing_snow)
of_canvas("hanging moss", plumes.hanging_moss)


@step
def light(
    s: Scene,
    sky: dict[str, str] | None = None,
    haze: str = "",
    air: float = 0.0,
    sun: float | Sequence[float] = 1.0,
    ambient: float | str = 1.0,
) -> None:
    """Change the hour's light: tones of the sky, of the haze and its strength per kilometre; sun and fill light by a
    factor, or as they are to be."""
    old = s.canvas.light
    s.canvas.palette = replace(s.canvas.palette, **tones(**(sky or {})))
    s.canvas.light = replace(
        old,
        haze=colour(haze) if haze else old.haze,
        haze_per_km=air or old.haze_per_km,
        sun=old.sun * sun if isinstance(sun, float) else floats(sun),
        ambient=colour(ambient) if isinstance(ambient, str) else old.ambient * ambient,
    )


@step
def space(s: Scene) -> None:
    """Stars and nebulae instead of a sky."""
    stars.paint_space(s.canvas, planet=False)
    s.canvas.horizon_glow = np.tile(colour("2a4a7a") * 0.35, (s.canvas.view.width, 1))


@step
def planet(s: Scene, across: float, row: float, radius: float) -> None:
    """A planet in space, at shares of the picture: across, from the middle; down to the horizon; of the height."""
    view = s.canvas.view
    stars.paint_planet(
        s.canvas, view.width * (0.5 + across * s.side), view.horizon * row, view.height * radius
    )


@step
def air_outside(s: Scene) -> None:
    """Let the weather's air in: the glass shows it."""
    s.canvas.light = replace(s.canvas.light, haze_per_km=WEATHERS[s.canvas.plan.weather].haze)


@step
def behind_glass(s: Scene, tone: str) -> None:
    """Put what there is behind dull panes; the air before them is clear."""
    s.canvas.light = replace(s.canvas.light, haze_per_km=0.0)
    s.canvas.rgb[:] = s.canvas.rgb * 0.62 + colour(tone) * 0.30


@step
def low_light(s: Scene) -> None:
    """Lower a high sun to the side: from above, sand would show no relief."""
    low = s.canvas.light.direction * floats([1.2, 0.45, 0.0]) + floats([0, 0, 0.1])
    s.canvas.light = replace(s.canvas.light, direction=floats(low / np.linalg.norm(low)))


@step
def fog(s: Scene, strength: float, at: float, height: float, tone: str = "", sunlit: float = 0.0) -> None:
    """A bank of fog, `at` shares of the picture below the horizon; of a tone of its own, or that the sun brightens."""
    light, canvas = s.canvas.light, s.canvas
    own = None
    if tone:
        own = colour(tone) * (light.sun * 0.4 + light.ambient * 0.6)
    elif sunlit:
        own = canvas.horizon_glow.mean(axis=0) * 0.9 + light.sun * sunlit
    fog_bank(canvas, strength, canvas.view.horizon / canvas.view.height + at, height, own)


@step
def veil(s: Scene, tone: str, air: float) -> None:
    """Dirty air, thickest at the horizon; `air` is its haze per kilometre from here on."""
    canvas, view = s.canvas, s.canvas.view
    grime = colour(tone) * (canvas.light.sun.mean() * 0.5 + canvas.light.ambient.mean() * 0.5)
    _, rows = view.grid()
    share = np.clip(0.35 + 0.5 * np.exp(-np.abs(view.horizon - rows) / (0.28 * view.height)), 0, 0.8)
    canvas.blend(grime, np.broadcast_to(share, canvas.depth.shape))
    canvas.horizon_glow = np.tile(grime * 1.1, (view.width, 1))
    canvas.light = replace(canvas.light, haze_per_km=air)


@step
def beams(s: Scene, strength: float, above: tuple[float, float] | None = None) -> None:
    """Shafts of light out of the sun, or from (across, above) in shares of the picture."""
    view = s.canvas.view
    paint_beams(s.canvas, strength, (view.width * above[0], view.height * above[1]) if above else None)


@step
def campfire(s: Scene, at: Sequence[Any]) -> None:
    """Logs, flames, and the light that they throw around."""
    fires.campfire(s.canvas, spots(at, {"side": s.side})[0])


@step
def torches(s: Scene, at: Sequence[Any], tall: float) -> None:
    """Flames with their halos."""
    for spot in spots(at, {"side": s.side}):
        fires.flames(s.canvas, *s.canvas.view.project(*spot), tall * s.canvas.view.focal / spot[2])
        glow_at(s.canvas, (spot[0], spot[1] + 0.2, spot[2]), 0.6, (1.0, 0.45, 0.13), 0.5)


@step
def chimney_smoke(s: Scene, at: Sequence[Any]) -> None:
    """Thin smoke that drifts from chimneys."""
    plumes.chimney_smoke(s.canvas, spots(at, {"side": s.side}))


@step
def smoke(s: Scene, at: Sequence[Any], size: float) -> None:
    """Dark smoke that rises from places and drifts."""
    for spot in spots(at, {"side": s.side}):
        plumes.smoke_column(s.canvas, spot, size)


@step
def spray(s: Scene, count: int, near: float, far: float, size: tuple[float, float]) -> None:
    """Bursts of white water standing over the sea."""
    for _ in range(count):
        z = s.rng.uniform(near, far)
        x = s.rng.uniform(-0.9, 0.9) * s.canvas.view.half_width(z)
        plumes.spray(s.canvas, x, z, s.rng.uniform(*size))


@step
def far_lights(
    s: Scene,
    count: int,
    depth: tuple[float, float],
    rows: tuple[float, float],
    size: float,
    tone: Sequence[float],
    strength: tuple[float, float],
    width: float = 0.0,
) -> None:
    """Small lights at heights of `rows` metres, `size` pixels of the view each, or `width` metres where that is more;
    what stands before them hides them."""
    view, rng = s.canvas.view, s.rng
    for z in (1 / rng.uniform(1 / depth[1], 1 / depth[0], count)).tolist():
        column, row = view.project(rng.uniform(-1, 1) * view.half_width(z), rng.uniform(*rows), z)
        line, at = int(np.clip(row, 0, view.height - 1)), int(np.clip(column, 0, view.width - 1))
        if s.canvas.depth[line, at] > z * 0.9:
            radius = max(size * view.unit, min(width * view.focal / z, 4 * view.unit))
            glow(s.canvas, column, row, radius, floats(tone), rng.uniform(*strength))
