"""Frames as the promptable video models want them: squares of normalised levels, without torchvision.

The numbers are those of transformers' video processors (`Sam2VideoVideoProcessor`, which SAM 3 and EdgeTAM share):
antialiased bilinear resize to a square whatever the frame's shape, back to whole levels, then mean and deviation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from sparkle.roles import Frames, Image


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """`size`: side of the square in pixels; `mean` and `deviation` per channel, of levels scaled to [0, 1]."""

    size: int
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]


class PreparedFrames:
    """A clip's frames, each prepared when it is asked for: at 1008 pixels a prepared clip would take 0.5 GB."""

    def __init__(self, frames: Frames, pixels: PixelFormat, device: torch.device, dtype: torch.dtype) -> None:
        self._frames = frames
        self._pixels = pixels
        self._device = device
        self._dtype = dtype

    @property
    def side(self) -> int:
        """Side of the prepared squares in pixels."""
        return self._pixels.size

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> torch.Tensor:
        """Return frame `index` as (3, size, size) on the device."""
        return prepare(self._frames[index], self._pixels, self._device).to(self._dtype)


def prepare(frame: Image, pixels: PixelFormat, device: torch.device) -> torch.Tensor:
    """Return an (H, W, 3) uint8 frame as float32 (3, size, size)."""
    levels = torch.from_numpy(np.array(frame)).to(device).permute(2, 0, 1)[None].float()
    square = functional.interpolate(
        levels, (pixels.size, pixels.size), mode="bilinear", align_corners=False, antialias=True
    )
    mean = torch.tensor(pixels.mean, device=device)[:, None, None] * 255
    deviation = torch.tensor(pixels.deviation, device=device)[:, None, None] * 255
    return ((square[0].round() - mean) / deviation).contiguous()
