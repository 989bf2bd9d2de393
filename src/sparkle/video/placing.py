"""How a background of the user's own is laid into the picture, and how its horizon comes to lie where it is wanted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sparkle.core.own_background import Placing
from sparkle.video.defocus import blurred
from sparkle.video.images import resize_image

MOST_ZOOM = 1.25  # more would cut away much of a picture for a horizon that is a guess


def placed(picture: NDArray[np.uint8], size: tuple[int, int], placing: Placing) -> NDArray[np.uint8]:
    """Return an (H, W, 3) picture laid into (width, height) `size`."""
    width, height = size
    ratios = width / picture.shape[1], height / picture.shape[0]
    if placing.fit == "stretch":
        shown = resize_image(picture, size)
    else:
        scale = max(ratios) * placing.zoom if placing.fit == "cover" else min(ratios)
        wide, high = (max(1, round(scale * side)) for side in (picture.shape[1], picture.shape[0]))
        left, top = (
            round((room - taken) * at / 1000)
            for room, taken, at in zip(size, (wide, high), placing.position, strict=True)
        )
        shown = np.zeros((height, width, 3), np.uint8)
        seen = resize_image(picture, (wide, high))[max(-top, 0) :, max(-left, 0) :][:height, :width]
        top, left = max(top, 0), max(left, 0)
        shown[top : top + seen.shape[0], left : left + seen.shape[1]] = seen
    if placing.blur <= 0:
        return shown
    return blurred(shown, np.ones((height, width), np.float32), placing.blur / 1000 * width)


def with_horizon_at(shape: tuple[int, int], size: tuple[int, int], horizon: float, row: float) -> Placing:
    """Return how a picture of `shape` (height, width), whose horizon is at `horizon` (share of its height), covers
    `size` (width, height) so that its horizon comes to lie at `row`, or as near as a little zoom allows."""
    width, height = size
    covering = max(width / shape[1], height / shape[0]) * shape[0]
    # What is above and below the horizon must reach to the border.
    above, below = row / max(horizon, 1e-3), (height - row) / max(1 - horizon, 1e-3)
    high = min(max(covering, above, below), MOST_ZOOM * covering)
    room = height - high
    position = 500.0 if abs(room) < 0.5 else 1000.0 * min(max((row - horizon * high) / room, 0.0), 1.0)
    return Placing(position=(500.0, round(position, 2)), zoom=round(high / covering, 4))
