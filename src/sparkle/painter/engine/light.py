"""Light of the scene, and what light does in the air and in a camera: glow, beams, fog, bloom, tone curve, grain."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas, Light, View, blur
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import Colour, Palette
from sparkle.painter.engine.weather import WEATHERS
from sparkle.painter.plan import ScenePlan


def light_for(plan: ScenePlan, view: View, palette: Palette, rng: np.random.Generator, fog: float) -> Light:
    """Place the sun or moon: in view when it is low or asked for, else behind the camera's shoulder.

    `fog` is the share of the weather's fog that lies in the place.
    """
    side = float(rng.choice((-1.0, 1.0)))
    elevation = np.radians(palette.elevation)
    in_view = plan.time in ("dawn", "golden", "sunset", "dusk") or plan.has("moon")
    if in_view:
        offset = side * rng.uniform(0.20, 0.36) * view.width
        azimuth = np.arctan(offset / view.focal)
        if plan.time == "night":
            elevation = np.arctan((view.horizon * rng.uniform(0.66, 0.78)) / view.focal)
        # A touch higher than it is seen: land lit at 3 degrees would be all shadow.
        direction = np.array([np.sin(azimuth), max(np.tan(elevation), 0.16), np.cos(azimuth)])
        column, row = view.centre + offset, view.horizon - np.tan(elevation) * view.focal / np.cos(azimuth)
    else:
        direction = np.array([side * 0.72, np.tan(elevation), -0.55])
        column, row = view.centre + side * view.width * 0.75, -0.35 * view.height
    direction = floats(direction / np.linalg.norm(direction))
    weather_haze = WEATHERS[plan.weather].haze * (fog if plan.weather == "fog" else 1.0)
    haze = weather_haze * (1.6 if plan.time in ("dawn", "golden", "sunset") else 1.0)
    return Light(direction, palette.sun, palette.ambient, palette.haze, haze, float(column), float(row))


def fog_bank(canvas: Canvas, strength: float, base: float, height: float, tone: Colour | None = None) -> None:
    """Lay drifting fog over the picture: patchy, densest at row share `base`, `height` shares of the picture tall."""
    view, noise = canvas.view, canvas.noise
    columns, rows = view.grid()
    u, v = columns / view.height * 2.2, rows / view.height * 6.5
    shift = canvas.rng.uniform(0, 60, 2)
    warp = noise.fbm(u + shift[0], v * 0.6 + shift[1], 3)
    patches = noise.fbm(u * 0.8 + warp * 0.6 + shift[1], v + warp, 5)
    profile = np.exp(-(((rows / view.height - base) / height) ** 2))
    deep = np.clip(canvas.depth / 60, 0.12, 1) ** 0.7
    alpha = np.clip(profile * (0.62 + 0.65 * patches), 0, 1) * strength * deep
    mist = canvas.horizon_glow[None] if tone is None else tone
    canvas.blend(mist * floats(1.05), alpha)


def beams(canvas: Canvas, strength: float, origin: tuple[float, float] | None = None) -> None:
    """Shafts of light: bright sky and gaps, smeared outward from the sun."""
    view = canvas.view
    small = cv2.resize(canvas.rgb, (view.width // 4, view.height // 4), interpolation=cv2.INTER_AREA)
    column, row = origin or (canvas.light.column, canvas.light.row)
    centre = floats([column / 4, row / 4])
    bright = smoothstep(0.35, 1.1, small.mean(axis=2))
    rays, weight = np.zeros_like(bright), 1.0
    for number in range(1, 25):
        scale = 1 + number * 0.035
        matrix = floats([[scale, 0, centre[0] * (1 - scale)], [0, scale, centre[1] * (1 - scale)]])
        rays += weight * cv2.warpAffine(bright, matrix, bright.shape[::-1], flags=cv2.INTER_LINEAR)
        weight *= 0.93
    rays = cv2.resize(blur(rays / 10, 1.2), (view.width, view.height), interpolation=cv2.INTER_CUBIC)
    canvas.add(np.maximum(rays, 0)[..., None] * canvas.light.sun * floats(strength * 0.09))


def shafts(canvas: Canvas, strength: float) -> None:
    """Slanting shafts of light through gaps above."""
    view, rng = canvas.view, canvas.rng
    lean = -np.sign(canvas.light.direction[0]) * rng.uniform(0.35, 0.6)
    columns, rows = view.grid()
    across = (columns - lean * rows) / view.height
    bands = canvas.noise.fbm(across * 5.5 + 11, np.zeros_like(across) + 4, 3)
    fade = np.exp(-((((rows / view.height) - 0.25) / 0.42) ** 2))
    dust = 0.8 + 0.3 * canvas.noise.fbm(columns / view.height * 5, rows / view.height * 5, 3)
    shaft = smoothstep(0.05, 0.6, bands) * fade * dust
    canvas.add(shaft[..., None] * canvas.light.sun / canvas.light.sun.max() * floats(strength))


def glow(
    canvas: Canvas, column: float, row: float, radius: float, tone: Colour, strength: float = 1.0
) -> None:
    """Add the halo of a lamp: a bright core and a wide, soft fall-off. `radius` in pixels."""
    column, row, radius = float(column), float(row), float(radius)  # NumPy's numbers would widen all
    reach = int(radius * 4.5) + 2
    view = canvas.view
    x0, x1 = int(max(column - reach, 0)), int(min(column + reach, view.width))
    y0, y1 = int(max(row - reach, 0)), int(min(row + reach, view.height))
    if x0 >= x1 or y0 >= y1:
        return
    columns, rows = np.arange(x0, x1, dtype=np.float32)[None], np.arange(y0, y1, dtype=np.float32)[:, None]
    squared = ((columns - column) ** 2 + (rows - row) ** 2) / radius**2
    falloff = np.exp(-squared * 2.2) + 0.30 * np.exp(-squared * 0.28)
    edge = np.clip(1 - squared / 20, 0, 1)
    canvas.add((falloff * edge * strength)[..., None] * tone, (slice(y0, y1), slice(x0, x1)))


def glow_at(
    canvas: Canvas, at: Sequence[float], size: float, tone: Sequence[float] | Array, strength: float
) -> None:
    """Add the halo of a lamp that stands at (x, y, z); `size` in metres, `tone` a linear colour."""
    column, row = canvas.view.project(at[0], at[1], at[2])
    glow(canvas, column, row, size * canvas.view.focal / at[2], floats(tone), strength)


def sparks(
    canvas: Canvas,
    count: int,
    tone: Sequence[float] | Array,
    strength: tuple[float, float],
    size: tuple[float, float],
    rows: tuple[float, float],
) -> None:
    """Scatter bright specks: `size` in units of the view, `rows` as shares of the picture's height."""
    rng, view = canvas.rng, canvas.view
    for _ in range(count):
        column, row = rng.uniform(0, view.width), rng.uniform(*rows) * view.height
        glow(canvas, column, row, rng.uniform(*size) * view.unit, floats(tone), rng.uniform(*strength))


