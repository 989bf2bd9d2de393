"""Is a background alive, or is it a frozen picture? The paper checks neither; sampling shortcuts do freeze videos.

Frames are shrunk first, which averages sensor and codec noise away, and brought to one brightness, so that flicker
is no motion. What then still changes more than the remaining noise moves.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.core.errors import SampleError
from sparkle.measure.noise import speckle

WIDTH = 160
MOST_FRAMES = 48
LEAST_CHANGE = 1.5  # grey levels: less is codec noise
NOISE_FACTOR = 2.0
LEAST_BRIGHTNESS = 8.0  # grey levels: darker places say nothing about a gain


@dataclass(frozen=True, slots=True)
class Liveliness:
    """How alive a video is.

    `share_of_area_moving`: share of the (masked) picture in [0, 1] that changes over time by more than noise.
    `strength`: standard deviation over time, root mean square over the area, relative to the picture's own contrast;
    0 for a still, about 0.05 for a breeze, 1 when a place changes as much as the picture varies.
    `noise`: the noise that remained after shrinking, in grey levels.
    """

    share_of_area_moving: float
    strength: float
    noise: float


def measure_liveliness(frames: NDArray[np.uint8], mask: NDArray[np.bool_] | None = None) -> Liveliness:
    """Measure how much of a video moves, and how strongly.

    `frames`: uint8 RGB (T, H, W, 3), T >= 3. `mask`: bool (H, W), where to look (True), or None for everywhere.
    Raises SampleError for fewer frames or an empty mask.
    """
    if len(frames) < 3:
        raise SampleError(f"liveliness needs at least three frames, got {len(frames)}")
    greys = _shrunk(frames)
    area = _area(mask, greys.shape[1:])
    greys = _one_brightness(greys)
    change = greys.std(axis=0)
    noise = speckle(greys)
    moving = area & (change > max(LEAST_CHANGE, NOISE_FACTOR * noise))
    # The noise adds to the change in squares; what is left is motion.
    energy = np.clip(change**2 - noise**2, 0, None) * moving
    contrast = max(float(greys.mean(axis=0)[area].std()), 1.0)
    return Liveliness(
        share_of_area_moving=float(moving.sum() / area.sum()),
        strength=float(np.sqrt(energy[area].mean()) / contrast),
        noise=noise,
    )


def _shrunk(frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    chosen = np.unique(np.linspace(0, len(frames) - 1, min(len(frames), MOST_FRAMES)).round().astype(int))
    width = min(WIDTH, frames.shape[2])
    height = max(round(frames.shape[1] * width / frames.shape[2]), 2)
    small = [cv2.resize(frames[index], (width, height), interpolation=cv2.INTER_AREA) for index in chosen]
    greys = np.stack([cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in small])
    return greys.astype(np.float32)


def _area(mask: NDArray[np.bool_] | None, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    if mask is None:
        return np.ones(shape, np.bool_)
    share = cv2.resize(mask.astype(np.float32), (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
    area = np.asarray(share > 0.99)
    if not area.any():
        raise SampleError("liveliness cannot be measured: the mask leaves nothing of the picture")
    return area


def _one_brightness(greys: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give every frame the brightness of the middle of the clip, by the median ratio: what moves does not count."""
    reference = np.median(greys, axis=0)
    bright = reference > LEAST_BRIGHTNESS
    if not bright.any():
        return greys
    gains = np.median(greys[:, bright] / reference[bright], axis=1)
    return np.asarray(greys / np.maximum(gains, 0.05)[:, None, None], dtype=np.float32)
