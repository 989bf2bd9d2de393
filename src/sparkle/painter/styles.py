"""All manners of picture making, applied to a finished picture: by hand, films, pixels. float32 RGB in [0, 1]."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from sparkle.painter.engine.canvas import Array, blur
from sparkle.painter.engine.noise import Noise, floats, smoothstep
from sparkle.painter.handmade import impressionist, ink, oil, sketch, swirls, watercolor
from sparkle.painter.tones import grade, grid, kuwahara, saturate, to_bytes, unit_of, vignette

Style = Callable[[Array, Noise, np.random.Generator], Array]


def photo(image: Array, noise: Noise, rng: np.random.Generator) -> Array:
    """As the camera saw it."""
    return image


def pixel(image: Array, noise: Noise, rng: np.random.Generator) -> Array:
    """Large square pixels in few colours with ordered dithering."""
    height, width = image.shape[:2]
    size = max(round(np.sqrt(height * width) / 150), 2)
    small = cv2.resize(image, (max(width // size, 2), max(height // size, 2)), interpolation=cv2.INTER_AREA)
    bayer = floats([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) / 16 - 0.47
    tile = np.tile(bayer, (small.shape[0] // 4 + 1, small.shape[1] // 4 + 1))[
        : small.shape[0], : small.shape[1], None
    ]
    few = np.floor(np.clip(saturate(small, 1.3) + tile * 0.13, 0, 1) * 6 + 0.5) / 6
    return np.asarray(cv2.resize(few, (width, height), interpolation=cv2.INTER_NEAREST), dtype=np.float32)


def cartoon(image: Array, noise: Noise, rng: np.random.Generator) -> Array:
    """Flat bright tones with soft steps and dark outlines."""
    unit = unit_of(image)
    flat = kuwahara(image, max(round(2.6 * unit), 1))
    steps = np.floor(flat * 9) / 9 + smoothstep(0.35, 0.65, flat * 9 - np.floor(flat * 9)) / 9
    grey = blur(floats(flat.mean(axis=2)), 0.8 * unit)
    wide = blur(grey, 1.7 * unit)
    line = smoothstep(0.012, 0.035, wide - grey)[..., None]
    return np.clip(saturate(steps, 1.35) * 1.04 * (1 - 0.75 * line), 0, 1)


def low_poly(image: Array, noise: Noise, rng: np.random.Generator) -> Array:
    """Triangles of one tone each, denser along edges."""
    height, width = image.shape[:2]
    grey = floats(image.mean(axis=2))
    busy = np.abs(grey - blur(grey, 6 * unit_of(image))) + 0.012
    flat_share = np.cumsum(busy.ravel().astype(np.float64))
    chosen = np.searchsorted(flat_share, rng.uniform(0, flat_share[-1], 1500))
    points = floats(np.stack([chosen % width, chosen // width], axis=1))
    border = [(x, y) for x in np.linspace(0, width - 1, 9) for y in (0, height - 1)] + [
        (x, y) for y in np.linspace(0, height - 1, 7) for x in (0, width - 1)
    ]
    division = cv2.Subdiv2D((0, 0, width, height))
    for x, y in [*points.tolist(), *border]:
        division.insert((float(np.clip(x, 0, width - 1.01)), float(np.clip(y, 0, height - 1.01))))
    soft = blur(image, 2.0 * unit_of(image))
    out = to_bytes(soft)
    for triangle in division.getTriangleList():
        corners = floats(triangle).reshape(3, 2)
        centre = corners.mean(axis=0).round().astype(int)
        if 0 <= centre[0] < width and 0 <= centre[1] < height:
            tone = (saturate(soft[centre[1], centre[0]][None], 1.2)[0] * 255).clip(0, 255).tolist()
            cv2.fillConvexPoly(out, (corners * 16).astype(np.int32), tone, cv2.LINE_AA, 4)
    return floats(out) / 255


def noir(image: Array, noise: Noise, rng: np.random.Generator) -> Array:
    """Black and white with deep shadows, glowing lights and grain."""
    grey = floats(image @ floats([0.36, 0.52, 0.12]))
    grey = np.clip(grey * 1.18, 0, 1)
    curve = grey + 0.13 * np.sin((grey - 0.5) * 2 * np.pi) * 0.8
    bloom = blur(floats(np.clip(grey - 0.6, 0, 1)), 9 * unit_of(image)) * 0.7
    film = curve + bloom + floats(rng.normal(0, 0.022, grey.shape))
    picture = np.repeat(np.clip(film, 0, 1)[..., None], 3, axis=2) * floats([0.985, 0.99, 1.0])
    return vignette(picture, 0.55)


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
        unit, (share, wide) = unit_of(image), self.blurred
        soft = image * (1 - share) + blur(image, wide * unit) * share if share else image
        graded = grade(saturate(soft, self.colourful), self.shadow, self.light, self.strength)
        if self.bloom:
            graded = graded + blur(floats(np.clip(graded - 0.55, 0, 1)), 10 * unit) * self.bloom
        toned = ((saturate(graded, self.vivid) - 0.5) * self.contrast + 0.5) * self.gain + floats(self.lift)
        if self.worn:
            u, v = grid(image)
            stain = 1 + self.worn * noise.fbm(u / 160, v / 160, 4)[..., None]
            toned = toned * stain + floats(rng.normal(0, 0.32 * self.worn, image.shape[:2]))[..., None]
        return vignette(floats(np.clip(toned, 0, 1)), self.rim)


def pastel(image: Array, noise: Noise, rng: np.random.Generator) -> Array:
    """Light, rosy and soft."""
    height = image.shape[0]
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    tint = floats([0.80, 0.80, 1.0]) * (1 - rows) + floats([1.0, 0.82, 0.86]) * rows
    grey = (image @ floats([0.3, 0.59, 0.11]))[..., None]
    soft = 0.55 * image + 0.45 * blur(image, 5 * unit_of(image))
    mild = 0.55 * soft + 0.45 * (tint * (0.45 + 0.62 * grey))
    return np.clip(0.06 + 1.0 * mild, 0, 1)


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
