"""Manners of picture making, applied to a finished picture: paints, inks, films, pixels. float32 RGB in [0, 1]."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from sparkle.painter.engine.canvas import Array, blur
from sparkle.painter.engine.noise import Noise, floats, smoothstep

Style = Callable[[Array, Noise, np.random.Generator], Array]


def _bytes(image: Array) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(np.clip(image * 255 + 0.5, 0, 255), dtype=np.uint8)


def _grid(image: Array) -> tuple[Array, Array]:
    height, width = image.shape[:2]
    unit = np.sqrt(height * width) / 624
    rows, columns = floats(np.mgrid[0:height, 0:width])
    return columns / unit, rows / unit


def _unit(image: Array) -> float:
    return float(np.sqrt(image.shape[0] * image.shape[1]) / 624)


def _grade(image: Array, shadow: str, light: str, strength: float) -> Array:
    """Pull the shadows toward one display colour and the lights toward another."""
    grey = image @ floats([0.3, 0.59, 0.11])
    low, high = (floats([int(code[i : i + 2], 16) for i in (0, 2, 4)]) / 255 for code in (shadow, light))
    tint = low * (1 - grey[..., None]) + high * grey[..., None]
    tint = tint / np.maximum(tint @ floats([0.3, 0.59, 0.11]), 0.05)[..., None] * grey[..., None]
    return image * (1 - strength) + tint * strength


def _saturate(image: Array, amount: float) -> Array:
    grey = (image @ floats([0.3, 0.59, 0.11]))[..., None]
    return grey + (image - grey) * amount


def _smear(image: Array, angle: Array, length: float, steps: int = 10) -> Array:
    """Average along a direction field: strokes."""
    height, width = image.shape[:2]
    rows, columns = floats(np.mgrid[0:height, 0:width])
    dx, dy = np.cos(angle) * length / steps, np.sin(angle) * length / steps
    total = np.zeros_like(image)
    for step in range(-steps // 2, steps // 2 + 1):
        at = (floats(columns + dx * step), floats(rows + dy * step))
        total += cv2.remap(image, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return total / (steps + 1)


def _flow_angle(image: Array, noise: Noise, wander: float = 0.8) -> Array:
    """Directions along edges, filled in by a slow random drift where nothing is."""
    grey = blur(np.ascontiguousarray(image.mean(axis=2)), 2.5 * _unit(image))
    gx, gy = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    xx, yy, xy = (blur(p, 5 * _unit(image)) for p in (gx * gx, gy * gy, gx * gy))
    angle = 0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2
    u, v = _grid(image)
    return angle + wander * noise.fbm(u / 130, v / 130, 2)


def _strokes(image: Array, noise: Noise, angle: Array, length: float, relief: float) -> Array:
    """Brush strokes along `angle`, with the ridges of the paint catching light."""
    unit = _unit(image)
    u, v = _grid(image)
    bristle = floats(noise.quick(u / 1.5, v / 1.5) + 0.7 * noise.quick(u / 3.2 + 40, v / 3.2))
    combed = _smear(bristle[..., None].repeat(3, axis=2), angle, length * 1.2 * unit)[..., 0]
    paint = _smear(image, angle, length * unit)
    slope = cv2.Sobel(combed, cv2.CV_32F, 1, 1, ksize=3) + cv2.Sobel(combed, cv2.CV_32F, 0, 1, ksize=3)
    return paint * (1 + 0.16 * relief * combed[..., None]) + 0.05 * relief * slope[..., None]


def photo(image: Array, noise: Noise, rng: np.random.Generator) -> Array:
    """As the camera saw it."""
    return image


def oil(image: Array, noise: Noise, rng: np.random.Generator) -> Array:
    """Old-master oil: merged tones, visible brushwork, warm varnish and deep shadows."""
    flat = _kuwahara(image, max(round(3.2 * _unit(image)), 1))
    painted = _strokes(flat, noise, _flow_angle(flat, noise, 0.3), 13, 0.8)
    graded = _grade(painted, "2a1a0c", "ffe6b4", 0.34)
    contrast = np.clip((graded - 0.5) * 1.16 + 0.47, 0, 1)
    return _vignette(contrast, 0.45)


def swirls(image: Array, noise: Noise, rng: np.random.Generator) -> Array:
    """Thick strokes that whirl in the upper half, stars with rings, strong blues and yellows."""
    height, width = image.shape[:2]
    u, v = _grid(image)
    angle = _flow_angle(image, noise, 1.4)
    upper = smoothstep(0.62, 0.45, floats(np.mgrid[0:height, 0:width][0]) / height)
    swirl = 0.25 * np.sin(u / 90) + 1.2 * noise.fbm(u / 170, v / 120, 2)
    rings = np.zeros((height, width), dtype=np.float32)
    wide = width / _unit(image)
    tall = height / _unit(image)
    for number in range(9):
        cx, cy = rng.uniform(0.03, 0.97) * wide, rng.uniform(0.05, 0.40) * tall
        size = rng.uniform(20, 52) if number else 78
        distance = np.hypot(u - cx, v - cy)
        near = np.exp(-((distance / (size * 1.8)) ** 2))
        swirl = swirl * (1 - near) + (np.arctan2(v - cy, u - cx) + np.pi / 2 + 0.25) * near
        rings += near**1.3 * (0.55 + 0.45 * np.cos(distance / 4.6)) + 1.2 * np.exp(
            -((distance / (size * 0.24)) ** 2)
        )
    direction = swirl * upper + angle * (1 - upper)
    bands = 0.5 + 0.5 * np.sin(
        (v * np.cos(swirl) - u * np.sin(swirl)) / 11 + 3.5 * noise.fbm(u / 100, v / 100, 3)
    )
    night = (
        floats([0.10, 0.22, 0.55]) * (1 - bands[..., None]) + floats([0.40, 0.62, 0.86]) * bands[..., None]
    )
    sky = night * (0.55 + 0.5 * blur(image, 3).mean(axis=2, keepdims=True)) + np.clip(rings, 0, 1.1)[
        ..., None
    ] * floats([0.95, 0.78, 0.22])
    base = _saturate(image, 1.5) * 0.9 + floats([0.01, 0.03, 0.09])
    mixed = base * (1 - upper[..., None] * 0.92) + sky * upper[..., None] * 0.92
    return np.clip(_strokes(mixed, noise, direction, 20, 1.9), 0, 1)


def impressionist(image: Array, noise: Noise, rng: np.random.Generator) -> Array:
    """Short dabs of broken colour."""
    unit, (height, width) = _unit(image), image.shape[:2]
    angle = _flow_angle(image, noise, 0.5)
    soft = np.ascontiguousarray(_bytes(_saturate(blur(image, 1.2 * unit), 1.25)))
    canvas = _bytes(_saturate(blur(image, 6 * unit), 1.1))
    for size, count in ((7.0, 5200), (4.4, 9000), (2.8, 9000)):
        xs, ys = rng.uniform(0, width, count), rng.uniform(0, height, count)
        ix, iy = xs.astype(int).clip(0, width - 1), ys.astype(int).clip(0, height - 1)
        tones = np.clip(
            soft[iy, ix] + rng.normal(0, 9, (count, 3)) + rng.normal(0, 7, (count, 1)), 0, 255
        ).tolist()
        turns = angle[iy, ix] + rng.normal(0, 0.25, count)
        long, thin = size * unit * 1.5, max(size * unit * 0.55, 0.7)
        d, n = np.stack([np.cos(turns), np.sin(turns)], 1), np.stack([-np.sin(turns), np.cos(turns)], 1)
        at = np.stack([xs, ys], 1)
        dabs = np.stack(
            [
                at - d * long,
                at - d * long * 0.5 + n * thin,
                at + d * long * 0.5 + n * thin,
                at + d * long,
                at + d * long * 0.5 - n * thin,
                at - d * long * 0.5 - n * thin,
            ],
            1,
        )
        for shape, tone in zip((dabs * 16).astype(np.int32), tones, strict=True):
            cv2.fillConvexPoly(canvas, shape, tone, cv2.LINE_AA, 4)
    painted = floats(canvas) / 255
    return np.clip(painted * 1.03 + 0.02, 0, 1)


def watercolor(image: Array, noise: Noise, rng: np.random.Generator) -> Array:
    """Washes that pool at their edges, bleeding outlines, paper grain, a white margin that breaks in."""
    unit = _unit(image)
    u, v = _grid(image)
    bleed = np.stack([noise.fbm(u / 22, v / 22, 4), noise.fbm(u / 22 + 50, v / 22, 4)], axis=-1) * 4.5 * unit
    rows, columns = floats(np.mgrid[0 : image.shape[0], 0 : image.shape[1]])
    wet = cv2.remap(
        image, columns + bleed[..., 0], rows + bleed[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    flat = _kuwahara(wet, max(round(4 * unit), 1))
    levels = np.floor(flat * 7 + 0.5) / 7
    washes = 0.55 * blur(levels, 1.0 * unit) + 0.45 * flat
    edge = np.abs(blur(washes, 1.2 * unit) - blur(washes, 4 * unit)).mean(axis=2, keepdims=True)
    pale = 1 - (1 - _saturate(washes, 1.12)) * (0.78 + 0.22 * noise.fbm(u / 70, v / 70, 4)[..., None])
    paper = 1 + 0.035 * (noise.quick(u / 1.1, v / 1.1) + noise.quick(u / 2.3 + 9, v / 2.3))[..., None]
    inked = (pale - edge * 1.1) * paper
    margin = np.minimum(np.minimum(u, u.max() - u), np.minimum(v, v.max() - v)) + 22 * noise.fbm(
        u / 45, v / 45, 5
    )
    share = smoothstep(2, 22, margin)[..., None]
    return floats(np.clip(inked * share + (0.965 * paper) * (1 - share) * floats([1.0, 0.99, 0.96]), 0, 1))


def ink(image: Array, noise: Noise, rng: np.random.Generator) -> Array:
    """Ink wash on warm paper: grey tones, dry-brush edges, mist left blank, a red seal."""
    unit = _unit(image)
    u, v = _grid(image)
    grey = image @ floats([0.3, 0.59, 0.11])
    soft = _kuwahara(np.repeat(grey[..., None], 3, axis=2), max(round(3 * unit), 1))[..., 0]
    soft = soft + 0.6 * (soft - blur(soft, 45 * unit))
    tone = np.clip((soft - 0.12) / 0.66, 0, 1) ** 0.9
    tone = tone + 0.07 * noise.fbm(u / 30, v / 30, 4) * (1 - tone)
    fine, wide = blur(soft, 0.8 * unit), blur(soft, 2.0 * unit)
    lines = smoothstep(0.012, 0.06, wide - fine) * smoothstep(-0.55, 0.25, noise.fbm(u / 3, v / 16, 3))
    dark = np.clip(tone - 0.55 * lines, 0, 1)
    fibre = 0.018 * (noise.quick(u / 0.9, v / 5) + noise.quick(u / 6, v / 1.1))
    paper, black = floats([0.93, 0.895, 0.82]), floats([0.10, 0.11, 0.125])
    picture = black * (1 - dark[..., None]) + (paper + fibre[..., None]) * dark[..., None]
    height, width = grey.shape
    size = max(int(20 * unit), 3)
    top, left = int(height * 0.08), int(width * 0.93) - size
    if top + size < height and left > 0:
        picture[top : top + size, left : left + size] = floats([0.72, 0.16, 0.12]) * (
            0.92 + 0.1 * fibre[top : top + size, left : left + size, None]
        )
        inner = (
            slice(top + size // 4, top + 3 * size // 4, max(size // 5, 1)),
            slice(left + size // 5, left + 4 * size // 5),
        )
        picture[inner] = paper
    return np.clip(picture, 0, 1)


def sketch(image: Array, noise: Noise, rng: np.random.Generator) -> Array:
    """Pencil: contours and hatching on paper."""
    unit = _unit(image)
    u, v = _grid(image)
    grey = floats(image @ floats([0.3, 0.59, 0.11]))
    inverse = blur(1 - grey, 6 * unit)
    dodge = np.clip(grey / np.maximum(1 - inverse, 0.05), 0, 1)
    hatch = 0.5 + 0.5 * np.sin((u + v) * 1.15 + 2 * noise.fbm(u / 40, v / 40, 2))
    cross = 0.5 + 0.5 * np.sin((u - v) * 1.15)
    shade = np.minimum(
        np.where(grey < 0.55, 0.62 + 0.38 * hatch, 1), np.where(grey < 0.30, 0.55 + 0.45 * cross, 1)
    )
    paper = 0.96 + 0.02 * noise.quick(u / 1.2, v / 1.2)
    lines = np.clip(dodge**1.6 * shade * paper, 0, 1)[..., None]
    return lines * floats([0.99, 0.98, 0.95])


def pixel(image: Array, noise: Noise, rng: np.random.Generator) -> Array:
    """Large square pixels in few colours with ordered dithering."""
    height, width = image.shape[:2]
    size = max(round(np.sqrt(height * width) / 150), 2)
    small = cv2.resize(image, (max(width // size, 2), max(height // size, 2)), interpolation=cv2.INTER_AREA)
    bayer = floats([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) / 16 - 0.47
    tile = np.tile(bayer, (small.shape[0] // 4 + 1, small.shape[1] // 4 + 1))[
        : small.shape[0], : small.shape[1], None
    ]
    few = np.floor(np.clip(_saturate(small, 1.3) + tile * 0.13, 0, 1) * 6 + 0.5) / 6
    return np.asarray(cv2.resize(few, (width, height), interpolation=cv2.INTER_NEAREST), dtype=np.float32)


def cartoon(image: Array, noise: Noise, rng: np.random.Generator) -> Array:
    """Flat bright tones with soft steps and dark outlines."""
    unit = _unit(image)
    flat = _kuwahara(image, max(round(2.6 * unit), 1))
    steps = np.floor(flat * 9) / 9 + smoothstep(0.35, 0.65, flat * 9 - np.floor(flat * 9)) / 9
    grey = blur(floats(flat.mean(axis=2)), 0.8 * unit)
    wide = blur(grey, 1.7 * unit)
    line = smoothstep(0.012, 0.035, wide - grey)[..., None]
    return np.clip(_saturate(steps, 1.35) * 1.04 * (1 - 0.75 * line), 0, 1)


def low_poly(image: Array, noise: Noise, rng: np.random.Generator) -> Array:
    """Triangles of one tone each, denser along edges."""
    height, width = image.shape[:2]
    grey = floats(image.mean(axis=2))
    busy = np.abs(grey - blur(grey, 6 * _unit(image))) + 0.012
    flat_share = np.cumsum(busy.ravel().astype(np.float64))
    chosen = np.searchsorted(flat_share, rng.uniform(0, flat_share[-1], 1500))
    points = floats(np.stack([chosen % width, chosen // width], axis=1))
    border = [(x, y) for x in np.linspace(0, width - 1, 9) for y in (0, height - 1)] + [
        (x, y) for y in np.linspace(0, height - 1, 7) for x in (0, width - 1)
    ]
    division = cv2.Subdiv2D((0, 0, width, height))
    for x, y in [*points.tolist(), *border]:
        division.insert((float(np.clip(x, 0, width - 1.01)), float(np.clip(y, 0, height - 1.01))))
    soft = blur(image, 2.0 * _unit(image))
    out = _bytes(soft)
    for triangle in division.getTriangleList():
        corners = floats(triangle).reshape(3, 2)
        centre = corners.mean(axis=0).round().astype(int)
        if 0 <= centre[0] < width and 0 <= centre[1] < height:
            tone = (_saturate(soft[centre[1], centre[0]][None], 1.2)[0] * 255).clip(0, 255).tolist()
            cv2.fillConvexPoly(out, (corners * 16).astype(np.int32), tone, cv2.LINE_AA, 4)
    return floats(out) / 255


def noir(image: Array, noise: Noise, rng: np.random.Generator) -> Array:
    """Black and white with deep shadows, glowing lights and grain."""
    grey = floats(image @ floats([0.36, 0.52, 0.12]))
    grey = np.clip(grey * 1.18, 0, 1)
    curve = grey + 0.13 * np.sin((grey - 0.5) * 2 * np.pi) * 0.8
    bloom = blur(floats(np.clip(grey - 0.6, 0, 1)), 9 * _unit(image)) * 0.7
    film = curve + bloom + floats(rng.normal(0, 0.022, grey.shape))
    picture = np.repeat(np.clip(film, 0, 1)[..., None], 3, axis=2) * floats([0.985, 0.99, 1.0])
    return _vignette(picture, 0.55)


@dataclass(frozen=True, slots=True)
class Grade:
    """A manner that only changes tones, in this order: how colourful it is; what share of it is blurred, and how wide;
    display colours toward which shadows and lights are pulled, and how far; light that blooms around lights; how
    colourful then; contrast around a half, gain and lift; stains and specks; darkness of the rim."""

    shadow: str
    light: str
    strength: float
    colourful: float = 1.0
    blurred: tuple[float, float] = (0.0, 0.0)
    bloom: float = 0.0
    vivid: float = 1.0
    contrast: float = 1.0
    gain: float = 1.0
    lift: tuple[float, float, float] = (0.0, 0.0, 0.0)
    worn: float = 0.0
    rim: float = 0.0

    def __call__(self, image: Array, noise: Noise, rng: np.random.Generator) -> Array:
        """Grade a picture."""
        unit, (share, wide) = _unit(image), self.blurred
        soft = image * (1 - share) + blur(image, wide * unit) * share if share else image
        graded = _grade(_saturate(soft, self.colourful), self.shadow, self.light, self.strength)
        if self.bloom:
            graded = graded + blur(floats(np.clip(graded - 0.55, 0, 1)), 10 * unit) * self.bloom
        toned = ((_saturate(graded, self.vivid) - 0.5) * self.contrast + 0.5) * self.gain + floats(self.lift)
        if self.worn:
            u, v = _grid(image)
            stain = 1 + self.worn * noise.fbm(u / 160, v / 160, 4)[..., None]
            toned = toned * stain + floats(rng.normal(0, 0.32 * self.worn, image.shape[:2]))[..., None]
        return _vignette(floats(np.clip(toned, 0, 1)), self.rim)


def pastel(image: Array, noise: Noise, rng: np.random.Generator) -> Array:
    """Light, rosy and soft."""
    height = image.shape[0]
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    tint = floats([0.80, 0.80, 1.0]) * (1 - rows) + floats([1.0, 0.82, 0.86]) * rows
    grey = (image @ floats([0.3, 0.59, 0.11]))[..., None]
    soft = 0.55 * image + 0.45 * blur(image, 5 * _unit(image))
    mild = 0.55 * soft + 0.45 * (tint * (0.45 + 0.62 * grey))
    return np.clip(0.06 + 1.0 * mild, 0, 1)


def _kuwahara(image: Array, radius: int) -> Array:
    """Of four neighbouring windows take the calmest mean: flat areas, crisp borders."""
    mean = cv2.blur(image, (radius + 1, radius + 1))
    square = cv2.blur(image * image, (radius + 1, radius + 1))
    variance = (square - mean * mean).sum(axis=2)
    half = (radius + 1) // 2
    best, lowest = mean, np.full(variance.shape, np.inf, dtype=np.float32)
    for dy in (-half, half):
        for dx in (-half, half):
            there_mean, there_var = _shifted(mean, dy, dx), _shifted(variance, dy, dx)
            calm = there_var < lowest
            lowest = np.where(calm, there_var, lowest)
            best = np.where(calm[..., None], there_mean, best)
    return best


def _shifted(image: Array, down: int, right: int) -> Array:
    """Move an image, repeating its border."""
    height, width = image.shape[:2]
    rows = np.clip(np.arange(height) - down, 0, height - 1)
    columns = np.clip(np.arange(width) - right, 0, width - 1)
    return floats(image[rows][:, columns])


def _vignette(image: Array, strength: float) -> Array:
    height, width = image.shape[:2]
    x, y = (
        np.linspace(-1, 1, width, dtype=np.float32)[None],
        np.linspace(-1, 1, height, dtype=np.float32)[:, None],
    )
    return image * (1 - strength * smoothstep(0.45, 1.5, np.hypot(x, y)))[..., None]


STYLES: dict[str, Style] = {
    "photo": photo,
    "oil": oil,
    "swirls": swirls,
    "impressionist": impressionist,
    "watercolor": watercolor,
    "ink": ink,
    "sketch": sketch,
    "pixel": pixel,
    "cartoon": cartoon,
    "low poly": low_poly,
    "noir": noir,
    "vintage": Grade(
        "3a2413", "f6dfae", 0.58, 0.55, gain=0.88, lift=(0.065, 0.05, 0.035), worn=0.05, rim=0.45
    ),
    "neon": Grade("150c3a", "d8f4ff", 0.22, bloom=0.8, vivid=1.22),
    "cinematic": Grade("0c2a33", "ffdfae", 0.34, 0.9, contrast=1.12, lift=(-0.015, -0.015, -0.015), rim=0.4),
    "gothic": Grade("0a1220", "cfe0ea", 0.4, 0.6, gain=1.02, rim=0.55),
    "pastel": pastel,
    "romantic": Grade("4a1f33", "ffe2bf", 0.24, blurred=(0.25, 7), gain=1.03),
}
