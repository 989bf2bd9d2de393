"""The sky: gradient, sun or moon with its glow, domain-warped clouds with lit edges, stars, northern lights."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas, View, blur
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import TIMES, mix
from sparkle.painter.engine.weather import WEATHERS


def paint_sky(canvas: Canvas) -> None:
    """Fill the whole picture with sky (mirrored below the horizon) and learn the glow along the horizon."""
    full = canvas.view
    small = View(full.width // 2, full.height // 2, full.horizon / 2, full.focal / 2, full.eye)
    sky = _gradient(canvas, small)
    sky += _sun_glow(canvas, small)
    if canvas.plan.time == "night" and WEATHERS[canvas.plan.weather].open:
        sky += _milky_way(canvas, small)
    if canvas.plan.has("aurora"):
        sky += _aurora(canvas, small)
    bare = sky.copy() if canvas.plan.leaves_out("clouds") else sky
    _clouds(canvas, small, bare)
    rgb = cv2.resize(sky, (full.width, full.height), interpolation=cv2.INTER_CUBIC)
    canvas.rgb[:] = np.maximum(rgb, 0)
    canvas.kinds[:] = Kind.SKY
    if canvas.plan.time in ("night", "dusk") and WEATHERS[canvas.plan.weather].open:
        _stars(canvas)
    _disc(canvas)
    _learn_horizon(canvas)


def _elevation(view: View) -> Array:
    """Tangent of the angle above the horizon, rows (H, 1); mirrored below it."""
    _, rows = view.grid()
    return np.abs(view.horizon - rows) / view.focal


def _gradient(canvas: Canvas, view: View) -> Array:
    palette, tangent = canvas.palette, _elevation(view)
    low = np.exp(-tangent / (0.15 if canvas.plan.time in ("sunset", "dusk") else 0.085))
    high = smoothstep(0.05, 0.75, tangent)
    column = mix(palette.middle, palette.zenith, high)
    column = mix(column, palette.horizon, low)
    return np.repeat(column, view.width, axis=1)


def _sun_distance(canvas: Canvas, view: View) -> Array:
    columns, rows = view.grid()
    scale = view.width / canvas.view.width
    dx, dy = columns - canvas.light.column * scale, rows - canvas.light.row * scale
    return np.hypot(dx, dy * 1.15) / view.focal


def _sun_glow(canvas: Canvas, view: View) -> Array:
    distance, plan = _sun_distance(canvas, view), canvas.plan
    strength = TIMES[plan.time].glow * WEATHERS[plan.weather].sun
    wide, near = np.exp(-distance / 0.42), np.exp(-distance / 0.09)
    return (wide * 0.5 + near * 0.8)[..., None] * canvas.light.sun * strength


def _disc(canvas: Canvas) -> None:
    light, view, plan = canvas.light, canvas.view, canvas.plan
    if not WEATHERS[plan.weather].open or not (-100 < light.row < view.horizon + 60 * view.unit):
        return
    if plan.time == "night":
        _moon(canvas)
        return
    radius = (15 if plan.time == "sunset" else 11) * view.unit
    distance = _sun_distance(canvas, view) * view.focal
    disc = smoothstep(radius + 1.2 * view.unit, radius - 1.2 * view.unit, distance)
    disc *= 0.0 if plan.time == "dusk" else 1.0
    warm = light.sun / light.sun.max() * floats(2.6) + floats(0.25)
    canvas.blend(warm, disc * 0.95)


def _moon(canvas: Canvas) -> None:
    light, view = canvas.light, canvas.view
    radius = 21 * view.unit
    left, top = int(light.column - 2 * radius), int(light.row - 2 * radius)
    size = int(4 * radius) + 1
    columns, rows = np.meshgrid(np.arange(size, dtype=np.float32), np.arange(size, dtype=np.float32))
    x = (columns + left - light.column) / radius
    y = (rows + top - light.row) / radius
    disc = smoothstep(1 + 1.2 / radius, 1 - 1.2 / radius, np.hypot(x, y))
    seas = canvas.noise.fbm(x * 1.3 + 9, y * 1.3 + 4, 5)
    tone = (0.86 - 0.34 * smoothstep(-0.05, 0.45, seas))[..., None] * floats([1.0, 0.97, 0.88])
    y0, y1 = max(top, 0), min(top + size, view.height)
    x0, x1 = max(left, 0), min(left + size, view.width)
    if y0 < y1 and x0 < x1:
        part = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
        canvas.blend(tone[part] * floats(1.35), disc[part], (slice(y0, y1), slice(x0, x1)))


def _clouds(canvas: Canvas, view: View, sky: Array) -> None:
    """Two decks on planes above the eye: high wisps, and the deck of the weather."""
    tangent = _elevation(view)
    columns, _ = view.grid()
    reach = 1 / (tangent + 0.055)
    u, v = (columns - view.centre) / view.focal * reach, np.broadcast_to(reach, sky.shape[:2])
    offset = floats(canvas.rng.uniform(0, 100, 2))
    if WEATHERS[canvas.plan.weather].open:
        _wisps(canvas, sky, u * 0.55 + offset[0], v * 0.8 + offset[1], tangent)
    _deck(canvas, view, sky, u + offset[1], v * 1.25 + offset[0], tangent)


def _wisps(canvas: Canvas, sky: Array, u: Array, v: Array, tangent: Array) -> None:
    warp = canvas.noise.fbm(u * 0.6, v * 0.6, 3)
    density = canvas.noise.fbm(u * 0.55 + warp * 0.9, v * 1.5 + warp * 0.5, 6, gain=0.58)
    alpha = smoothstep(0.05, 0.95, density) * smoothstep(0.0, 0.12, tangent) * 0.55
    sky += alpha[..., None] * (canvas.palette.cloud_lit * floats(0.95) - sky)


def _deck(canvas: Canvas, view: View, sky: Array, u: Array, v: Array, tangent: Array) -> None:
    weather = WEATHERS[canvas.plan.weather]
    coverage, thickness, size = weather.coverage, weather.thickness, weather.size
    if canvas.plan.has("clouds"):
        coverage += 0.22
    noise, palette, light = canvas.noise, canvas.palette, canvas.light
    u, v = u / size, v / size
    warp_u, warp_v = noise.fbm(u + 31, v + 7, 3), noise.fbm(u + 3, v + 53, 3)
    u, v = u + warp_u * 0.30, v + warp_v * 0.30
    density = noise.fbm(u, v, 7, gain=0.53, exact=1) + floats(coverage)
    toward = floats([light.direction[0], light.direction[2]])
    toward = toward / max(float(np.hypot(*toward)), 1e-3) * 0.22
    beyond = noise.fbm(u + toward[0], v + toward[1], 4, exact=1) + floats(coverage)
    alpha = smoothstep(-0.02, 0.42 / thickness, density)
    alpha *= smoothstep(-0.02, 0.055, tangent)
    body = smoothstep(0.05, 0.95, density) * thickness
    lit = np.clip(0.62 + (density - beyond) * 1.1 - body * 0.42, 0, 1)
    glow = np.exp(-_sun_distance(canvas, view) / 0.30)[..., None]
    edge = (alpha * (1 - alpha) * 4)[..., None]
    bright = palette.cloud_lit * (1 + glow * 0.7) + light.sun * glow * edge * floats(0.35)
    tone = mix(palette.cloud_shade, bright, lit)
    far = np.exp(-tangent / 0.07) * 0.55
    tone = mix(tone, sky, far)
    sky += alpha[..., None] * floats(0.96) * (tone - sky)


def _stars(canvas: Canvas) -> None:
    view, rng = canvas.view, canvas.rng
    dark = 1.0 if canvas.plan.time == "night" else 0.22
    count = int(1100 * (1.6 if canvas.plan.has("stars") else 0.7))
    columns = rng.uniform(0, view.width, count)
    rows = view.horizon - rng.uniform(0.0, 1, count) ** 0.8 * view.horizon
    brightness = np.minimum(rng.pareto(1.6, count) * 0.16, 2.6) * dark
    low = np.clip((view.horizon - rows) / (0.22 * view.height), 0, 1)
    hues = np.array([[0.75, 0.85, 1.1], [1.0, 1.0, 1.0], [1.1, 0.92, 0.75]], dtype=np.float32)
    layer = np.zeros_like(canvas.rgb)
    ix, iy = columns.astype(int).clip(0, view.width - 1), rows.astype(int).clip(0, view.height - 1)
    layer[iy, ix] = hues[rng.integers(0, 3, count)] * (brightness * low * view.unit**1.4)[:, None]
    spread = blur(layer, 0.55 * view.unit) * 2.6 + blur(layer, 1.9 * view.unit) * 1.4
    veil = np.clip(1.25 - canvas.rgb.mean(axis=2, keepdims=True) * 4.5, 0.03, 1)
    canvas.add(spread * veil)


def _milky_way(canvas: Canvas, view: View) -> Array:
    columns, rows = view.grid()
    side = canvas.rng.choice((-1.0, 1.0))
    x, y = (columns - view.centre) / view.focal, (view.horizon - rows) / view.focal
    across = x * side - (y - 0.25) * 0.75 - canvas.rng.uniform(0.1, 0.35)
    along = x * side + y
    texture = canvas.noise.fbm(along * 3 + 40, across * 5, 6, gain=0.6)
    lane = canvas.noise.fbm(along * 4, across * 8 + 80, 5, gain=0.6)
    band = np.exp(-((across + texture * 0.05) ** 2) / 0.022) * (0.75 + 0.6 * texture)
    band *= 1 - 0.75 * smoothstep(0.0, 0.5, lane) * np.exp(-(across**2) / 0.006)
    band *= smoothstep(0.02, 0.25, y) * (1.0 if canvas.plan.has("stars") else 0.35)
    return np.maximum(band, 0)[..., None] * floats([0.050, 0.052, 0.075])


def _aurora(canvas: Canvas, view: View) -> Array:
    """Curtains: bright lower hems along wavy lines, rays fading upward from green to violet."""
    columns, rows = view.grid()
    x = columns / view.height
    light = np.zeros((view.height, view.width, 3), dtype=np.float32)
    for curtain in range(3):
        seed = floats(curtain * 13 + canvas.rng.uniform(0, 90))
        wave = canvas.noise.fbm(x * 0.9 + seed, np.full_like(x, seed), 3, exact=3)
        hem = view.horizon * (0.66 - 0.17 * curtain + 0.30 * wave)
        rays = canvas.noise.fbm(x * 17 + wave * 5 + seed, np.full_like(x, 3.1) + seed, 4)
        height = (hem - rows) / view.height
        fall = np.exp(-np.maximum(height, 0) / (0.13 + 0.06 * rays)) * smoothstep(-0.035, 0.012, height)
        fall = fall * (0.72 + 0.5 * rays) * (0.75 + 0.5 * canvas.noise.fbm(x * 1.7 + seed, x * 0, 2))
        share = np.clip(height / 0.30, 0, 1)
        green, violet = floats([0.08, 0.85, 0.38]), floats([0.50, 0.16, 0.75])
        if canvas.plan.has("violet"):
            green = floats([0.42, 0.22, 0.95])
        light += np.maximum(fall, 0)[..., None] * (mix(green, violet, share)) * (0.62 - 0.14 * curtain)
    return light


def _learn_horizon(canvas: Canvas) -> None:
    row = int(np.clip(canvas.view.horizon - 3 * canvas.view.unit, 0, canvas.view.height - 1))
    top = max(row - int(14 * canvas.view.unit), 0)
    line = canvas.rgb[top : row + 1].mean(axis=0)
    line = blur(np.minimum(line, 1.1)[None], 45 * canvas.view.unit)[0]
    canvas.horizon_glow = floats(0.72 * line + 0.28 * canvas.light.haze)


def rainbow(canvas: Canvas) -> None:
    """A bow opposite the sun."""
    view = canvas.view
    columns, rows = view.grid()
    centre = view.width - canvas.light.column if 0 < canvas.light.column < view.width else view.width * 0.5
    radius = np.hypot(columns - centre, rows - view.horizon * 1.35) / (view.width * 0.52)
    hue = (radius - 0.95) / 0.075
    bow = np.stack([np.exp(-(((hue - c) / 0.23) ** 2)) for c in (0.85, 0.5, 0.2)], axis=-1)
    canvas.add(bow * 0.22 * (rows < view.horizon)[..., None])
