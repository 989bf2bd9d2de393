"""Picture sizes: the aspect is kept, sides are even, nothing is enlarged."""

from __future__ import annotations


def fit_size(width: int, height: int, max_width: int, max_height: int) -> tuple[int, int]:
    """Return the largest (width, height) with even sides and the same aspect inside the box, never enlarged.

    The box stands for an area and shape without orientation: a portrait picture gets its sides swapped.
    """
    if (height > width) != (max_height > max_width):
        max_width, max_height = max_height, max_width
    scale = min(1.0, max_width / width, max_height / height)
    return _even(width * scale, min(width, max_width)), _even(height * scale, min(height, max_height))


def _even(length: float, limit: int) -> int:
    nearest = 2 * round(length / 2)
    return max(2, min(nearest, limit - limit % 2))
