"""Water: a level plane that mirrors what is painted above it, with ripples in perspective, glitter and foam."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas, blur
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import colour, mix
from sparkle.painter.engine.weather import WEATHERS


@dataclass(frozen=True, slots=True)
class Water:
    """How water looks: colour of its depth, height of the ripples (0 is a mirror), width of the waves in metres."""

    deep: str = "0e3a4a"
    shallow: str = "2f8f8f"
    ripple: float = 0.5
    wave: float = 1.6


WATERS = {
    "lake": Water("173c49", "4b6f63", 0.35, 0.9),
    "harbour": Water("16394a", "3f7078", 0.35, 1.0),
    "tropical": Water("0a6c93", "3fd0c4", 0.5, 1.5),
    "ocean": Water("14506e", "4fa9a5", 0.6, 1.9),
    "grey sea": Water("2c4450", "5f7f80", 0.8, 2.4),
    "calm sea": Water("1d5068", "5f8a8c", 0.5, 1.2),
    "pool": Water("14606b", "4fb5a5", 0.25, 0.8),
    "garden pond": Water("22472f", "4d7a50", 0.2, 0.7),
    "murky": Water("2a2f1c", "4a4a2a", 0.12, 0.6),
    "meltwater": Water("2c4c55", "7f9c98", 0.25, 0.5),
    "jungle": Water("12453f", "3c8f7a", 0.4, 0.8),
    "cave": Water("0f5f86", "3fd0e0", 0.2, 0.8),
    "ice": Water("3f6f86", "9cc5d4", 0.02, 9.0),
}


def paint_water(canvas: Canvas, water: Water, level: float = 0.0, depth_of: Array | None = None) -> Array:
    """Flood everything below the horizon that lies behind the water plane; returns the flooded share (H, W).

    `depth_of` is the depth of the water in metres where it is known (H, W): shallow water shows its own colour.
    """
    view = canvas.view
    columns, rows = view.grid()
    below = np.maximum(rows - view.horizon, 0.25)
    z = floats(np.broadcast_to(view.focal * (view.eye - level) / below, canvas.depth.shape))
    flooded = smoothstep(0.0, 0.02, canvas.depth / z - 1) * (rows > view.horizon)
    x = (columns - view.centre) / view.focal * z
    slope = _ripples(canvas, water, x, z)
    mirrored = _mirror(canvas, water, slope)
    facing = view.eye / np.hypot(z, view.eye)
    fresnel = 0.03 + 0.97 * (1 - np.clip(facing + slope * 0.10, 0, 1)) ** 4.2
    body = _body(canvas, water, depth_of, z)
    rgb = mix(body, mirrored, fresnel)
    rgb += _glitter(canvas, slope, x, z)
    rgb = canvas.hazed(rgb, z * 0.6)
    canvas.blend(rgb, flooded)
    canvas.kinds[flooded > 0.5] = Kind.WATER
    canvas.depth[:] = np.where(flooded > 0.5, np.minimum(canvas.depth, z), canvas.depth)
    return flooded


def _ripples(canvas: Canvas, water: Water, x: Array, z: Array) -> Array:
    """Slope of the surface toward the eye, roughly in [-1, 1]; waves finer than a pixel average out."""
    noise, total = canvas.noise, np.zeros_like(z)
    footprint = z * z / (canvas.view.focal * canvas.view.eye)
    for octave, weight in enumerate((1.0, 0.8, 0.62, 0.5, 0.4)):
        size = water.wave / 1.9**octave
        seen = np.clip(1.35 - footprint / (size * 1.6), 0.0, 1)
        total += noise.quick(x / (size * 2.6) + 7 * octave + z * 0.02, z / size + 13 * octave) * weight * seen
    swell = noise.fbm(x / (water.wave * 9), z / (water.wave * 5), 3) * 0.4
    return total * 0.8 + swell


def _mirror(canvas: Canvas, water: Water, slope: Array) -> Array:
    """Look up the picture above the horizon, shaken by the ripples."""
    view, size = canvas.view, canvas.rgb.shape[:2]
    columns, rows = view.grid()
    height = _wave_height(canvas, water)
    strength = 0.16 * view.focal * height
    tilt = np.broadcast_to(slope, size)
    shake = tilt * strength * (0.25 + 0.75 * np.clip((rows - view.horizon) / view.height, 0, 1))
    source = 2 * view.horizon - rows - np.abs(shake) * 0.7 - shake * 0.5
    map_x = np.broadcast_to(columns + tilt * 0.035 * view.focal * height - 0.5, size)
    map_y = np.clip(np.broadcast_to(source, size) - 0.5, 0, view.horizon)
    return np.asarray(
        cv2.remap(canvas.rgb, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), dtype=np.float32
    )


def _wave_height(canvas: Canvas, water: Water) -> float:
    """How far the ripples shake a mirror image: the water's own, more in rain and storm, less where it lies still."""
    weather = {"rain": 1.0, "storm": 1.6}.get(canvas.plan.weather, 0.8)
    return water.ripple / 0.5 * weather * (0.25 if canvas.plan.has("still water") else 1.0)


