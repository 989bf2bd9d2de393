"""What the encoder sees: frames and images as Qwen2.5-VL's flat patches, bit for bit as the reference prepares them.

Written here because the image and video processors of transformers need torchvision, and because the reference
resizes a video twice: the first time to multiples of 56, which bends the aspect (704x1280 becomes 336x672).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import smart_resize

from sparkle.roles import Frames
from sparkle.roles import Image as ImagePixels

PATCH = 14
MERGE = 2  # 2x2 patches of 2 frames make one token
TOKEN = PATCH * MERGE
PAIR = 2
ENCODER_FRAMES = 16
REFERENCE_TOKENS = 768

_MEAN = (0.48145466, 0.4578275, 0.40821073)
_STD = (0.26862954, 0.26130258, 0.27577711)
_VIDEO_PIXELS = (128 * TOKEN**2, 768 * TOKEN**2)
_LEAST_IMAGE_PIXELS = 4 * TOKEN**2
_MOST_IMAGE_PIXELS = 16384 * TOKEN**2


@dataclass(frozen=True, slots=True)
class Patches:
    """`pixels`: (patches, 1176), float32, rounded to bfloat16. `grid`: (frame pairs, rows, columns) of patches."""

    pixels: Tensor
    grid: tuple[int, int, int]

    @property
    def tokens(self) -> int:
        """How many tokens the language model gets of it."""
        return math.prod(self.grid) // MERGE**2


def video_patches(frames: Frames, max_pixels: int | None) -> Patches:
    """Prepare a clip (T, H, W, 3): at most 16 of its frames, evenly spaced, at most `max_pixels` each.

    `max_pixels` is 262,144 in the official inference and None (no cap) in the official training; whatever it is, a
    frame ends with at least 100,352 and at most 602,112 pixels.
    """
    seen = frames[sampled_frames(len(frames))]
    height, width = first_video_size(frames.shape[1], frames.shape[2], max_pixels)
    bent = np.stack([_resize_picture(frame, height, width) for frame in seen])
    height, width = final_video_size(height, width, max_pixels)
    return _patchify(_resize_video(torch.from_numpy(bent).permute(0, 3, 1, 2), height, width))


def image_patches(image: ImagePixels, max_tokens: int | None = None) -> Patches:
    """Prepare an image (H, W, 3): at its own size, or with at most `max_tokens` tokens (768 for references)."""
    most = _MOST_IMAGE_PIXELS if max_tokens is None else max_tokens * TOKEN**2
    height, width = smart_resize(*image.shape[:2], TOKEN, _LEAST_IMAGE_PIXELS, most)
    resized = torch.from_numpy(_resize_picture(image, height, width)).permute(2, 0, 1)
    return _patchify(resized[None])


def sampled_frames(count: int) -> list[int]:
    """Return the indices that the encoder sees of `count` frames."""
    if count <= ENCODER_FRAMES:
        return list(range(count))
    return [round(float(index)) for index in np.linspace(0, count - 1, ENCODER_FRAMES)]


def first_video_size(height: int, width: int, max_pixels: int | None) -> tuple[int, int]:
    """Return (height, width) after the first resize: multiples of 56."""
    step = 2 * TOKEN
    most = math.inf if max_pixels is None else max_pixels
    return _pair(smart_resize(height, width, step, 4 * step**2, most))


def final_video_size(height: int, width: int, max_pixels: int | None) -> tuple[int, int]:
    """Return (height, width) after the second resize: multiples of 28, within the processor's own limits."""
    least, most = _VIDEO_PIXELS
    return _pair(
        smart_resize(height, width, TOKEN, least, most if max_pixels is None else min(max_pixels, most))
    )


def _resize_picture(picture: ImagePixels, height: int, width: int) -> ImagePixels:
    if picture.shape[:2] == (height, width):
        return np.array(picture)
    return np.array(Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC))


def _resize_video(frames: Tensor, height: int, width: int) -> Tensor:
    if frames.shape[-2:] == (height, width):
        return frames
    resized = interpolate(frames.float(), (height, width), mode="bicubic", antialias=True)
    return resized.clamp(0, 255).round()


def _patchify(frames: Tensor) -> Patches:
    """Turn (T, 3, H, W) in 0..255 into patches; an odd count repeats the last frame."""
    mean, std = (255 * torch.tensor(values).view(3, 1, 1) for values in (_MEAN, _STD))
    scaled = (frames.float() - mean) / std
    if len(scaled) % PAIR:
        scaled = torch.cat([scaled, scaled[-1:]])
    pairs, (rows, columns) = len(scaled) // PAIR, (size // PATCH for size in scaled.shape[-2:])
    cells = scaled.reshape(pairs, PAIR, 3, rows // MERGE, MERGE, PATCH, columns // MERGE, MERGE, PATCH)
    pixels = cells.permute(0, 3, 6, 4, 7, 2, 1, 5, 8).reshape(pairs * rows * columns, -1)
    return Patches(pixels.to(torch.bfloat16).float(), (pairs, rows, columns))


def _pair(size: tuple[int, int]) -> tuple[int, int]:
    return int(size[0]), int(size[1])
