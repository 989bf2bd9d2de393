"""The demo clip: frames and true mask, from a room, a person, a motion and sensor noise."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.core.seeds import generator
from sparkle.demo.brush import Layer, Pixels, blurred
from sparkle.demo.motion import pose_at
from sparkle.demo.person import Wardrobe, draw_person
from sparkle.demo.room import render_room

SUPERSAMPLING = 2
SHADOW_STRENGTH = 0.30
SHOT_NOISE, READ_NOISE = 0.010, 0.006


@dataclass(frozen=True, slots=True)
class DemoClip:
    """`frames` uint8 (T, H, W, 3) RGB and the person's true `mask` bool (T, H, W)."""

    frames: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    fps: float


def render_demo_clip(
    seed: int = 7, width: int = 832, height: int = 480, frames: int = 81, fps: float = 16.0
) -> DemoClip:
    """Render a person who talks and gestures before a room, seen by a fixed camera with sensor noise.

    The mask is true where the person covers more than half of a pixel. The same arguments give the same clip;
    the seed varies the books, the gestures' timing and the noise.
    """
    room = render_room(seed, width, height)
    wardrobe = Wardrobe.tailored(seed)
    pixels = np.empty((frames, height, width, 3), np.uint8)
    mask = np.empty((frames, height, width), np.bool_)
    for index in range(frames):
        layer = Layer.clear(width * SUPERSAMPLING, height * SUPERSAMPLING)
        draw_person(layer, pose_at(seed, index / fps), wardrobe)
        rgb = cv2.resize(layer.rgb, (width, height), interpolation=cv2.INTER_AREA)
        alpha = cv2.resize(layer.alpha, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
        picture = _with_shadow(room, alpha) * (1 - alpha[..., None]) + rgb
        pixels[index] = _sensed(picture.astype(np.float32), generator(seed, "sensor", index))
        mask[index] = alpha > 0.5
    return DemoClip(pixels, mask, fps)


def _with_shadow(room: Pixels, alpha: Pixels) -> Pixels:
    unit = alpha.shape[0] / 480
    moved = cv2.warpAffine(alpha, np.array([[1, 0, 26 * unit], [0, 1, 16 * unit]]), alpha.shape[::-1])
    return room * (1 - SHADOW_STRENGTH * blurred(moved.astype(np.float32), 13 * unit))[..., None]


def _sensed(picture: Pixels, random: np.random.Generator) -> NDArray[np.uint8]:
    grain = random.standard_normal(picture.shape, np.float32)
    noisy = picture + grain * (READ_NOISE + SHOT_NOISE * np.sqrt(np.clip(picture, 0, 1)))
    return np.clip(np.rint(noisy * 255), 0, 255).astype(np.uint8)
