"""Sand in dunes, rock in layers, weathered boulders."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.ground import Cover, Ground, HeightField
from sparkle.painter.engine.noise import smoothstep
from sparkle.painter.engine.palette import colour, mix

RED_ROCK = ("c9793f", "a8532c", "d08a52", "8f4226", "bd6a3a", "e0a878", "9c4a2a")


def strata(canvas: Canvas, tones: tuple[str, ...], thick: float) -> Cover:
    """Layered rock: bands of colour by height, gently warped, rubble and dust on the flats."""
    noise, bands = canvas.noise, np.stack([colour(code) for code in tones])
    dust = colour(tones[0])

    def cover(ground: Ground) -> Array:
        warp = 0.8 * noise.fbm(ground.x / 60, ground.z / 60, 3)
        level = ground.height / thick + warp + 0.25 * noise.fbm(ground.x / 6, ground.height, 3)
        index = np.floor(level).astype(int) % len(bands)
        following = (index + 1) % len(bands)
        share = smoothstep(0.35, 0.65, level - np.floor(level))
        albedo = mix(bands[index], bands[following], share)
        rough = noise.fbm((ground.x + ground.z) / 1.7, ground.height / 0.9, 5, gain=0.62)
        streak = noise.fbm((ground.x + ground.z * 0.7) / 3, ground.height / 30, 4)
        albedo = albedo * (1 + 0.28 * rough + 0.18 * streak)[..., None]
        flat_share = smoothstep(0.80, 0.95, ground.slope)
        sand = dust * (1 + 0.12 * noise.fbm(ground.x / 1.2, ground.z / 1.2, 5)[..., None])
        return mix(albedo, sand, flat_share)

    return cover


def dune_field(canvas: Canvas, height: float, start: float, length: float = 62.0) -> HeightField:
    """Dunes with sharp crests, long windward and short lee slopes; `length` metres from crest to crest."""
    noise, seed = canvas.noise, float(canvas.rng.uniform(0, 90))
    lean = float(canvas.rng.choice((-1.0, 1.0)))
    octaves = 3 if length < 80 else 2  # seen from above, the third one notches the crests like a saw

    def at(x: Array, z: Array) -> Array:
        warp = 1.4 * noise.fbm(x / (2.42 * length) + seed, z / (2.42 * length), octaves, exact=octaves)
        phase = (x * 0.35 * lean + z) / length + warp
        saw = phase - np.floor(phase)
        profile = np.where(saw < 0.72, saw / 0.72, (1 - saw) / 0.28)
        profile = profile * profile * (3 - 2 * profile) * 0.6 + profile * 0.4
        size = 0.45 + 0.75 * np.clip(noise.fbm(x / 210 + 9, z / 210 + seed, 2, exact=2) + 0.45, 0, 1.4)
        grow = smoothstep(start, start + 60, z) * (1 + z / 900)
        return height * profile * size * grow + 0.25 * noise.fbm(x / 9, z / 9, 3, exact=2)

    return at


def sand(canvas: Canvas, tone: str = "e2b878", shade: str = "c48f55") -> Cover:
    """Wind-rippled sand."""
    noise, pale, dark = canvas.noise, colour(tone), colour(shade)

    def cover(ground: Ground) -> Array:
        near = np.clip(0.035 / ground.footprint, 0, 1)
        warp = noise.fbm(ground.x / 2.5, ground.z / 2.5, 3)
        ripple = np.sin((ground.z + 0.4 * ground.x) * 13 + warp * 7) * near
        middle = np.sin((ground.z * 0.8 + 0.5 * ground.x) * 1.9 + warp * 4) * np.clip(
            0.25 / ground.footprint, 0, 1
        )
        grainy = noise.fbm(ground.x / 0.3, ground.z / 0.3, 3) * near
        broad = 0.35 + 0.3 * noise.fbm(ground.x / 30, ground.z / 30, 4)
        share = np.clip(broad - 0.16 * ripple - 0.10 * middle + 0.15 * grainy, 0, 1)
        return mix(pale, dark, share)

    return cover


def rocks(
    canvas: Canvas, base: HeightField, share: Callable[[Array, Array], Array], size: float, height: float
) -> HeightField:
    """Rough boulders standing out of `base` where `share(x, z)` is above 0."""
    noise, seed = canvas.noise, float(canvas.rng.uniform(0, 90))

    def at(x: Array, z: Array) -> Array:
        lump = noise.fbm(x / size + seed, z / size, 2, exact=2)
        crack = noise.ridged(x / size * 1.7 + seed, z / size * 1.7, 4)
        stone = smoothstep(-0.15, 0.50, lump) * height * (1.15 - 0.55 * crack)
        stone += 0.05 * height * noise.fbm(x * 2.5 / size, z * 2.5 / size, 4, exact=1)
        return base(x, z) + stone * share(x, z)

    return at


def rock_cover(
    canvas: Canvas, light: str = "8d8378", dark: str = "4a443f", moss: str = "6f7b4a", green: float = 0.3
) -> Cover:
    """Weathered stone, dark and wet near sea level, with moss on flat tops."""
    noise, pale, deep, leaf = canvas.noise, colour(light), colour(dark), colour(moss)

    def cover(ground: Ground) -> Array:
        grainy = noise.fbm(ground.x / 1.3 + ground.height, ground.z / 1.3 + ground.height * 1.7, 6, gain=0.6)
        share = np.clip(0.5 + 0.75 * grainy, 0, 1)
        albedo = mix(deep, pale, share)
        mossy = smoothstep(0.75, 0.95, ground.slope) * smoothstep(0.1, 0.5, grainy + green)
        albedo = mix(albedo, leaf, 0.7 * mossy)
        wet = smoothstep(0.9, 0.1, ground.height + 0.3 * grainy)[..., None]
        return albedo * (1 - 0.55 * wet)

    return cover
