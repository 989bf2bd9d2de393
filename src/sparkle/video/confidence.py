"""Confidence files: how far BAIT's passes say foreground, pixel by pixel. Ours, beside the published layout.

`votes` is uint8 or uint16 (T * H * W,) in C order, `shape` is (T, H, W), `passes` (T,) is how many passes voted on
each frame.
"""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparkle.core.errors import MediaError
from sparkle.video.arrays import open_arrays, write_arrays


def write_confidence(path: str | Path, votes: NDArray[Any], passes: int | NDArray[Any]) -> None:
    """Write votes (T, H, W), each in [0, passes of its frame], whole or not at all.

    passes: one number, or one per frame (T,).
    """
    if votes.ndim != 3 or votes.size == 0:
        raise MediaError(f"{path}: votes must be (T, H, W) and not empty, got {votes.shape}")
    voters = np.broadcast_to(np.asarray(passes, np.int64), (len(votes),))
    if voters.min() < 1 or votes.min() < 0 or (votes.max(axis=(1, 2)) > voters).any():
        raise MediaError(f"{path}: votes must be in [0, {voters.max()}], got {votes.min()} to {votes.max()}")
    kind = np.uint8 if voters.max() <= np.iinfo(np.uint8).max else np.uint16
    shape = np.array(votes.shape, np.int64)
    write_arrays(path, votes=votes.astype(kind).ravel(), shape=shape, passes=np.array(voters))


def read_confidence(path: str | Path) -> NDArray[np.float16]:
    """Return the share of passes that voted foreground, float16 (T, H, W) in [0, 1]: half the memory of float32.

    Raises MediaError for anything else, and never unpickles.
    """
    with open_arrays(path, "confidence file") as arrays:
        shape = arrays.video_shape()
        voters = arrays.read("passes", shape[0])
        votes = arrays.read("votes", prod(shape)).reshape(shape)
        if voters.min() < 1 or votes.min() < 0 or (votes.max(axis=(1, 2)) > voters).any():
            raise ValueError(f"up to {votes.max()} votes of {voters.max()} passes")
        share = np.empty(shape, np.float16)
        for index, frame in enumerate(votes):  # all at once they would take 8 bytes a pixel more
            share[index] = frame / voters[index]
        return share
