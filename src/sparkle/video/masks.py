"""Mask files of the published layout: `mask` = packed bits of the (T, H, W) booleans in C order, and `shape`."""

from __future__ import annotations

from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sparkle.core.errors import MediaError
from sparkle.video.arrays import open_arrays, write_arrays


def pack(masks: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Pack bool (T, H, W) into uint8 (ceil(T * H * W / 8),), first pixel in the highest bit."""
    return np.packbits(masks)


def unpack(packed: NDArray[np.uint8], shape: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Undo `pack`."""
    count = shape[0] * shape[1] * shape[2]
    return np.unpackbits(packed, count=count).view(np.bool_).reshape(shape)


def write_masks(path: str | Path, masks: NDArray[np.bool_]) -> None:
    """Write bool (T, H, W) masks, whole or not at all; the same masks give the same bytes."""
    if masks.dtype != np.bool_ or masks.ndim != 3 or masks.size == 0:
        raise MediaError(
            f"{path}: masks must be bool (T, H, W) and not empty, got {masks.dtype} {masks.shape}"
        )
    write_arrays(path, mask=pack(masks), shape=np.array(masks.shape, np.int64))


def read_masks(path: str | Path) -> NDArray[np.bool_]:
    """Read bool (T, H, W) masks. Raises MediaError for anything else, and never unpickles."""
    with open_arrays(path, "mask file") as arrays:
        shape = arrays.video_shape()
        return unpack(arrays.read("mask", (prod(shape) + 7) // 8, np.dtype(np.uint8)).view(np.uint8), shape)
