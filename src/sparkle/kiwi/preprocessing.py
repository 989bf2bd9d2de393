"""Sizes, frame counts and pixels for the VAE and the transformer, as the reference's inference makes them.

What cannot be kept is cropped, and the caller can say so: 720x1280 becomes 704x1280, 80 frames become 77.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from sparkle.core.errors import MediaError
from sparkle.roles import Frames
from sparkle.roles import Image as ImagePixels

SIDE = 32  # VAE 16, patches 2
FRAMES = 4  # a latent frame, behind the first


def edit_size(height: int, width: int, max_pixels: int) -> tuple[int, int]:
    """Return (height, width) of the edit: scaled down to `max_pixels`, never up, both sides floored to 32.

    Raises MediaError for a clip with a side below 32.
    """
    # Divided in the reference's order: multiplied by the inverse, one size in some 25,000 comes out 32 pixels apart.
    scale = max(1.0, math.sqrt(width * height / max_pixels))
    rounded = [int(side / scale) // SIDE * SIDE for side in (height, width)]
    if min(rounded) == 0:
        raise MediaError(
            f"the clip is {width}x{height}; both sides need at least {SIDE} pixels at {max_pixels} in all"
        )
    return rounded[0], rounded[1]


def edit_frames(count: int) -> int:
    """Return how many of `count` frames are edited: the first 4k + 1."""
    return (count - 1) // FRAMES * FRAMES + 1


def crop_and_resize(frames: Frames, height: int, width: int) -> Frames:
    """Cut (T, H, W, 3) to the middle with the aspect of height x width, and resize what is left (bicubic)."""
    top, left, kept_height, kept_width = crop_box((frames.shape[1], frames.shape[2]), (height, width))
    kept = frames[:, top : top + kept_height, left : left + kept_width]
    if kept.shape[1:3] == (height, width):
        return np.ascontiguousarray(kept)
    return np.stack([_resized(frame, height, width) for frame in kept])


def pad_reference(image: ImagePixels, height: int, width: int) -> ImagePixels:
    """Fit an image (H, W, 3) into height x width, on white, in the middle."""
    size = (width, height)
    return np.array(ImageOps.pad(Image.fromarray(image), size, color="white", centering=(0.5, 0.5)))


def to_latent_pixels(frames: Frames, dtype: torch.dtype, device: torch.device | str) -> Tensor:
    """Turn uint8 (T, H, W, 3) into (1, 3, T, H, W) in [-1, 1] on a device."""
    return scale_pixels(torch.from_numpy(np.ascontiguousarray(frames)).to(device), dtype)


def scale_pixels(frames: Tensor, dtype: torch.dtype) -> Tensor:
    """Turn uint8 (T, H, W, 3) into (1, 3, T, H, W) in [-1, 1], where it is.

    The values are cast before they are scaled, as the reference does: in bfloat16 they are off by up to 0.004.
    """
    return frames.permute(3, 0, 1, 2).unsqueeze(0).to(dtype) * (2 / 255) - 1


def to_frames(pixels: Tensor) -> Frames:
    """Turn (3, T, H, W) in [-1, 1] into uint8 (T, H, W, 3) on the CPU: clipped and truncated, as the reference does.

    In float32; the reference counts in bfloat16, whose own step makes one level in some of the values.
    """
    # A few frames at a time: a long clip in float32 is large. Their axes are exchanged on the device, where it costs
    # nothing.
    scaled = [
        ((few.float() + 1) * 127.5).clamp(0, 255).to(torch.uint8).permute(1, 2, 3, 0).contiguous().cpu()
        for few in pixels.split(16, dim=1)
    ]
    frames: Frames = torch.cat(scaled).numpy()
    return frames


def crop_box(size: tuple[int, int], target: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return (top, left, height, width) of the middle of a picture of `size` that has the aspect of `target`.

    Sizes are (height, width). What is cut to is truncated to whole pixels, in the reference's order of operations.
    """
    height, width = size
    if height / width < target[0] / target[1]:
        width = int(height / target[0] * target[1])
    else:
        height = int(width / target[1] * target[0])
    return (size[0] - height) // 2, (size[1] - width) // 2, height, width


def _resized(frame: ImagePixels, height: int, width: int) -> ImagePixels:
    return np.array(Image.fromarray(frame).resize((width, height), Image.Resampling.BICUBIC))
