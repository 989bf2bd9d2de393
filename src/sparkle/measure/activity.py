"""What moved against calm rest: small pictures of a clip, brought to one tone, and how far each lies from their median.

Under a fixed camera everything that lives deviates from the median. Thresholds are measured on the clip itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from sparkle.measure.shapes import Plane
from sparkle.roles import Frames, Mask

WORKING_PIXELS = 208 * 117
PICTURES_BESIDE_ANCHORS = 12
TONE_QUANTILE = 0.3
FIT_STRIDE = 3
# How strongly a picture's colours are held to what they are: few pixels that happen to agree must not bend them.
FIT_RIDGE = 0.0005
# Grey levels by which the calm part of a picture may differ before its colours are touched.
SAME_TONE = 1.5
CALM_QUANTILE = 0.25
MINIMUM_THRESHOLD, MAXIMUM_THRESHOLD = 3.5, 10.0
EDGE_JITTER = 0.25


@dataclass(frozen=True, slots=True)
class Activity:
    """Small pictures of a clip and what moved in them. Working pixels are frame pixels times `scale` (x, y).

    `indices` are the frames looked at, ascending; `pictures` uint8 (N, h, w, 3) RGB, tone-matched; `lab` the same in
    CIE Lab, float32; `threshold` float32 (h, w), the Lab distance above which a pixel changed; `deviation`
    float32 (N, h, w), the distance from the clip's median picture over that threshold, and `ever` float32 (h, w),
    its maximum over time.
    """

    indices: tuple[int, ...]
    pictures: Frames
    lab: Plane
    threshold: Plane
    deviation: Plane
    ever: Plane
    scale: tuple[float, float]

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the working pictures."""
        return self.ever.shape[0], self.ever.shape[1]

    def without(self, place: Mask) -> Activity:
        """Return the same with nothing that moves at a place, bool (h, w)."""
        return replace(self, deviation=self.deviation * ~place, ever=self.ever * ~place)


def measure_activity(frames: Frames, anchor_frames: Sequence[int]) -> Activity:
    """Look at frames (T, H, W, 3), uint8 RGB: the anchor frames, and others evenly spaced between them."""
    between = np.linspace(0, len(frames) - 1, PICTURES_BESIDE_ANCHORS).round().astype(int).tolist()
    indices = tuple(sorted({0, *anchor_frames, *between}))
    raw = [_shrunk(frames[index]) for index in indices]
    median = np.median(raw, axis=0).astype(np.float32)
    pictures = np.stack([_colours_matched(picture, median) for picture in raw])
    lab = np.stack([to_lab(picture) for picture in pictures])
    median_lab = to_lab(median)
    deviation = colour_distance(lab, median_lab)
    # The published clips often start in other colours: what remains of that weakens a picture's word.
    remaining = np.quantile(deviation.reshape(len(raw), -1), TONE_QUANTILE, axis=1)
    deviation = deviation / np.maximum(remaining / max(float(np.median(remaining)), 0.1), 1)[:, None, None]
    largest = deviation.max(0)
    threshold = _threshold(largest, median_lab)
    height, width = median.shape[:2]
    return Activity(
        indices=indices,
        pictures=pictures.astype(np.uint8),
        lab=lab,
        threshold=threshold,
        deviation=deviation / threshold,
        ever=largest / threshold,
        scale=(width / frames.shape[2], height / frames.shape[1]),
    )


def to_lab(picture: Plane) -> Plane:
    """Return a picture with values 0..255 in CIE Lab, lightly smoothed against noise and compression."""
    smooth = cv2.GaussianBlur(picture, (0, 0), 0.8) / 255
    return cv2.cvtColor(np.clip(smooth, 0, 1).astype(np.float32), cv2.COLOR_RGB2Lab).astype(
        np.float32, copy=False
    )


def colour_distance(lab: Plane, other: Plane) -> Plane:
    """Return the Euclidean distance of Lab colours along the last axis, float32."""
    difference = lab - other
    distance: Plane = np.sqrt(np.einsum("...c,...c->...", difference, difference))
    return distance


def _shrunk(frame: Frames) -> Frames:
    height, width = frame.shape[:2]
    scale = min(np.sqrt(WORKING_PIXELS / (height * width)), 1.0)
    size = (max(round(width * scale), 2), max(round(height * scale), 2))
    return cv2.resize(np.ascontiguousarray(frame), size, interpolation=cv2.INTER_AREA).astype(
        np.uint8, copy=False
    )


def _threshold(largest: Plane, median_lab: Plane) -> Plane:
    lightness = np.ascontiguousarray(median_lab[..., 0])
    slope_x = cv2.Sobel(lightness, cv2.CV_32F, 1, 0, scale=1 / 8)
    slope_y = cv2.Sobel(lightness, cv2.CV_32F, 0, 1, scale=1 / 8)
    calm = 4 * float(np.quantile(largest, CALM_QUANTILE))
    noise = float(np.clip(calm, MINIMUM_THRESHOLD, MAXIMUM_THRESHOLD))
    return (noise + EDGE_JITTER * np.hypot(slope_x, slope_y)).astype(np.float32)


def _colours_matched(picture: Frames, target: Plane) -> Plane:
    """Map colours by the quadratic polynomial that brings most pixels to the target, unless they are there."""
    difference = np.abs(picture - target).mean(-1)
    if float(np.quantile(difference, TONE_QUANTILE)) < SAME_TONE:
        return picture.astype(np.float32)
    pixels = picture.reshape(-1, 3).astype(np.float64)
    r, g, b = pixels.T / 255
    all_terms = np.stack([np.ones_like(r), r, g, b, r * r, g * g, b * b, r * g, g * b, r * b], 1)
    terms = all_terms[::FIT_STRIDE]
    missing = target.reshape(-1, 3)[::FIT_STRIDE].astype(np.float64) - pixels[::FIT_STRIDE]
    inlier = np.ones(len(terms), bool)
    for _ in range(4):
        system = terms[inlier].T @ terms[inlier] + FIT_RIDGE * len(terms) * np.eye(10)
        weights = np.linalg.solve(system, terms[inlier].T @ missing[inlier])
        residual = np.abs(terms @ weights - missing).sum(1)
        inlier = residual <= np.quantile(residual, 0.7)
    matched: Plane = np.clip((pixels + all_terms @ weights).reshape(picture.shape), 0, 255).astype(np.float32)
    return matched
