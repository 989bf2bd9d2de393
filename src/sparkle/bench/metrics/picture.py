"""The background's picture: sharp, clean, without a grid of blocks, and calm from frame to frame."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.bench.metrics.inputs import Pair
from sparkle.measure.agreement import grow, shrink, shrink_mask, steepness
from sparkle.measure.dense_flow import DenseFlow
from sparkle.measure.noise import picture_noise
from sparkle.roles import Frames, Image, Mask
from sparkle.video import resize_image

Plane = NDArray[np.float32]

MOMENTS = 7
CLEARANCE = 8  # pixels at inputs.WORK_WIDTH
STRONGEST_EDGES, SHARP_QUANTILE, BLUR = 0.95, 0.75, 2.5
LEAST_EDGE_PIXELS = 50
SMALLEST_GRID, LARGEST_GRID = 4, 20  # pixels at inputs.WORK_WIDTH
FLOW_WIDTH, FLOW_SMOOTHING = 320, 2.0
LEAST_TEXTURE = 2.0  # grey levels a pixel
WOBBLE_MOMENTS = 12


def measure_picture(pair: Pair) -> dict[str, float]:
    """Return the quantities of the background's picture, by name (see quantities.py); what cannot be told is absent."""
    contrast: list[float] = []
    sharpness: list[float] = []
    noise: list[float] = []
    profiles: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    for key in pair.some_keys(MOMENTS):
        grey = cv2.cvtColor(pair.edited[pair.keys[key]], cv2.COLOR_RGB2GRAY).astype(np.float32)
        outside = ~grow(pair.masks[key], CLEARANCE)
        contrast += _contrast(pair.edited[pair.keys[key]], outside)
        sharpness += _sharpness(grey, outside)
        found_noise = picture_noise(grey, outside)
        noise += [] if found_noise is None else [found_noise]
        profiles.append((_profile(grey, outside), _profile(grey.T, outside.T)))
    found = {"background_wobble": _wobble(pair.edited[pair.settled :], pair.ever_subject)}
    found["background_blocks"] = _grid(*(np.mean(side, axis=0) for side in zip(*profiles, strict=True)))
    if contrast:
        found["background_contrast"] = float(np.quantile(contrast, 0.25))
    if sharpness:
        found["background_sharpness"] = float(np.median(sharpness))
    if noise:
        found["background_noise"] = float(np.median(noise))
    return found


def _contrast(picture: Image, outside: Mask) -> list[float]:
    """Return how far the background's colours lie from their mean (root mean square, Lab units); [] without any."""
    small, shown = shrink(picture), shrink_mask(outside)
    colours = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[shown]
    return [float(np.sqrt(((colours - colours.mean(axis=0)) ** 2).sum(axis=1).mean()))] if shown.any() else []


def _sharpness(grey: Plane, outside: Mask) -> list[float]:
    """Return how much steeper the sharper of the strongest edges are than after a blur; [] without edges."""
    fine, coarse = steepness(grey), steepness(np.asarray(cv2.GaussianBlur(grey, (0, 0), BLUR), np.float32))
    if not outside.any():
        return []
    strong = outside & (coarse >= max(float(np.quantile(coarse[outside], STRONGEST_EDGES)), 1.0))
    if strong.sum() < LEAST_EDGE_PIXELS:
        return []
    return [float(np.quantile(fine[strong] / coarse[strong], SHARP_QUANTILE))]


def _profile(grey: Plane, outside: Mask) -> NDArray[np.float64]:
    """Return the mean step from each column to the next, over the rows that show background there."""
    steps = np.abs(np.diff(grey, axis=1))
    weight = (outside[:, 1:] & outside[:, :-1]).astype(np.float64)
    return np.asarray((steps * weight).sum(axis=0) / np.maximum(weight.sum(axis=0), 1.0))


def _grid(columns: NDArray[np.float64], rows: NDArray[np.float64]) -> float:
    """Return how regularly edges recur in both directions at one distance: the correlation at it and at its double.

    Blocks of a codec or a mosaic stand still on a grid, so their steps add up over columns, rows and moments, where
    everything else averages out; shelves or fences recur in one direction only.
    """
    correlations = [_self_correlation(profile) for profile in (columns, rows)]
    longest = min(LARGEST_GRID, (min(map(len, correlations)) - 2) // 2)
    found = [
        min(min(own[period], float(own[2 * period - 1 : 2 * period + 2].max())) for own in correlations)
        for period in range(SMALLEST_GRID, longest + 1)
    ]
    return max([0.0, *map(float, found)])


def _self_correlation(profile: NDArray[np.float64]) -> NDArray[np.float64]:
    width = min(2 * LARGEST_GRID + 1, len(profile) // 4 * 2 + 1)
    values = profile - cv2.blur(profile[:, None], (1, width))[:, 0]
    # One strong edge, a horizon, must not stand for a grid.
    limit = 3 * float(np.median(np.abs(values))) + 1e-6
    values = np.clip(values, -limit, limit)
    count = min(2 * LARGEST_GRID + 2, len(values) - 2)
    energy = float((values**2).mean()) + 1e-9
    return np.array(
        [float((values[lag:] * values[: len(values) - lag]).mean()) / energy for lag in range(count)]
    )


def _wobble(frames: Frames, subject: Mask) -> float:
    """Return how much the flow changes from one frame to the next, in % of the width, where there is structure."""
    size = FLOW_WIDTH, max(16, round(frames.shape[1] * FLOW_WIDTH / frames.shape[2]))
    outside = ~grow(cv2.resize(subject.astype(np.uint8), size, interpolation=cv2.INTER_AREA) > 0, 2)
    flow, changes = DenseFlow(patch_stride=5), []
    for start in np.unique(np.linspace(0, len(frames) - 3, WOBBLE_MOMENTS).round().astype(int)):
        pictures = [resize_image(frame, size) for frame in frames[start : start + 3]]
        grey = cv2.cvtColor(pictures[0], cv2.COLOR_RGB2GRAY).astype(np.float32)
        textured = outside & (cv2.GaussianBlur(steepness(grey), (0, 0), 3.0) > LEAST_TEXTURE)
        if textured.any():
            first, second = (flow(*pictures[at : at + 2]) for at in (0, 1))
            change = cv2.GaussianBlur(second - first, (0, 0), FLOW_SMOOTHING)
            changes.append(float(np.linalg.norm(change, axis=-1)[textured].mean()))
    return float(np.median(changes)) / FLOW_WIDTH * 100 if changes else 0.0
