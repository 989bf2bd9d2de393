"""Holes filled with patches of the picture around them: PatchMatch (Barnes et al. 2009), by the library PyPatchMatch.

Of the classical ways to fill, it is the one that goes on with floors, grids and leaves; see docs/benchmarks.md.
"""

from __future__ import annotations

import threading
from typing import Any

import cv2
import numpy as np

from sparkle.core.errors import BackendError, SetupError
from sparkle.core.extras import require
from sparkle.roles import Image, Mask

EXTRA = "inpaint"
# Pixels from the middle of a patch to its side. Chosen by looking at real clips; on the nine drawn ones of
# benchmarks/plates.py it has 24.2 dB, OpenCV's best 23.2.
PATCH = 5
MOST_PIXELS = 450_000  # larger pictures are filled at a smaller size: time grows faster than area
LEAST_KNOWN = 0.05  # of the picture

# The seed of its random search is the library's own, one for the process.
_turn = threading.Lock()


def fill_with_patches(picture: Image, hole: Mask, seed: int) -> Image:
    """Return `picture` (H, W, 3) uint8 with `hole`, bool (H, W), filled; deterministic given the seed.

    Raises what `library` raises, and BackendError where hardly anything is left to fill from.
    """
    if not hole.any():
        return picture
    if (~hole).mean() < LEAST_KNOWN:
        raise BackendError(
            f"the hole covers {hole.mean():.0%} of the picture: nothing is left to fill it from"
        )
    scale = min(1.0, (MOST_PIXELS / hole.size) ** 0.5)
    if scale == 1.0:
        return _filled(picture, hole, seed)
    height, width = hole.shape
    size = max(1, round(scale * width)), max(1, round(scale * height))
    small_hole = cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    filled = cv2.resize(_filled(small, small_hole, seed), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.where(hole[..., None], filled, picture).astype(np.uint8)


def library() -> Any:
    """Return PyPatchMatch. Raises MissingExtraError without it, SetupError for one that was built without its core."""
    patchmatch = require("patchmatch", EXTRA, "filling holes with patches")
    if not patchmatch.patchmatch_available:
        raise SetupError("PyPatchMatch was installed without its library: install one of its wheels")
    return patchmatch


def _filled(picture: Image, hole: Mask, seed: int) -> Image:
    patchmatch = library()
    with _turn:
        patchmatch.set_random_seed(seed % 2**32)
        answer: Image = patchmatch.inpaint(picture, hole, patch_size=PATCH)
    return answer
