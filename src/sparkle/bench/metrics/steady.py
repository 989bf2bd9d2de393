"""A clip's background held still: the camera's path is found, taken out, and what the subject ever covers left out."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.bench.metrics.inputs import Pair
from sparkle.camera import FRAME_WIDTH, CameraSettings
from sparkle.camera.consensus import explain_pair
from sparkle.camera.models import corners, travel
from sparkle.camera.points import Points, follow_points, spread_points
from sparkle.core.errors import BackendError
from sparkle.measure.agreement import grow, shrink, shrink_mask, steepness
from sparkle.measure.dense_flow import DenseFlow
from sparkle.roles import Frames, Mask
from sparkle.video import resize_image

Plane = NDArray[np.float32]

WIDTH = 208
CLEARANCE = 4  # pixels at WIDTH, 2 %: the subject's mask may be loose, and it moves between its masks
NEGLIGIBLE_TRAVEL = 0.3  # % of the width: less is the path's own error before a living background
MISPLACED = 0.6  # pixels at WIDTH by which a picture that was moved back may lie beside its place
SMOOTHED_FRAMES = 5
LEAST_AREA = 0.02
NOISE_SMOOTHING = 0.8
LEAST_BRIGHTNESS = 8.0  # grey levels: darker places say nothing about a gain


@dataclass(frozen=True, slots=True)
class CameraPath:
    """`similarity` (T, 4) from the clip's middle frame to each frame (see camera.models); `travel` and `shake` in % of
    the width: how far the corners get, and how far they stray from the path's running mean."""

    similarity: NDArray[np.float64]
    travel: float
    shake: float


@dataclass(frozen=True, slots=True)
class SteadyBackground:
    """`grey` float32 (T, h, w): lightness without camera movement and in one brightness; `area` bool (h, w): where it
    shows background all the time; `slack` float32 (h, w): change that moving it back may leave behind, in grey levels;
    `gain` (T,): the brightness that was taken out; `fps`: frames a second."""

    grey: Plane
    area: Mask
    slack: Plane
    gain: NDArray[np.float64]
    fps: float


def measure_steadiness(pair: Pair) -> tuple[dict[str, float], SteadyBackground]:
    """Return the quantities of shaking, sliding and flicker, by name, and the background without them.

    The edit may do what the source's camera does. Raises BackendError where hardly any background is left.
    """
    own, path = (camera_path(clip, pair.ever_subject) for clip in (pair.source, pair.edited))
    background = hold_still(pair, path)
    found = {
        "background_shake": max(path.shake - own.shake, 0.0),
        "background_travel": max(path.travel - own.travel, 0.0),
        # The second difference leaves out slow changes of light; for noise it is sqrt(6) times the deviation.
        "background_flicker": float(np.sqrt(np.mean(np.diff(background.gain, 2) ** 2) / 6)),
    }
    return found, background


def camera_path(frames: Frames, subject: Mask) -> CameraPath:
    """Follow the background of (T, H, W, 3) frames through the clip; `subject` (H, W) is what a person ever covers."""
    size = FRAME_WIDTH, max(16, round(frames.shape[1] * FRAME_WIDTH / frames.shape[2]))
    small = [resize_image(frame, size) for frame in frames]
    greys = [np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8) for frame in small]
    settings, flow, middle = CameraSettings(), DenseFlow(patch_stride=5), len(frames) // 2
    points = spread_points(greys[middle], settings.cells)
    columns, rows = points.xy.T.astype(int)
    outside = ~(cv2.resize(subject.astype(np.uint8), size, interpolation=cv2.INTER_AREA) > 0)[rows, columns]
    points = Points(points.xy[outside], points.strength[outside], points.patches[outside])
    similarity = np.zeros((len(frames), 4))
    if outside.any():
        for index, (frame, grey) in enumerate(zip(small, greys, strict=True)):
            field = flow(small[middle], frame)
            matches = follow_points(points, grey, field, settings.texture, settings.correlation)
            similarity[index] = explain_pair(matches, settings).similarity
    corner_positions = corners(size[1], size[0])
    distances = [travel(step, corner_positions) for step in similarity]
    strayed = [travel(step, corner_positions) ** 2 for step in similarity - _running_mean(similarity)]
    return CameraPath(similarity, float(np.quantile(distances, 0.9)), float(np.sqrt(np.mean(strayed))))


def hold_still(pair: Pair, path: CameraPath) -> SteadyBackground:
    """Take camera movement and flicker out of the edit's background. Raises BackendError where nothing is left."""
    frames = pair.edited[pair.settled :]
    area = ~grow(shrink_mask(pair.ever_subject, WIDTH), CLEARANCE)
    greys = []
    for frame, similarity in zip(frames, path.similarity[pair.settled :], strict=True):
        grey = cv2.cvtColor(shrink(frame, WIDTH), cv2.COLOR_RGB2GRAY).astype(np.float32)
        if travel(similarity, corners(*grey.shape)) > NEGLIGIBLE_TRAVEL:
            grey, seen = _moved_back(grey, similarity)
            area &= seen
        greys.append(cv2.GaussianBlur(grey, (0, 0), NOISE_SMOOTHING))
    if area.mean() < LEAST_AREA:
        raise BackendError(
            "the background is hidden or out of the picture nearly everywhere, so its motion cannot be judged"
        )
    stack = np.asarray(greys, np.float32)
    reference = np.median(stack, axis=0).astype(np.float32)
    bright = area & (reference > LEAST_BRIGHTNESS)
    gain = np.ones(len(stack))
    if bright.any():
        gain = np.median(stack[:, bright] / reference[bright], axis=1).astype(np.float64)
    stack = np.asarray(stack / np.maximum(gain, 0.05)[:, None, None], np.float32)
    moved = path.travel > NEGLIGIBLE_TRAVEL
    slack = MISPLACED * steepness(reference) if moved else np.zeros_like(reference)
    return SteadyBackground(stack, area, np.asarray(slack, np.float32), gain, pair.fps)


def _moved_back(grey: Plane, similarity: NDArray[np.float64]) -> tuple[Plane, Mask]:
    """Return the picture as the middle frame's camera saw it, and where that is known."""
    height, width = grey.shape
    a, b, x, y = similarity / 100
    # A similarity moves positions in half widths by shares of the width; this is the same in pixels.
    linear = np.array([[1 + 2 * a, -2 * b], [2 * b, 1 + 2 * a]])
    centre = np.array([width, height]) / 2
    offset = np.array([x, y]) * width + centre - linear @ centre
    matrix = np.column_stack([linear, offset]).astype(np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(grey, matrix, (width, height), flags=flags)
    seen = cv2.warpAffine(np.ones_like(grey), matrix, (width, height), flags=flags) > 0.99
    return np.asarray(moved, np.float32), grow(seen, -3)


def _running_mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    margin = SMOOTHED_FRAMES // 2
    padded = np.pad(values, ((margin, margin), (0, 0)), mode="edge")
    kernel = np.ones(SMOOTHED_FRAMES) / SMOOTHED_FRAMES
    return np.stack([np.convolve(column, kernel, "valid") for column in padded.T], axis=1)
