"""Covers of the land: grass, snow, mountains behind; and the trees of a season."""

from __future__ import annotations

import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas
from sparkle.painter.engine.ground import Cover, Ground, mountains, paint_land
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import colour, mix
from sparkle.painter.engine.plants import bare_tree, pine, tree
from sparkle.painter.engine.sprites import Sprite

GRASS = {
    "spring": ("4f7a24", "8fb648"),
    "summer": ("44682a", "8ba548"),
    "autumn": ("6d6428", "b19a4c"),
    "winter": ("6f6b4f", "a39b78"),
}


def grass_cover(canvas: Canvas, dark: str, bright: str, woods: float = 0.25, bare: str = "8a7a55") -> Cover:
    """Grass of two tones in patches, darker copses far away, bare earth on steep slopes."""
    noise, low, high, earth = canvas.noise, colour(dark), colour(bright), colour(bare)
    copses = 0.0 if canvas.plan.leaves_out("trees") else 0.78

    def cover(ground: Ground) -> Array:
        broad = noise.fbm(ground.x / 22, ground.z / 22, 4)
        fine = noise.fbm(ground.x / 0.9, ground.z / 0.9, 4) * np.clip(0.8 / (ground.footprint * 6), 0, 1)
        share = np.clip(0.5 + 0.45 * broad + 0.45 * fine, 0, 1)
        albedo = mix(low, high, share)
        steep = smoothstep(0.93, 0.80, ground.slope)[..., None]
        albedo = albedo * (1 - 0.6 * steep) + earth * 0.6 * steep
        forest = noise.fbm(ground.x / 130 + 50, ground.z / 130, 5, gain=0.62)
        wood = smoothstep(0.42 - woods, 0.62 - woods, forest) * smoothstep(60, 160, ground.z)
        texture = 0.75 + 0.5 * noise.quick(ground.x / 5, ground.z / 9)
        grown = copses * wood[..., None]
        return floats(albedo * (1 - grown) + (low * 0.38 * texture[..., None]) * grown)

    return cover


def snow_cover(canvas: Canvas, shade: str = "dfe8f5", patches: float = 1.0, grass: str = "6d8a3f") -> Cover:
    """Snow in soft drifts; with `patches` below 1 grass shows through."""
    noise, white, green = canvas.noise, colour(shade), colour(grass)

    def cover(ground: Ground) -> Array:
        drift = noise.fbm(ground.x / 3.2, ground.z / 1.6, 5)
        albedo = white * (0.86 + 0.06 * drift[..., None])
        if patches >= 1:
            return albedo
        field = noise.fbm(ground.x / 2.6 + 11, ground.z / 2.0, 6, gain=0.55)
        bare = smoothstep(patches * 1.2 - 0.72, patches * 1.2 - 0.56, field)
        tone = green * (0.9 + 0.4 * noise.fbm(ground.x * 1.5, ground.z * 1.5, 4)[..., None])
        return mix(albedo, tone, bare)

    return cover


def backdrop(canvas: Canvas, height: float, start: float = 2500.0, snowline: float = 0.45) -> None:
    """A mountain range behind everything, in blue air."""
    seed = float(canvas.rng.uniform(0, 90))
    field = mountains(canvas.noise, 2500, height, start, seed)
    paint_land(canvas, field, rock_and_snow(canvas, height, snowline), start, start + 9000)


def rock_and_snow(canvas: Canvas, height: float, snowline: float, forest: bool = True) -> Cover:
    """Rock walls, snow on ledges above the snow line, forest or meadow on the lower slopes."""
    noise, rock, dark, white = canvas.noise, colour("8b8279"), colour("5a544f"), colour("f1f4fa")
    forest = forest and not canvas.plan.leaves_out("trees")
    low = colour("dfe6ee" if canvas.plan.season == "winter" else ("34452a" if forest else "5f6f38"))

    def cover(ground: Ground) -> Array:
        level = ground.height / height
        strata = noise.fbm(ground.x / 300 + ground.height / 90, ground.height / 35 + ground.z / 700, 4)
        share = np.clip(0.5 + 0.6 * strata, 0, 1)
        albedo = mix(dark, rock, share)
        ragged = noise.fbm(ground.x / 180, ground.z / 180 + ground.height / 120, 5)
        wood = smoothstep(0.30, 0.12, level + 0.12 * ragged) * smoothstep(0.45, 0.65, ground.slope)
        albedo = mix(albedo, low, wood)
        snow = smoothstep(snowline - 0.10, snowline + 0.10, level + 0.20 * ragged) * smoothstep(
            0.38, 0.62, ground.slope + 0.10 * ragged
        )
        return floats(mix(albedo, white, snow))

    return cover


def tree_kinds(canvas: Canvas) -> list[Sprite]:
    """A few trees that suit the plan's season and words."""
    plan, rng = canvas.plan, canvas.rng
    if plan.has("bare trees") or (plan.season == "winter" and not plan.has("pine")):
        return [bare_tree(canvas, rng) for _ in range(2)]
    if plan.has("pine"):
        return [pine(canvas, rng, 0.5 if plan.season == "winter" else 0) for _ in range(2)]
    kinds = {
        "spring": ("young", "leafy"),
        "summer": ("leafy", "leafy"),
        "autumn": ("orange", "maple"),
        "winter": ("dry", "dry"),
    }
    chosen = kinds[plan.season]
    if plan.has("cherry"):
        chosen = ("cherry", "cherry")
    return [tree(canvas, kind, rng) for kind in chosen]
