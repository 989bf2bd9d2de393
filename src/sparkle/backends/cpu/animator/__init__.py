"""The cpu animator: brings any still picture to life under a caption, by classical means and a fixed camera."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from sparkle.backends.cpu.animator.compose import composition_of, planned_motions
from sparkle.core.errors import BackendError
from sparkle.roles import AnimationRequest, Frames, ModelCard
from sparkle.words.stillness import wants_stillness

__all__ = ["Animator", "planned_motions"]

WORKERS = 2


class Animator:
    """Fulfils the Animator role: regions of the picture move as the caption says, everything solid stays put.

    The clip is one loop: the frame after the last would be the first. A caption that asks for stillness gives
    equal frames.
    """

    card = ModelCard("sparkle-cpu-animator", "1", "Apache-2.0")
    makes_loops = True

    def __call__(self, request: AnimationRequest) -> Frames:
        """Return uint8 (frames, H, W, 3). Raises BackendError for a picture or a length that cannot be animated."""
        _check(request)
        height, width = request.image.shape[:2]
        frames = np.empty((request.frames, height, width, 3), np.uint8)
        if wants_stillness(request.caption):
            frames[:] = request.image
            return frames
        composition = composition_of(request)

        def draw(index: int) -> None:
            frames[index] = composition.frame(index / request.frames)

        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(draw, range(request.frames)))
        return frames


def _check(request: AnimationRequest) -> None:
    image = request.image
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or min(image.shape[:2]) < 16:
        raise BackendError(
            f"the animator needs a uint8 (H, W, 3) image of at least 16 x 16 pixels, got {image.dtype} {image.shape}"
        )
    if request.frames < 1 or not 0 < request.fps < float("inf"):
        raise BackendError(
            f"the animator needs a frame and a positive rate at least, got {request.frames} frames at {request.fps} fps"
        )