def develop(canvas: Canvas, width: int, height: int) -> Array:
    """Turn the linear picture into display RGB (height, width, 3) in [0, 1]: bloom, exposure, tone curve, vignette."""
    rgb = np.maximum(canvas.rgb, 0)
    unit = canvas.view.unit
    excess = np.maximum(rgb - 0.85, 0)
    bloom = blur(np.minimum(excess, 3.0), 5 * unit) * 0.20 + blur(np.minimum(excess, 3.0), 22 * unit) * 0.16
    rgb = rgb + bloom
    if (canvas.view.width, canvas.view.height) != (width, height):
        rgb = cv2.resize(np.minimum(rgb, 4), (width, height), interpolation=cv2.INTER_AREA)
    rgb = rgb * _vignette(width, height)
    return tone_curve(rgb)


def _vignette(width: int, height: int) -> Array:
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    return (1 - 0.17 * smoothstep(0.45, 1.45, np.hypot(x, y)))[..., None]


def tone_curve(linear: Array) -> Array:
    """Linear light to display values in [0, 1]: straight in the middle, a soft shoulder, a small toe."""
    knee = floats(0.55)
    over = np.maximum(linear - knee, 0)
    shoulder = knee + (1 - knee) * (1 - np.exp(-over / (1 - knee) * 0.85))
    display = np.where(linear > knee, shoulder, linear).clip(0, 1) ** floats(1 / 2.2)
    contrast = display + 0.055 * np.sin((display - 0.5) * 2 * np.pi) * 0.9
    grey = contrast.mean(axis=2, keepdims=True)
    return np.clip(grey + (contrast - grey) * 1.06, 0, 1)


def grain(display: Array, rng: np.random.Generator, strength: float = 0.008) -> Array:
    """Add fine film grain, weaker in the lights."""
    shape = display.shape[:2]
    noise = rng.standard_normal(shape, dtype=np.float32)
    noise = 0.7 * noise + 0.9 * cv2.GaussianBlur(noise, (0, 0), 0.8)
    weight = strength * (1.15 - 0.6 * display.mean(axis=2))
    return display + (noise * weight)[..., None]
