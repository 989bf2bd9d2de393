"""Painting of smooth, softly lit shapes onto a layer: outlines, textures, relief shading, contact shadows.

Coordinates are reference pixels of a picture of 832 x 480, whatever the layer's resolution; colours are RGB in [0, 1].
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Pixels = NDArray[np.float32]
Points = NDArray[np.float64]
Colour = tuple[float, float, float]

REFERENCE_WIDTH, REFERENCE_HEIGHT = 832, 480
LIGHT = np.array([-0.52, -0.55, 0.65], np.float32)
LAMP = np.array([0.93, -0.12, 0.35], np.float32)
SHADE_TINT = np.array([0.60, 0.56, 0.66], np.float32)
LIGHT_TINT = np.array([1.10, 1.06, 1.00], np.float32)
LAMP_TINT = np.array([1.00, 0.72, 0.42], np.float32)


@dataclass(frozen=True, slots=True)
class Texture:
    """A picture laid onto a shape: `image` float32 (h, w, 3); `placement` 2x3 maps its pixels to reference pixels."""

    image: Pixels
    placement: Points

    def sample(self, box: tuple[int, int, int, int], scale: tuple[float, float]) -> Pixels:
        """Return the texture as seen in the layer pixels `box` = (x1, y1, x2, y2) of a layer with `scale`."""
        x1, y1, x2, y2 = box
        to_box = np.array([[scale[0], 0, -x1], [0, scale[1], -y1], [0, 0, 1.0]])
        matrix = to_box @ np.vstack([self.placement, [0, 0, 1]])
        return cv2.warpAffine(
            self.image, matrix[:2], (x2 - x1, y2 - y1), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        ).astype(np.float32, copy=False)


@dataclass(slots=True)
class Layer:
    """A picture being painted: `rgb` float32 (H, W, 3), multiplied by `alpha` float32 (H, W)."""

    rgb: Pixels
    alpha: Pixels
    scale: tuple[float, float]

    @classmethod
    def clear(cls, width: int, height: int) -> Layer:
        """Return a transparent layer of a size in pixels."""
        rgb = np.zeros((height, width, 3), np.float32)
        return cls(
            rgb, np.zeros((height, width), np.float32), (width / REFERENCE_WIDTH, height / REFERENCE_HEIGHT)
        )

    def paint(
        self,
        outline: ArrayLike,
        fill: Colour | Texture,
        *,
        relief: float = 0.0,
        opacity: float = 1.0,
        soft: float = 0.0,
        shadow: float = 0.0,
        inside: bool = False,
    ) -> None:
        """Paint the polygon `outline` (N, 2).

        `relief` is the width of its rounded rim (0: flat), `soft` blurs its edge, `shadow` in [0, 1] darkens what
        was painted below and beside it, `inside` keeps to what is painted already; lengths in reference pixels.
        """
        box, coverage = self._coverage(np.asarray(outline, np.float64), soft, 14.0 if shadow else 2.0)
        if coverage.size == 0:
            return
        x1, y1, x2, y2 = box
        rgb, alpha = self.rgb[y1:y2, x1:x2], self.alpha[y1:y2, x1:x2]
        unit = self.scale[1]
        if shadow:
            rgb *= _in_all_channels(1 - shadow * _cast_shadow(coverage, unit))
        colour = fill.sample(box, self.scale) if isinstance(fill, Texture) else np.array(fill, np.float32)
        if relief:
            colour = _lit(colour, coverage, relief * unit)
        weight = coverage * opacity * (alpha if inside else 1.0)
        weights = _in_all_channels(weight)
        rgb *= 1 - weights
        rgb += colour * weights
        alpha += weight * (1 - alpha)

    def stroke(self, path: ArrayLike, colour: Colour, thickness: float, opacity: float = 1.0) -> None:
        """Paint an open line through `path` that tapers towards both ends."""
        middle = smooth(path, closed=False)
        along = np.gradient(middle, axis=0)
        normal = np.stack([-along[:, 1], along[:, 0]], 1) / (
            np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
        )
        half = thickness / 2 * np.sin(np.linspace(0.25, np.pi - 0.25, len(middle)))[:, None]
        self.paint(
            np.concatenate([middle + normal * half, (middle - normal * half)[::-1]]), colour, opacity=opacity
        )

    def _coverage(
        self, outline: Points, soft: float, margin: float
    ) -> tuple[tuple[int, int, int, int], Pixels]:
        height, width = self.alpha.shape
        points = outline * self.scale
        reach = (margin + 3 * soft) * self.scale[1]
        x1, y1 = np.maximum(np.floor(points.min(0) - reach).astype(int), 0)
        x2, y2 = np.minimum(np.ceil(points.max(0) + reach).astype(int) + 1, (width, height))
        canvas = np.zeros((max(y2 - y1, 0), max(x2 - x1, 0)), np.uint8)
        if canvas.size:
            fixed_point = np.round((points - (x1, y1)) * 16).astype(np.int32)
            cv2.fillPoly(canvas, [fixed_point], 255, cv2.LINE_AA, 4)
        coverage = canvas.astype(np.float32) / np.float32(255)
        if soft and canvas.size:
            coverage = blurred(coverage, soft * self.scale[1])
        return (int(x1), int(y1), int(x2), int(y2)), coverage


def blurred(image: Pixels, sigma: float) -> Pixels:
    """Return the image blurred by a Gaussian; wide ones are made at a lower resolution."""
    if sigma < 6:
        return cv2.GaussianBlur(image, (0, 0), sigma).astype(np.float32, copy=False)
    factor = sigma / 3
    height, width = image.shape[:2]
    size = (max(int(width / factor), 2), max(int(height / factor), 2))
    small = cv2.GaussianBlur(cv2.resize(image, size, interpolation=cv2.INTER_AREA), (0, 0), 3)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32, copy=False)


def _in_all_channels(plane: Pixels) -> Pixels:
    return cv2.merge((plane, plane, plane)).astype(np.float32, copy=False)


def _cast_shadow(coverage: Pixels, unit: float) -> Pixels:
    shift = np.array([[1, 0, 2.5 * unit], [0, 1, 4.0 * unit]])
    moved = cv2.warpAffine(coverage, shift, coverage.shape[::-1])
    return blurred(moved.astype(np.float32), 3.2 * unit)


def _lit(colour: Pixels, coverage: Pixels, relief: float) -> Pixels:
    # Light on broad reliefs is smooth: it is computed at half the resolution.
    height, width = coverage.shape
    if relief < 12:
        light = _light_on(coverage, relief)
    else:
        half = cv2.resize(coverage, (max(width // 2, 1), max(height // 2, 1)), interpolation=cv2.INTER_AREA)
        smooth_light = cv2.resize(_light_on(half.astype(np.float32), relief / 2), (width, height))
        light = smooth_light.astype(np.float32, copy=False)
    return colour * light


def _light_on(coverage: Pixels, relief: float) -> Pixels:
    distance = cv2.distanceTransform((coverage > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    rim = 1 - np.minimum(distance / relief, 1)
    height = blurred(np.sqrt(1 - rim * rim) * np.float32(relief), max(relief * 0.22, 0.8))
    slope_x = cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=1 / 8)
    slope_y = cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=1 / 8)
    steepness = 1 / np.sqrt(slope_x * slope_x + slope_y * slope_y + 1)
    day = (LIGHT[2] - slope_x * LIGHT[0] - slope_y * LIGHT[1]) * steepness
    lamp = (LAMP[2] - slope_x * LAMP[0] - slope_y * LAMP[1]) * steepness
    light, glow = np.clip(0.12 + 1.15 * day, 0, 1), 0.55 * np.clip(lamp - 0.55, 0, 1)
    channels = [
        shade + light * (bright - shade) + glow * tint
        for shade, bright, tint in zip(SHADE_TINT, LIGHT_TINT, LAMP_TINT, strict=True)
    ]
    merged: Pixels = cv2.merge(channels).astype(np.float32, copy=False)
    return merged


def smooth(points: ArrayLike, closed: bool = True, per_span: int = 10) -> Points:
    """Return the Catmull-Rom curve through `points` (N, 2), densely sampled."""
    knots = np.asarray(points, np.float64)
    if closed:
        knots = np.concatenate([knots[-1:], knots, knots[:2]])
    else:
        knots = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    p0, p1, p2, p3 = (knots[i : len(knots) - 3 + i, None] for i in range(4))
    t = np.linspace(0, 1, per_span, endpoint=False)[None, :, None]
    curve = p1 + 0.5 * t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)))
    flat: Points = curve.reshape(-1, 2)
    return flat if closed else np.concatenate([flat, knots[-2:-1]])


def ellipse(centre: ArrayLike, radius_x: float, radius_y: float, angle: float = 0.0) -> Points:
    """Return the outline of an ellipse; `angle` in radians."""
    t = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    around = np.stack([radius_x * np.cos(t), radius_y * np.sin(t)], 1)
    outline: Points = around @ rotation(angle).T + np.asarray(centre, np.float64)
    return outline


def rectangle(x1: float, y1: float, x2: float, y2: float) -> Points:
    """Return the outline of a rectangle."""
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float64)


def limb(start: ArrayLike, end: ArrayLike, radius_start: float, radius_end: float) -> Points:
    """Return the outline of a tapered limb with round ends."""
    a, b = np.asarray(start, np.float64), np.asarray(end, np.float64)
    angle = np.arctan2(*(b - a)[::-1])
    round_end = np.linspace(-np.pi / 2, np.pi / 2, 12)
    around_b = angle + round_end
    around_a = angle + np.pi + round_end
    tip = b + radius_end * np.stack([np.cos(around_b), np.sin(around_b)], 1)
    base = a + radius_start * np.stack([np.cos(around_a), np.sin(around_a)], 1)
    return np.concatenate([tip, base])


def rotation(angle: float) -> Points:
    """Return the 2x2 matrix that turns by `angle` in radians, clockwise as y points down."""
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def cloud_noise(
    random: np.random.Generator, width: int, height: int, cell: float, octaves: int = 4
) -> Pixels:
    """Return fractal value noise, float32 (height, width) of mean about 0 and standard deviation about 1."""
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        size = max(cell / 2**octave, 1.0)
        grid = random.standard_normal((int(height / size) + 3, int(width / size) + 3)).astype(np.float32)
        stretched = cv2.resize(grid, None, fx=size, fy=size, interpolation=cv2.INTER_CUBIC)
        total += stretched[:height, :width] * 0.5**octave
    return total
