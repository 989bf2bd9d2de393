"""Clips as VEFX-Reward was trained on them: which frames, in which size, and how they are cut into patches.

Two sizes follow each other there: multiples of 28 pixels by the authors' reader, in whole levels, then the multiples
of 32 that Qwen3-VL's own processor makes of any clip. Both are part of the trained input.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from sparkle.core.errors import MediaError
from sparkle.roles import Frames

FRAMES_A_SECOND = 4.0
LEAST_FRAMES, MOST_FRAMES = 4, 768
SIDE = 28  # sides are multiples of it in the authors' reader
LEAST_PIXELS, MOST_PIXELS = 128 * SIDE * SIDE, 399_360  # a frame
MOST_ELONGATED = 200
PAIR = 2  # frames that share a patch


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """What the checkpoint says of pixels.

    `patch` is a side in pixels, `merge` how many patches a side become one token; `least` and `most` bound the pixels
    of all frames together; `mean` and `deviation` are of values in [0, 1].
    """

    patch: int
    merge: int
    least: int
    most: int
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class PreparedClip:
    """A clip as the network takes it.

    `patches`: float32 (T / 2 * rows * columns, 3 * 2 * patch * patch); `grid`: (T / 2, rows, columns); `times`: seconds
    of each pair of frames.
    """

    patches: Any
    grid: tuple[int, int, int]
    times: tuple[float, ...]


def frame_indices(count: int, fps: float) -> list[int]:
    """Return which of `count` frames are looked at: 4 a second, an even number, at least 4, evenly from first to last.

    Raises MediaError for a clip of one frame.
    """
    if count < PAIR:
        raise MediaError(f"VEFX-Reward judges clips of at least {PAIR} frames, this one has {count}")
    most = min(MOST_FRAMES, count) // PAIR * PAIR
    wanted = min(max(count / fps * FRAMES_A_SECOND, LEAST_FRAMES), most)
    number = round(wanted / PAIR) * PAIR
    picked: list[int] = torch.linspace(0, count - 1, number).round().long().tolist()
    return picked


def frame_size(height: int, width: int) -> tuple[int, int]:
    """Return (height, width) in multiples of 28 near the frame's own, within the bounds of pixels."""
    if max(height, width) > MOST_ELONGATED * min(height, width):
        raise MediaError(
            f"VEFX-Reward takes no frames of {width}x{height}: one side is over 200 times the other"
        )
    rows, columns = (max(SIDE, round(side / SIDE) * SIDE) for side in (height, width))
    if rows * columns > MOST_PIXELS:
        shrink = math.sqrt(height * width / MOST_PIXELS)
        rows, columns = (math.floor(side / shrink / SIDE) * SIDE for side in (height, width))
    elif rows * columns < LEAST_PIXELS:
        grow = math.sqrt(LEAST_PIXELS / (height * width))
        rows, columns = (math.ceil(side * grow / SIDE) * SIDE for side in (height, width))
    return max(SIDE, rows), max(SIDE, columns)


def network_size(frames: int, height: int, width: int, pixels: PixelFormat) -> tuple[int, int]:
    """Return (height, width) in multiples of a token's side, within the bounds of all pixels of the clip."""
    side = pixels.patch * pixels.merge
    rows, columns = (max(side, round(each / side) * side) for each in (height, width))
    if frames * rows * columns > pixels.most:
        shrink = math.sqrt(frames * height * width / pixels.most)
        rows, columns = (max(side, math.floor(each / shrink / side) * side) for each in (height, width))
    elif frames * rows * columns < pixels.least:
        grow = math.sqrt(pixels.least / (frames * height * width))
        rows, columns = (math.ceil(each * grow / side) * side for each in (height, width))
    return rows, columns


def prepare(frames: Frames, fps: float, pixels: PixelFormat) -> PreparedClip:
    """Return a clip, uint8 (T, H, W, 3) at `fps`, as the network takes it. Raises MediaError where it cannot."""
    indices = frame_indices(len(frames), fps)
    levels = torch.from_numpy(np.ascontiguousarray(frames[indices])).permute(0, 3, 1, 2).float()
    levels = _resized(levels, frame_size(*frames.shape[1:3])).clamp(0, 255).round() / 255
    levels = _resized(levels, network_size(len(indices), levels.shape[2], levels.shape[3], pixels))
    mean, deviation = (torch.tensor(each).view(1, 3, 1, 1) for each in (pixels.mean, pixels.deviation))
    patches, grid = _patches((levels - mean) / deviation, pixels)
    return PreparedClip(patches, grid, pair_times(indices, fps))


def pair_times(indices: Sequence[int], fps: float) -> tuple[float, ...]:
    """Return the moment of each pair of frames in seconds, midway between the two."""
    return tuple((a + b) / fps / 2 for a, b in zip(indices[::PAIR], indices[1::PAIR], strict=True))


def _resized(levels: Any, size: tuple[int, int]) -> Any:
    if tuple(levels.shape[2:]) == size:
        return levels
    return functional.interpolate(levels, size, mode="bicubic", align_corners=False, antialias=True)


def _patches(levels: Any, pixels: PixelFormat) -> tuple[Any, tuple[int, int, int]]:
    """Return the patches of (T, 3, H, W) in the order in which `merge` x `merge` of them become one token."""
    side, merge = pixels.patch, pixels.merge
    pairs, rows, columns = len(levels) // PAIR, levels.shape[2] // side, levels.shape[3] // side
    split = levels.reshape(pairs, PAIR, 3, rows // merge, merge, side, columns // merge, merge, side)
    # To (pair, row of tokens, column of tokens, patch in it down, across | channel, frame of the pair, y, x).
    ordered = split.permute(0, 3, 6, 4, 7, 2, 1, 5, 8)
    return ordered.reshape(pairs * rows * columns, -1), (pairs, rows, columns)
