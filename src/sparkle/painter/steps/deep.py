"""The bottom of the sea."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sparkle.painter.engine.canvas import Array
from sparkle.painter.engine.ground import Ground
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import colour, mix
from sparkle.painter.scene import Scene, step
from sparkle.painter.things.covers import cover
from sparkle.painter.things.dry_land import rock_cover
from sparkle.painter.things.fields import field


@step
def deep_water(s: Scene, shallow: str, deep: str, far: str) -> None:
    """Water instead of air: brightest above, its own tone far away, the sun from straight above."""
    canvas, view = s.canvas, s.canvas.view
    columns, rows = view.grid()
    canvas.rgb[:] = mix(colour(deep), colour(shallow), np.exp(-3.2 * rows / view.height) + 0 * columns)
    sun, above = floats([0.45, 0.85, 0.95]), floats([0.2, 0.95, -0.2])
    canvas.light = replace(canvas.light, sun=sun, ambient=colour("4f9fc0"), direction=above, haze_per_km=55.0)
    canvas.horizon_glow = np.tile(colour(far), (view.width, 1))


@field
def reef(s: Scene, seed: float, x: Array, z: Array) -> Array:
    """Sand with rocks at the sides."""
    rock = smoothstep(0.1, 0.45, s.noise.fbm(x / 5 + seed, z / 5, 3, exact=2)) * np.clip(
        np.abs(x) / z * 1.6, 0, 1.2
    )
    return 0.25 * s.noise.fbm(x / 4, z / 4, 4, exact=2) + 2.4 * rock * s.noise.ridged(x / 2.2, z / 2.2, 4)


@cover
def seabed(s: Scene, g: Ground) -> Array:
    """Rippled sand and overgrown rock under a net of light."""
    ripple = 1 + 0.12 * np.sin(g.z * 7 + s.noise.fbm(g.x, g.z, 3) * 4)
    stone = rock_cover(s.canvas, "b98f8a", "5a4a5a", "c96a7a", 0.35)(g)
    bed = mix(colour("d8c9a0") * ripple[..., None], stone, smoothstep(0.45, 0.7, g.height))
    caustic = np.clip(1 - np.abs(s.noise.fbm(g.x / 1.1, g.z / 1.1, 3)) * 5, 0, 1) ** 2
    return bed * (0.8 + 0.75 * caustic[..., None])
