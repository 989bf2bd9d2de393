"""Source clips of the demo's person with a known mask, varied as far as one drawn person allows.

The demo's seed changes books, timing and noise only. Here the framing (zoom, place, mirrored or not), the speed and the
direction of time, the colour of the sweater, of the room, and the exposure differ from clip to clip as well, so that
what is to be kept has to be read from the source. Face, hair and cut of the clothes are the same in all.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.core.seeds import generator
from sparkle.demo import DemoClip, render_demo_clip

FPS = 16.0
ZOOM = (1.0, 1.45)
MOMENTS_PER_SECOND = (7.0, 12.0)  # below FPS: the gesture is played faster
EXPOSURE = (0.82, 1.1)
# Parts of the demo's picture: how much of its top may be cut off, and where the sweater begins.
SPARE_TOP, SWEATER_TOP = 0.13, 0.52
# Hue turns in degrees; skin and hair keep theirs. A wall of the hair's colour would defeat the recipe's tracker.
ROOM_HUES, SWEATER_HUES = (-110.0, 180.0), (-180.0, 180.0)
SWEATER_SATURATION = (
    0.5,
    0.66,
)  # skin is below, the knitted cloth's red above; its cream stripes stay as they are


def render_source(seed: int, width: int, height: int, frames: int) -> DemoClip:
    """Return a clip and its true mask; the same arguments give the same clip."""
    random = generator(seed, "small source")
    zoom = random.uniform(*ZOOM)
    full = 2 * round(width * zoom / 2), 2 * round(height * zoom / 2)
    drawn = render_demo_clip(seed, full[0], full[1], frames, random.uniform(*MOMENTS_PER_SECOND))
    left = int(random.integers(full[0] - width + 1))
    top = int(random.integers(min(full[1] - height, int(SPARE_TOP * full[1])) + 1))
    window = (slice(None), slice(top, top + height), slice(left, left + width))
    pixels, mask = drawn.frames[window], drawn.mask[window]
    pixels = _recoloured(pixels, mask, SWEATER_TOP * full[1] - top, random)
    step = (slice(None, None, random.choice((-1, 1))), slice(None), slice(None, None, random.choice((-1, 1))))
    return DemoClip(np.ascontiguousarray(pixels[step]), np.ascontiguousarray(mask[step]), FPS)


def _recoloured(
    pixels: NDArray[np.uint8], mask: NDArray[np.bool_], sweater_top: float, random: np.random.Generator
) -> NDArray[np.uint8]:
    room = random.uniform(*ROOM_HUES)
    sweater = random.uniform(*SWEATER_HUES)
    exposure = random.uniform(*EXPOSURE)
    below = np.arange(pixels.shape[1])[:, None] >= sweater_top
    result = np.empty_like(pixels)
    for index, (frame, subject) in enumerate(zip(pixels, mask, strict=True)):
        hsv = cv2.cvtColor(frame.astype(np.float32) / 255, cv2.COLOR_RGB2HSV)
        low, high = SWEATER_SATURATION
        cloth = np.clip((hsv[..., 1] - low) / (high - low), 0, 1) * (subject & below)
        turned = {turn: _turned(hsv, turn) for turn in (room, sweater)}
        kept = cloth[..., None] * turned[sweater] + (1 - cloth[..., None]) * _turned(hsv, 0.0)
        picture = np.where(subject[..., None], kept, turned[room])
        result[index] = np.clip(np.rint(picture * 255 * exposure), 0, 255)
    return result


def _turned(hsv: NDArray[np.float32], degrees: float) -> NDArray[np.float32]:
    turned = hsv.copy()
    turned[..., 0] = (turned[..., 0] + degrees) % 360
    return cv2.cvtColor(turned, cv2.COLOR_HSV2RGB).astype(np.float32, copy=False)
