"""Frames as they are, in a file that is read where it lies: for what is used again and again, and too large to hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sparkle.core.errors import MediaError
from sparkle.store import check_plain, whole_file


def write_frames(path: Path, frames: NDArray[np.uint8]) -> None:
    """Write uint8 (T, H, W, 3) as .npy, whole or not at all."""
    with whole_file(path) as temporary:
        np.save(temporary, frames, allow_pickle=False)


def map_frames(path: Path) -> NDArray[np.uint8]:
    """Return uint8 (T, H, W, 3) that lie in the file and are read when they are used; they cannot be written to.

    Raises MediaError for anything else.
    """
    try:
        check_plain(path)
        frames = np.load(path, mmap_mode="r", allow_pickle=False)
        if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[3] != 3 or not frames.size:
            raise ValueError(f"it holds {frames.dtype} {frames.shape}")
    except (OSError, ValueError, EOFError) as error:
        raise MediaError(f"{path}: holds no frames as Sparkle writes them ({error}); delete it") from error
    found: NDArray[np.uint8] = frames
    return found
