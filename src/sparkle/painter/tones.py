"""What manners of picture making share: grading, saturation, flat areas, a dark rim. float32 RGB in [0, 1]."""

from __future__ import annotations

import cv2
import numpy as np

from sparkle.painter.engine.canvas import Array
from sparkle.painter.engine.noise import floats, smoothstep


def to_bytes(image: Array) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return levels from 0 to 255."""
    return np.asarray(np.clip(image * 255 + 0.5, 0, 255), dtype=np.uint8)


def grid(image: Array) -> tuple[Array, Array]:
    """Return columns and rows (H, W) in pixels of a picture of 832x468."""
    height, width = image.shape[:2]
    unit = np.sqrt(height * width) / 624
    rows, columns = floats(np.mgrid[0:height, 0:width])
    return columns / unit, rows / unit


def unit_of(image: Array) -> float:
    """Return the size of a pixel of an 832x468 picture, in pixels of this one."""
    return float(np.sqrt(image.shape[0] * image.shape[1]) / 624)


def grade(image: Array, shadow: str, light: str, strength: float) -> Array:
    """Pull the shadows toward one display colour and the lights toward another."""
    grey = image @ floats([0.3, 0.59, 0.11])
    low, high = (floats([int(code[i : i + 2], 16) for i in (0, 2, 4)]) / 255 for code in (shadow, light))
    tint = low * (1 - grey[..., None]) + high * grey[..., None]
    tint = tint / np.maximum(tint @ floats([0.3, 0.59, 0.11]), 0.05)[..., None] * grey[..., None]
    return image * (1 - strength) + tint * strength


def saturate(image: Array, amount: float) -> Array:
    """Make an image more colourful, or less below 1."""
    grey = (image @ floats([0.3, 0.59, 0.11]))[..., None]
    return grey + (image - grey) * amount


def vignette(image: Array, strength: float) -> Array:
    """Darken the rim."""
    height, width = image.shape[:2]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    return image * (1 - strength * smoothstep(0.45, 1.5, np.hypot(x, y)))[..., None]


def kuwahara(image: Array, radius: int) -> Array:
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
