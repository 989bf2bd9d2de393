"""The part of the frame where the subject ever is: everything else is background and needs no work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sparkle.roles import Mask, Masks

GRID = 64


@dataclass(frozen=True, slots=True)
class Window:
    """Rows `top` to `bottom` and columns `left` to `right` (exclusive ends) of the frame, in pixels."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of the window in an (H, W, ...) array."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.bottom - self.top, self.right - self.left


def subject_window(mask: Masks, margin: int) -> Window | None:
    """Return the smallest window that holds the mask of every frame and `margin` pixels around it, or None
    when no frame has a subject."""
    ever: Mask = np.any(mask, axis=0)
    rows, columns = np.flatnonzero(np.any(ever, axis=1)), np.flatnonzero(np.any(ever, axis=0))
    if rows.size == 0:
        return None
    height, width = ever.shape
    return Window(
        top=max(int(rows[0]) - margin, 0),
        bottom=min(int(rows[-1]) + 1 + margin, height),
        left=max(int(columns[0]) - margin, 0),
        right=min(int(columns[-1]) + 1 + margin, width),
    )


def on_grid(window: Window | None, shape: tuple[int, ...]) -> Window | None:
    """Return a window grown to whole cells of GRID pixels of a frame (H, W): filters that look at a smaller picture
    then see the same pixels together, whichever piece of a clip they work on."""
    if window is None:
        return None
    return Window(
        top=window.top // GRID * GRID,
        bottom=min(-(-window.bottom // GRID) * GRID, shape[0]),
        left=window.left // GRID * GRID,
        right=min(-(-window.right // GRID) * GRID, shape[1]),
    )


def sampled(length: int, count: int) -> list[int]:
    """Return at most `count` frame indices spread evenly over a clip, first and last included."""
    return sorted({round(position) for position in np.linspace(0, length - 1, min(count, length))})
