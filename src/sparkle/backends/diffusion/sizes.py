"""Sizes that the models can work at, and the way there and back.

Sides are extended at the right and the bottom by repeating the last row and column, and clips by repeating the last
frame; what is made there is cut off again. So every pixel that comes back lies exactly where it lay, and nothing is
resampled; only pictures that are too large for a model are scaled down, and their result up.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sparkle.core.errors import BackendError
from sparkle.roles import Frames


def extend_sides(clip: Any, multiple: int) -> Any:
    """Extend (T, H, W) or (T, H, W, 3) to sides that are multiples of `multiple`."""
    missing = [(0, -side % multiple) for side in clip.shape[1:3]]
    return np.pad(clip, [(0, 0), *missing, *[(0, 0)] * (clip.ndim - 3)], mode="edge")


def lengthen(frames: Any, count: int) -> Any:
    """Repeat the last entry of an array (T, ...) until there are `count`."""
    return np.concatenate([frames, np.repeat(frames[-1:], count - len(frames), axis=0)])


def working_length(frames: int, step: int = 4) -> int:
    """Return the next length of the form `step` * k + 1, k >= 1."""
    return step * max(1, math.ceil((frames - 1) / step)) + 1


def working_size(width: int, height: int, multiple: int, max_pixels: int) -> tuple[int, int]:
    """Return the (width, height) to scale a picture to, so that with its sides extended it keeps to `max_pixels`.

    That is its own size, or else a smaller one of multiples of `multiple` and about the same shape.
    """
    extended = _multiple(width, multiple, math.ceil) * _multiple(height, multiple, math.ceil)
    if extended <= max_pixels:
        return width, height
    scale = math.sqrt(max_pixels / (width * height))
    for rounding in (round, math.floor):
        size = _multiple(width * scale, multiple, rounding), _multiple(height * scale, multiple, rounding)
        if size[0] * size[1] <= max_pixels:
            break
    return size


def as_frames(video: Any, model: str) -> Frames:
    """Return a video tensor (T, 3, H, W) in [0, 1] as uint8 (T, H, W, 3) in host memory.

    Raises BackendError if there is anything in it that is not a number.
    """
    import torch

    pixels = video.float()
    if not torch.isfinite(pixels).all():
        raise BackendError(f"{model} made pixels that are not numbers; set dtype: bfloat16 or float32")
    eight_bits = (pixels * 255.0).round().clamp(0, 255).to(torch.uint8)
    frames: Frames = eight_bits.permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return frames


def _multiple(length: float, multiple: int, rounding: Any) -> int:
    return multiple * max(1, int(rounding(length / multiple)))
