"""Fields in rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sparkle.painter.engine.canvas import Array
from sparkle.painter.engine.ground import Ground, ground_start, hills, paint_land
from sparkle.painter.engine.noise import smoothstep
from sparkle.painter.engine.palette import colour, mix
from sparkle.painter.scene import STEPS, Scene, step
from sparkle.painter.steps.growing import MASKS
from sparkle.painter.things.land import GRASS, grass_cover


def _on_rows(x: Array, spacing: float, fill: float) -> tuple[Array, Array]:
    """Number of the row at x, and the height share of the hedge there (0 between rows)."""
    number = np.floor(x / spacing)
    off = np.abs(x / spacing - number - 0.5) * 2
    return number, np.sqrt(np.clip(1 - (off / fill) ** 4, 0, 1))


def _rows(
    s: Scene, x: Array, z: Array, y: Array, spacing: float, fill: float, kind: int = 0, kinds: int = 1
) -> Array:
    number, share = _on_rows(x, spacing, fill)
    return (share > 0.3) & (np.floor(number / 3) % kinds == kind)


MASKS["rows"] = _rows


@step
def crop(
    s: Scene, soil: str, tones: Sequence[tuple[str, str]], spacing: float, height: float, fill: float
) -> None:
    """Hedges of plants that run to the horizon, each three rows of one of `tones`; hills and trees behind them.

    What is drawn on the rows later stands at two thirds of their height.
    """
    noise, canvas = s.noise, s.canvas
    rise = hills(noise, 210, 30, 70, float(s.rng.uniform(0, 90)))
    beyond = grass_cover(canvas, *GRASS[canvas.plan.season], 0.3)
    dark, bright = (np.stack([colour(pair[one]) for pair in tones]) for one in (0, 1))

    def at(x: Array, z: Array) -> Array:
        number, share = _on_rows(x, spacing, fill)
        lumps = 0.80 + 0.28 * noise.fbm(x / (spacing * 0.35) + number, z / (spacing * 0.45), 3)
        return rise(x, z) + share * lumps * height * smoothstep(190, 150, z)

    def cover(g: Ground) -> Array:
        number, share = _on_rows(g.x, spacing, fill)
        kind = np.floor(number / 3).astype(int) % len(tones)
        fine = noise.fbm(g.x / 0.13 + g.height * 3, g.z / 0.16, 4, gain=0.62) * np.clip(
            0.2 / g.footprint, 0.15, 1
        )
        plant = mix(dark[kind], bright[kind], np.clip(0.25 + 0.55 * share + 0.75 * fine, 0, 1))
        earth = colour(soil) * (1 + 0.25 * noise.fbm(g.x / 0.5, g.z / 0.5, 4)[..., None])
        field = mix(earth, plant, smoothstep(0.25, 0.55, share + 0.3 * fine))
        return mix(field, beyond(g), smoothstep(150, 185, g.z))

    paint_land(canvas, at, cover, ground_start(canvas), 1600)
    s.land = rise
    STEPS["trees"](s, near=190, far=420, count=40, size=(8, 13), clear=0.05)
    s.land = lambda x, z: at(x, z) - 0.35 * height
