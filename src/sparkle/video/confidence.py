"""Confidence files: the votes behind a mask, as BAIT counted them. Ours, beside the published layout.

`votes` is uint8 (T * H * W,) in C order, `shape` is (T, H, W), `passes` (1,) is the number of passes that voted.
"""

from __future__ import annotations

from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sparkle.core.errors import MediaError
from sparkle.video.arrays import open_arrays, write_arrays

MOST_PASSES = 255


def write_confidence(path: str | Path, votes: NDArray[np.integer], passes: int) -> None:
    """Write integer votes (T, H, W) in [0, `passes`], whole or not at all."""
    if votes.ndim != 3 or votes.size == 0 or votes.min() < 0 or votes.max() > passes:
        raise MediaError(f"{path}: votes must be (T, H, W) integers in [0, {passes}], got {votes.shape}")
    write_arrays(
        path,
        votes=votes.astype(np.min_scalar_type(passes)).reshape(-1),
        shape=np.array(votes.shape, np.int64),
        passes=np.array([passes], np.int64),
    )


def read_confidence(path: str | Path) -> NDArray[np.float32]:
    """Read the share of passes that vote foreground, float32 (T, H, W) in [0, 1]; raises MediaError."""
    with open_arrays(path, "confidence file") as arrays:
        shape = arrays.video_shape()
        passes = int(arrays.read("passes", 1)[0])
        votes = arrays.read("votes", prod(shape)).reshape(shape)
        if passes < 1 or votes.min() < 0 or votes.max() > passes:
            raise ValueError(f"it counts {votes.max()} votes of {passes} passes")
        return votes.astype(np.float32) / np.float32(passes)