def _body(canvas: Canvas, water: Water, depth_of: Array | None, z: Array) -> Array:
    """Light that comes back out of the water."""
    light = canvas.light
    lit = light.sun * max(float(light.direction[1]), 0.15) * 0.62 + light.ambient * 0.8
    deep, shallow = colour(water.deep) * lit, colour(water.shallow) * lit
    patches = canvas.noise.fbm(z / 60, z * 0 + 3, 2)[..., None] * 0.10
    if depth_of is None:
        return deep * (1 + patches) + np.zeros((*z.shape, 1))
    share = np.exp(-np.maximum(depth_of, 0) / 0.9)
    tinted = mix(deep, shallow, share)
    see_through = np.exp(-np.maximum(depth_of, 0) / 0.16) * 0.85
    return mix(tinted, canvas.rgb * 0.75, see_through)


def _glitter(canvas: Canvas, slope: Array, x: Array, z: Array) -> Array:
    """Sparks where a ripple mirrors the sun: a path below a low sun, scattered glints by day."""
    light, view, plan = canvas.light, canvas.view, canvas.plan
    if not WEATHERS[plan.weather].open:
        return np.zeros((*z.shape, 3), dtype=np.float32)
    columns, rows = view.grid()
    far = np.clip((rows - view.horizon) / (view.height - view.horizon), 0, 1)
    noise = canvas.noise
    fine = noise.quick(x * 3.1 / (0.4 + z * 0.03), z * 9 / (0.4 + z * 0.03)) + 0.55 * slope
    fine = fine + 0.5 * noise.quick(columns / (5 * view.unit) + 3, rows / (1.9 * view.unit))
    if light.behind:
        width = (0.028 + 0.13 * far) * view.width
        path = np.exp(-(((columns - light.column) / width) ** 2)) * (1 - 0.45 * far)
        sparks = smoothstep(0.25, 0.95, fine + path * 0.45) * path
        sheen = path * np.exp(-far * 3.0) * 0.16
        tone = light.sun / light.sun.max() * (2.6 if plan.time != "night" else 1.0)
        return (sparks + sheen)[..., None] * tone
    sparks = smoothstep(1.05, 1.6, fine) * smoothstep(0.0, 0.1, far) * 0.8
    return sparks[..., None] * light.sun * 0.5


def paint_foam(canvas: Canvas, foam: Array, flooded: Array) -> None:
    """Lay white foam (H, W) over the water, lit by sun and sky."""
    light = canvas.light
    white = floats([0.86, 0.90, 0.92]) * (light.sun * 0.55 + light.ambient * 0.85)
    canvas.blend(white, np.clip(blur(foam, 0.5 * canvas.view.unit), 0, 1) * flooded)
