"""Above the clouds: floating islands, seas of cloud, heaped clouds."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from sparkle.painter.engine.canvas import Array, Canvas, blur
from sparkle.painter.engine.ground import Ground, paint_land
from sparkle.painter.engine.kinds import Kind
from sparkle.painter.engine.noise import floats, smoothstep
from sparkle.painter.engine.palette import colour, mix, tones
from sparkle.painter.engine.plants import tree
from sparkle.painter.engine.sky import paint_sky
from sparkle.painter.engine.sprites import Sprite, paste


def paint_islands(canvas: Canvas) -> None:
    """Rocks with grass and trees that float above a sea of clouds, thin waterfalls pouring from them."""
    cloud_sea(canvas)
    rng, view = canvas.rng, canvas.view
    left = ((-0.78, 0.30, 0.16), (-0.30, 0.22, 0.07), (-0.98, 0.62, 0.20))
    right = ((0.70, 0.22, 0.13), (0.25, 0.36, 0.08), (0.93, 0.52, 0.22))
    for x, y, size in sorted(left + right, key=lambda spot: spot[2]):
        sprite = island(canvas, int(rng.integers(1 << 30)))
        wide = size * view.width * 1.7 * rng.uniform(0.9, 1.15)
        tall = wide * sprite.rgba.shape[0] / sprite.rgba.shape[1]
        c = (0.5 + x / 2) * view.width
        paste(canvas, sprite, (c - wide / 2, y * view.height - tall * 0.45, wide, tall), 900 * 0.09 / size)
    cloud_sea(canvas, low=True)


def island(canvas: Canvas, seed: int) -> Sprite:
    """One floating rock: a grassy top with trees, a tapering crag below, a fall of water."""
    rng = np.random.default_rng(seed)
    width, height = 640, 620
    noise, light = canvas.noise, canvas.light
    rows, columns = np.mgrid[0:height, 0:width]
    shift = float(rng.uniform(0, 90))
    x, top = (columns - width / 2) / (width * 0.46), 270.0
    down = (rows - top) / (height - top)
    edge = 1 - 0.10 * noise.fbm(x * 3 + shift, x * 0 + shift, 3)
    depth = np.clip(1 - np.abs(x) ** 1.5, 0, 1) * (0.72 + 0.5 * noise.fbm(x * 4.2 + shift, x * 0 + 3, 4))
    rock = (down > 0) & (down < depth) & (np.abs(x) < edge)
    mound = top - 16 * np.clip(1 - x * x, 0, 1) - 7 * noise.fbm(x * 6 + shift, x * 0, 3)
    turf = (
        (rows > mound) & (rows < top + 9 + 9 * noise.fbm(x * 13 + shift, x * 0 + 9, 3)) & (np.abs(x) < edge)
    )
    facet = noise.ridged(x * 3.2 + shift, down * 2.6 + shift, 5)
    strata = noise.fbm(x * 2 + shift, down * 11, 4)
    facing = np.clip(0.46 - 0.42 * x + 0.55 * (facet - 0.4) - 0.35 * down, 0.02, 1)
    stone = (mix(colour("5c5048"), colour("b7a48e"), facing)) * (1 + 0.22 * strata[..., None])
    tufts = colour("4c7a2a") * (0.9 + 0.5 * noise.fbm(x * 20, rows / 7, 3)[..., None])
    grass = tufts + colour("9cc24e") * np.clip((top - rows) / 30, 0, 0.5)[..., None]
    albedo = np.where(turf[..., None], grass, stone)
    shade = np.where(turf, 0.75, 0.15 + 0.75 * facing)[..., None]
    rgb = albedo * (light.sun * shade * 0.8 + light.ambient * (0.9 - 0.35 * np.clip(down, 0, 1)[..., None]))
    alpha = rock | turf
    sheet = np.dstack([rgb * alpha[..., None], alpha])
    for _ in range(7):
        plant = tree(canvas, ("leafy", "young", "cherry")[rng.integers(3)], rng)
        tall = int(rng.uniform(90, 175))
        image = cv2.resize(plant.rgba, (int(tall * 1.4), tall), interpolation=cv2.INTER_AREA)
        left = int(np.clip(width / 2 + rng.normal(0, 0.22) * width - tall * 0.7, 0, width - image.shape[1]))
        bottom = int(top - 4)
        part = sheet[bottom - tall : bottom, left : left + image.shape[1]]
        part *= 1 - image[..., 3:]
        part += image
    _fall(sheet, canvas, rng, top)
    sprite = Sprite(sheet, kind=Kind.SOLID)
    return sprite.mirrored() if light.direction[0] > 0 else sprite


def _fall(sheet: Array, canvas: Canvas, rng: np.random.Generator, top: float) -> None:
    height, width = sheet.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width]
    column_ = width * (0.5 + rng.choice((-1.0, 1.0)) * rng.uniform(0.18, 0.30))
    down = np.clip((rows - top + 6) / (height - top), 0, 1)
    streak = canvas.noise.fbm(columns / 9, rows / 60, 4)
    sheer = np.exp(-(((columns - column_) / (7 + 16 * down)) ** 2)) * (rows > top - 6) * (1 - down) ** 0.8
    alpha = sheer * np.clip(0.75 + 0.6 * streak, 0, 1) * 0.9
    white = floats([0.92, 0.96, 1.0]) * (canvas.light.sun * 0.5 + canvas.light.ambient * 0.8)
    sheet *= 1 - alpha[..., None]
    sheet[..., :3] += white * alpha[..., None]
    sheet[..., 3] += alpha


def cloud_sea(canvas: Canvas, low: bool = False) -> None:
    """An endless floor of billowing clouds below the eye; `low` adds the nearest wisps only."""
    view, noise, palette = canvas.view, canvas.noise, canvas.palette
    columns, rows = view.grid()
    if low:
        u, v = columns / view.height * 1.6, rows / view.height * 2.6
        wisp = noise.fbm(u + 4, v + 0.5 * noise.fbm(u, v, 3), 6, gain=0.55)
        alpha = smoothstep(-0.1, 0.6, wisp + (rows / view.height - 0.92) * 3.2)
        tone = palette.cloud_lit * 0.92
        canvas.blend(tone, alpha * 0.9)
        return
    shift = float(canvas.rng.uniform(0, 60))

    def height(x: Array, z: Array) -> Array:
        base = noise.fbm(x / 420 + shift, z / 420, 3, gain=0.42, exact=3)
        billow = 1 - np.abs(noise.fbm(x / 170 + 9, z / 170 + shift, 2, exact=2)) * 1.3
        return -150 + 46 * base + 34 * billow

    def cover(ground: Ground) -> Array:
        soft = noise.fbm(ground.x / 40, ground.z / 40 + ground.height / 30, 4)
        return floats([0.60, 0.61, 0.65]) * (1 + 0.09 * soft[..., None])

    paint_land(canvas, height, cover, 120, 9000)
    canvas.kinds[:] = Kind.SKY
    box_ = (slice(int(view.horizon * 0.9), view.height), slice(None))
    canvas.rgb[box_] = canvas.rgb[box_] * 0.55 + blur(canvas.rgb[box_], 5 * view.unit) * 0.45


def paint_cloud_sky(canvas: Canvas) -> None:
    """High in the air: towering soft clouds above a floor of clouds."""
    if canvas.plan.style == "pastel" or canvas.plan.has("pink"):
        high = tones(
            zenith="8fa8e0", middle="d8b4e4", horizon="ffd6c8", cloud_lit="fff0ea", cloud_shade="9f7fc4"
        )
        canvas.palette = replace(canvas.palette, **high)
    paint_sky(canvas)
    cloud_sea(canvas)
    cumulus(canvas, 5)


def cumulus(canvas: Canvas, count: int) -> None:
    """Heaped clouds built of many lit puffs, soft at the rim."""
    view, rng, palette, noise = canvas.view, canvas.rng, canvas.palette, canvas.noise
    side = -1.0 if canvas.light.direction[0] < 0 else 1.0
    columns, rows = view.grid()
    for number in range(count):
        cx = (number + rng.uniform(0.1, 0.9)) / count * view.width
        base, wide = view.horizon * rng.uniform(0.55, 0.95), view.width * rng.uniform(0.09, 0.17)
        shape = np.zeros(canvas.depth.shape, dtype=np.float32)
        lift = np.zeros_like(shape)
        for _ in range(26):
            px, r = cx + rng.normal(0, 0.5) * wide, wide * rng.uniform(0.16, 0.42)
            py = base - abs(rng.normal(0, 0.42)) * wide * np.exp(-(((px - cx) / wide) ** 2)) * 1.3 - r * 0.3
            d = ((columns - px) / r) ** 2 + ((rows - py) / (r * 0.85)) ** 2
            puff = np.exp(-d * 1.1)
            shape += puff
            lift += puff * np.clip(0.5 - 0.5 * (rows - py) / r + 0.28 * side * (columns - px) / r, -0.2, 1.2)
        ragged = noise.fbm(columns / wide * 2.4 + number, rows / wide * 2.4, 6, gain=0.55)
        alpha = smoothstep(0.35, 0.85, shape + 0.5 * ragged) * smoothstep(
            base + 0.26 * wide, base - 0.06 * wide, rows + 0.3 * wide * ragged
        )
        bright = np.clip(lift / np.maximum(shape, 1e-3) + 0.25 * ragged, 0, 1)
        tone = mix(palette.cloud_shade * 1.1, palette.cloud_lit, bright)
        canvas.blend(tone, alpha * 0.96)
