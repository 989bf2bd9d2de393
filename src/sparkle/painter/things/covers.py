"""What lies on the land, by name: grass of the season, snow, sand, rock, stalks, paths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec

import numpy as np

from sparkle.painter.engine.canvas import Array
from sparkle.painter.engine.ground import Cover, Ground
from sparkle.painter.engine.materials import brick
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import colour, mix
from sparkle.painter.engine.solids import Hits
from sparkle.painter.scene import Scene
from sparkle.painter.things.dry_land import RED_ROCK, rock_cover, sand, strata
from sparkle.painter.things.land import GRASS, grass_cover, snow_cover

P = ParamSpec("P")
COVERS: dict[str, Callable[..., Cover]] = {
    "turf": lambda s, woods=0.25, bare="8a7a55": grass_cover(s.canvas, *GRASS[s.canvas.plan.season], woods, bare),
    "grass": lambda s, *settings: grass_cover(s.canvas, *settings),
    "snow": lambda s, shade="dfe8f5", patches=1.0, grass="6d8a3f": snow_cover(s.canvas, shade, patches, grass),
    "sand": lambda s, *tones: sand(s.canvas, *tones),
    "strata": lambda s, thick, *tones: strata(s.canvas, tones or RED_ROCK, thick),
    "rock": lambda s, *settings: rock_cover(s.canvas, *settings),
}  # fmt: skip


def cover(paint: Callable[Concatenate[Scene, Ground, P], Array]) -> None:
    """Make a function of a scene, the ground and settings one of COVERS."""

    def laid(scene: Scene, *settings: P.args, **named: P.kwargs) -> Cover:
        return lambda ground: paint(scene, ground, *settings, **named)

    COVERS[paint.__name__.replace("_", " ")] = laid


@cover
def stalks(s: Scene, g: Ground, low: str, high: str, away: float = 170.0) -> Array:
    """A field of grain in waves of wind; from `away` metres on the land behind it."""
    waves = s.noise.fbm(g.x / 16 + 0.3 * g.z / 16, g.z / 5, 4)
    fine = s.noise.fbm(g.x / 0.22, g.z / 0.8, 4, gain=0.65) * np.clip(0.35 / g.footprint, 0.12, 1)
    field = mix(colour(low), colour(high), np.clip(0.5 + 0.35 * waves + 0.5 * fine, 0, 1))
    beyond = grass_cover(s.canvas, *GRASS[s.canvas.plan.season], 0.4)(g)
    return mix(field, beyond, smoothstep(away, away + 160, g.z + 40 * s.noise.fbm(g.x / 80, g.z / 80, 2)))


@cover
def heath(s: Scene, g: Ground, low: str, high: str, bloom: str) -> Array:
    """A moor in bloom."""
    share = np.clip(0.5 + 0.35 * s.noise.fbm(g.x / 16, g.z / 5, 4) + 0.3 * s.noise.fbm(g.x, g.z, 4), 0, 1)
    blooming = 0.6 * smoothstep(0.05, 0.45, s.noise.fbm(g.x / 9, g.z / 9, 5))
    return mix(mix(colour(low), colour(high), share), colour(bloom), blooming)


@cover
def wooded(s: Scene, g: Ground, leaf: str) -> Array:
    """Trees seen from kilometres away."""
    return colour(leaf) * (0.75 + 0.5 * s.noise.fbm(g.x / 30, g.z / 60, 4))[..., None]


@cover
def overgrown(s: Scene, g: Ground, stone: str, leaf: str) -> Array:
    """Cliffs that plants cover where they are not too steep."""
    rough = s.noise.fbm(g.x / 9, g.height / 5 + g.z / 14, 5, gain=0.6)
    rock = colour(stone) * (0.75 + 0.5 * s.noise.fbm(g.x / 6, g.height / 16, 4))[..., None]
    tone = 0.75 + 0.65 * s.noise.fbm(g.x / 3.5, g.z / 5 + g.height / 3, 5)
    return mix(rock, colour(leaf) * tone[..., None], smoothstep(-0.35, 0.15, rough + g.slope * 0.9 - 0.25))


@cover
def turfed_rock(s: Scene, g: Ground, light: str, dark: str, turf: str) -> Array:
    """Rock with grass on what is level and high."""
    grass = smoothstep(0.72, 0.9, g.slope) * smoothstep(7, 10, g.height)
    tone = colour(turf) * (0.85 + 0.4 * s.noise.fbm(g.x / 3, g.z / 5, 4))[..., None]
    return mix(rock_cover(s.canvas, light, dark, "668238", 1.0)(g), tone, grass)


@cover
def scrap(s: Scene, g: Ground) -> Array:
    """Dust and rust."""
    share = np.clip(0.5 + 0.7 * s.noise.fbm(g.x / 1.2, g.z / 1.2, 6, gain=0.62), 0, 1)
    rust = 0.6 * smoothstep(0.1, 0.5, s.noise.fbm(g.x / 2.5 + 40, g.z / 2.5, 4))
    return mix(mix(colour("3f3830"), colour("8a7a62"), share), colour("7a4526"), rust)


@cover
def wet_sand(s: Scene, g: Ground, dry: str, wet: str = "a98c66") -> Array:
    """Dry sand with wind ripples and dimples; wet and dark along the water."""
    ragged = 1.1 * s.noise.fbm(g.x / 5, g.z / 5, 4)
    moist = smoothstep(3.4, 0.6, s.coast(g.x, g.z) + ragged)
    near = np.clip(0.03 / g.footprint, 0, 1)
    dimples = s.noise.fbm(g.x / 0.55, g.z / 0.55, 7, gain=0.62) * near
    ripples = np.sin(g.z * 9 + 5 * s.noise.quick(g.x * 0.7, g.z * 0.7)) * near * 0.4
    tone = 1 + 0.07 * s.noise.fbm(g.x / 6, g.z / 6, 4) + (1 - moist) * (0.24 * dimples + 0.05 * ripples)
    return mix(colour(dry), colour(wet), moist) * tone[..., None]


# What a way is made of: its albedo over the scene and the ground.
PAVINGS: dict[str, Callable[[Scene, Ground], Array]] = {}


def paving(paint: Callable[[Scene, Ground], Array]) -> None:
    """Make a function one of PAVINGS."""
    PAVINGS[paint.__name__] = paint


@paving
def gravel(s: Scene, g: Ground) -> Array:
    """Small stones, darker when wet."""
    tone = colour("8d8070" if s.canvas.plan.has("wet") else "cbb692")
    return tone * (1 + 0.13 * s.noise.fbm(g.x * 4, g.z * 4, 3))[..., None]


@paving
def slabs(s: Scene, g: Ground) -> Array:
    """Flat stones in courses."""
    up = np.tile(floats([0, 1, 0]), (g.x.size, 1))
    position = np.stack([g.x.ravel(), np.zeros(g.x.size, np.float32), g.z.ravel()], axis=1)
    laid = brick("a79a86", "5f5a48", 0.75, 0.5, 0.3)
    stone = laid(Hits(position, up, g.z.ravel(), g.footprint.ravel())).albedo.reshape(*g.x.shape, 3)
    return stone * (0.62 if s.canvas.plan.has("wet") else 1.0)


@paving
def ruts(s: Scene, g: Ground) -> Array:
    """Dust with the ruts of wheels, and a strip of grass between them."""
    off = s.way(g.x, g.z) + 0.25 * s.noise.fbm(g.x, g.z, 3)
    worn = 1 - 0.16 * smoothstep(0.45, 0.15, np.abs(off - 0.85)) + 0.14 * s.noise.fbm(g.x / 0.5, g.z / 0.9, 5)
    strip = 0.45 * smoothstep(0.4, 0.1, off) * smoothstep(-0.1, 0.3, s.noise.fbm(g.x * 2, g.z, 3))
    return mix(colour("d3b98c") * worn[..., None], colour("a59a52"), strip)


def paved(scene: Scene, base: Cover, kind: str, width: float) -> Cover:
    """A cover with the scene's way in it, `width` metres to each side of its middle."""
    lay = PAVINGS[kind]

    def laid(g: Ground) -> Array:
        ragged = 0.0 if kind == "slabs" else 0.16 * scene.noise.fbm(g.x * 1.2, g.z * 1.2, 3)
        return mix(
            base(g), lay(scene, g), smoothstep(width + 0.08, width - 0.12, scene.way(g.x, g.z) + ragged)
        )

    return laid


def strewn(scene: Scene, base: Cover, tone: str, density: float) -> Cover:
    """A cover with petals or leaves under trees, fewer in the middle."""

    def laid(g: Ground) -> Array:
        fine = scene.noise.fbm(g.x * 3.2, g.z * 3.2, 4, gain=0.7)
        speckle = smoothstep(0.0, 0.35, fine + 0.25 * scene.noise.fbm(g.x / 5, g.z / 5, 3))
        return mix(base(g), colour(tone), density * speckle * np.clip(0.25 + np.abs(g.x) / 6, 0, 1))

    return laid
