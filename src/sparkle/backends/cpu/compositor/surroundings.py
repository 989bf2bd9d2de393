"""Directional light: each part of the subject is lit by the part of the background that it faces.

The silhouette is read as a relief: near its left contour the surface faces left, near the top upwards, in the
middle the viewer. A point takes light from the blurred background in that direction, relative to the subject's
average, with bounds. A sun at the left brightens and warms the left side; a dark floor darkens the lower part. What
the old place's light did in the same way is in the picture already, and is not done again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.compositor.extend import extend_colours
from sparkle.backends.cpu.compositor.light import LUMINANCE, Float, to_linear
from sparkle.backends.cpu.compositor.window import Window, sampled
from sparkle.roles import Frames, Masks

SCALE = 8
_LIGHT_EXPONENT = 0.4
_COLOUR_EXPONENT = 0.22
_LARGEST = 0.34  # natural logarithm of linear light
_GAMMA = 2.2


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Light around the subject at 1/8 size: `light` linear RGB (h, w, 3), blurred; in its pixels `reach`, and `relief`:
    how far the silhouette's shape goes into the subject. Both are those of the clip, not of the piece at work."""

    light: Float
    reach: float
    relief: float


def mean_light(background: Frames, count: int = 6) -> Float:
    """Return the background's mean over a few frames, linear RGB at 1/8 size, (h, w, 3)."""
    small = [
        _shrink(to_linear(_shrink(background[i], 2)), SCALE // 2) for i in sampled(len(background), count)
    ]
    mean: Float = np.mean(small, axis=0, dtype=np.float32)
    return mean


def old_light(source: Frames, mask: Masks, count: int = 6) -> Float:
    """Return the light of the source's place, as `mean_light` does, extended over where the subject stood."""
    light, seen = [], []
    for index in sampled(len(source), count):
        clear = 1 - cv2.dilate(mask[index].astype(np.uint8), np.ones((9, 9), np.uint8))
        weight = _shrink(clear.astype(np.float32), 2)[..., None]
        colours = _shrink(source[index] * clear[..., None], 2) / np.maximum(weight, 1e-3)
        light.append(_shrink(to_linear(colours) * weight, SCALE // 2))
        seen.append(_shrink(weight[..., 0], SCALE // 2))
    share = np.sum(seen, axis=0, dtype=np.float32)
    mean = np.sum(light, axis=0, dtype=np.float32) / np.maximum(share, 1e-3)[..., None]
    return extend_colours(mean, np.clip(share, 0, 1))


def surroundings_of(light: Float, window: Window) -> Surroundings:
    """Blur the mean light as a matt surface does, which sees a wide angle of its surroundings; `window` is the
    subject's."""
    reach = 0.12 * light.shape[1]
    blurred = cv2.GaussianBlur(light, (0, 0), reach / 2, borderType=cv2.BORDER_REPLICATE)
    return Surroundings(np.asarray(blurred, np.float32), reach, max(2.0, 0.07 * max(window.shape) / SCALE))


def facing_gain(
    alpha: Float, window: Window, surroundings: Surroundings, strength: float, old: Surroundings | None = None
) -> Float:
    """Return factors on encoded values, float32 (rows, columns, 3) of the window; 1 on average over the subject.

    `old` is the light around the subject where it was filmed.
    """
    small = _shrink(alpha, SCALE)
    exponent = _exponent(small, window, surroundings)
    if old is not None:
        done = _exponent(small, window, old)
        exponent = np.where(
            exponent > 0,
            np.maximum(exponent - np.maximum(done, 0), 0),
            np.minimum(exponent - np.minimum(done, 0), 0),
        )
    bounded = strength * _LARGEST * np.tanh(exponent / _LARGEST)
    gain = np.exp(bounded / _GAMMA).astype(np.float32)
    return np.asarray(cv2.resize(gain, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _exponent(small: Float, window: Window, surroundings: Surroundings) -> NDArray[np.floating]:
    """Return the natural logarithm (h, w, 3) of the light that each part of the subject faces, 0 in the mean."""
    rows, columns = np.indices(small.shape, np.float32)
    face_x, face_y = _facing(small, surroundings.relief)
    x = columns + window.left / SCALE + surroundings.reach * face_x
    y = rows + window.top / SCALE + surroundings.reach * face_y
    light = cv2.remap(surroundings.light, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    luminance = np.log(light @ LUMINANCE + 0.01)[..., None]
    colour = np.log(light + 0.01) - luminance
    total = float(small.sum()) + 1e-3
    exponent = _LIGHT_EXPONENT * (luminance - (luminance * small[..., None]).sum((0, 1)) / total)
    found: NDArray[np.floating] = exponent + _COLOUR_EXPONENT * (
        colour - (colour * small[..., None]).sum((0, 1)) / total
    )
    return found


def _facing(small: Float, sigma: float) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Horizontal and vertical parts of the relief's normal, each in (-1, 1); 0 in the silhouette's middle."""
    relief = cv2.GaussianBlur(small, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    x = -cv2.Sobel(relief, cv2.CV_32F, 1, 0, borderType=cv2.BORDER_REPLICATE)
    y = -cv2.Sobel(relief, cv2.CV_32F, 0, 1, borderType=cv2.BORDER_REPLICATE)
    length = np.sqrt(x * x + y * y)
    steepness = length / (length + 0.25)
    return x / (length + 1e-4) * steepness, y / (length + 1e-4) * steepness


def _shrink(image: NDArray[Any], factor: int) -> Float:
    height, width = image.shape[:2]
    size = max(width // factor, 1), max(height // factor, 1)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32)
