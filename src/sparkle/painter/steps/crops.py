"""Fields in rows, and sunflowers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sparkle.painter.engine.canvas import Array
from sparkle.painter.engine.ground import Ground, ground_start, hills, paint_land
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import colour, mix
from sparkle.painter.engine.strokes import disc, fill
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


@step
def sunflowers(s: Scene, count: int) -> None:
    """Flower heads in depth that look toward the viewer; the nearest with petals and seeds."""
    canvas, rng, view, light = s.canvas, s.rng, s.canvas.view, s.canvas.light
    z = np.sort(1 / rng.uniform(1 / 60, 1 / 3.2, count))[::-1]
    x = rng.uniform(-1.1, 1.1, count) * view.half_width(1.0) * z
    tall = rng.uniform(0.95, 1.3, count)
    y = s.land(x[None], z[None])[0] + tall
    lift = light.sun * 0.8 + light.ambient * 0.7
    gold, amber, brown, dark = (colour(code) for code in ("ffcf2a", "e89a12", "5a3618", "2e1b0d"))
    with canvas.drawing(Kind.GRASS) as drawing:
        for i in range(count):
            c, r = view.project(float(x[i]), float(y[i]), float(z[i]))
            size = 0.155 * view.focal / float(z[i]) * rng.uniform(0.8, 1.15)
            tones = [
                tuple((np.clip(t, 0, 1) ** (1 / 2.2) * 255).tolist())
                for t in canvas.hazed(
                    np.stack([gold, amber, brown, dark]) * lift, np.full(4, z[i]), np.full(4, view.width // 2)
                )
            ]
            squash, turn = rng.uniform(0.82, 0.98), rng.uniform(0, 1)
            petals = 16 if size > 4 * view.unit else 8
            for ring, tone in ((1.0, tones[1]), (0.88, tones[0])):
                for k in range(petals):
                    a = turn + (k + 0.5 * (ring < 1)) * 2 * np.pi / petals
                    d, n = size * floats([[np.cos(a), np.sin(a) * squash], [-np.sin(a), np.cos(a) * squash]])
                    half = [d * 0.4 + n * 0.13, d * 0.75 + n * 0.15, d * ring, d * 0.75 - n * 0.15]
                    fill(drawing, np.add([c, r], [*half, d * 0.4 - n * 0.13]), tone)
            disc(drawing, (c, r), (size * 0.5, size * 0.5 * squash), tones[2])
            disc(drawing, (c, r), (size * 0.27, size * 0.27 * squash), tones[3])
