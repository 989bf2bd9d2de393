"""The plane that a moving camera sees one part of after the other, as one picture: there the place stands still."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.camera.homography import corners_of, moved
from sparkle.camera.path import in_pixels

Array = NDArray[np.float64]
Pixel = TypeVar("Pixel", np.uint8, np.float32)


@dataclass(frozen=True, slots=True)
class Canvas:
    """A picture of (width, height) `size` that holds all frames of a clip, of (width, height) `frame`.

    `views` float64 (T, 3, 3): where the pixels (x, y, 1) of each frame lie in it.
    """

    size: tuple[int, int]
    frame: tuple[int, int]
    views: Array

    def view(self, number: int) -> Array:
        """Return the view (3, 3) of a frame; the last one beyond the end."""
        found: Array = self.views[min(number, len(self.views) - 1)]
        return found

    def resized(self, *, size: tuple[int, int] | None = None, frame: tuple[int, int] | None = None) -> Canvas:
        """Return the same canvas for pictures of it, or frames, of other sizes."""
        size, frame = size or self.size, frame or self.frame
        views = _resizing(self.size, size) @ self.views @ _resizing(frame, self.frame)
        return Canvas(size, frame, views / views[:, 2:, 2:])


def canvas_of(homographies: Array, frame: tuple[int, int]) -> Canvas:
    """Return the smallest canvas for frames of (width, height) `frame` that lie as a CameraPath says, float64
    (T, 3, 3). Its pixels are as large as those of the first frame."""
    low, high = reach(homographies, frame)
    width, height = frame
    left, top = np.floor(low.min(axis=0) * width + [width / 2, height / 2]).astype(int)
    right, bottom = np.ceil(high.max(axis=0) * width + [width / 2, height / 2]).astype(int)
    size = (int(right - left) + (right - left) % 2, int(bottom - top) + (bottom - top) % 2)
    shift = np.array([[1.0, 0.0, -left], [0.0, 1.0, -top], [0.0, 0.0, 1.0]])
    return Canvas(size, frame, np.stack([shift @ in_pixels(each, frame) for each in homographies]))


def reach(homographies: Array, frame: tuple[int, int]) -> tuple[Array, Array]:
    """Return the least and the greatest x and y (T, 2) of each frame's corners, in widths from the first's centre."""
    corners = corners_of(frame[1] / frame[0])
    places = np.stack([moved(each, corners) for each in homographies])
    return places.min(axis=1), places.max(axis=1)


def laid(picture: NDArray[Pixel], view: Array, size: tuple[int, int]) -> NDArray[Pixel]:
    """Return a frame (H, W, ...) as it lies on a canvas of (width, height) `size`; zero where it does not reach."""
    found = cv2.warpPerspective(picture, view, size, flags=cv2.INTER_LINEAR)
    return np.asarray(found, picture.dtype)


def seen(canvas: NDArray[Pixel], view: Array, frame: tuple[int, int]) -> NDArray[Pixel]:
    """Return what a frame of (width, height) `frame` shows of a canvas (H, W, ...)."""
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    found = cv2.warpPerspective(canvas, view, frame, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, canvas.dtype)


def _resizing(old: tuple[int, int], new: tuple[int, int]) -> Array:
    """Return what takes pixels of pictures of one (width, height) to those of another, by their centres."""
    across, down = new[0] / old[0], new[1] / old[1]
    return np.array([[across, 0.0, (across - 1) / 2], [0.0, down, (down - 1) / 2], [0.0, 0.0, 1.0]])
