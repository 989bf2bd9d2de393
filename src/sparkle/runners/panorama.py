"""What a moving camera saw of a place, all in one picture, and frames continued by it beyond their borders."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from sparkle.camera.canvas import Canvas, laid
from sparkle.roles import Image
from sparkle.video import blurred

SEAM = 9  # pixels over which a frame goes over into what other frames show
FILL_RADIUS = 8.0  # pixels, of what no frame shows
GAIN = (0.7, 1.4)  # the camera's exposure changes by no more


def panorama(frames: Iterable[tuple[int, Image]], canvas: Canvas) -> Image:
    """Return the place on a canvas, uint8 (H, W, 3): in the middle of what numbered frames show, and what is around
    where none of them shows anything."""
    whole = np.full(canvas.frame[::-1], 255, np.uint8)
    lying = []
    reached = np.zeros(canvas.size[::-1], np.int64)
    for number, frame in frames:
        view = canvas.view(number)
        here = laid(whole, view, canvas.size) == 255
        lying.append(np.where(here[..., None], laid(frame, view, canvas.size), np.uint8(255)))
        reached += here
    shown = np.stack(lying)
    shown.sort(axis=0)  # what a frame does not reach comes last
    middle = (np.maximum(reached, 1) - 1) // 2
    picture: Image = np.take_along_axis(shown, middle[None, ..., None], axis=0)[0]
    known = reached > 0
    return np.where(known[..., None], picture, blurred(picture, known.astype(np.float32), FILL_RADIUS))


def continued(number: int, frame: Image, place: Image, canvas: Canvas) -> Image:
    """Return a numbered frame on the canvas, uint8 (H, W, 3); beyond its borders lies the `place`, in its light."""
    whole = np.full(canvas.frame[::-1], 255, np.uint8)
    whole[[0, -1]], whole[:, [0, -1]] = 0, 0  # of the outermost pixels a part is what lies beyond
    view = canvas.view(number)
    lying = laid(frame, view, canvas.size)
    reached = np.asarray(laid(whole, view, canvas.size) == 255, np.uint8)
    inside = cv2.erode(reached, np.ones((SEAM, SEAM), np.uint8), borderType=cv2.BORDER_REPLICATE)
    weight = np.asarray(cv2.blur(inside.astype(np.float32), (SEAM, SEAM)), np.float32)[..., None]
    own, beyond = (np.array(cv2.mean(each, reached)[:3]) + 1 for each in (lying, place))
    gain = np.clip(own / beyond, *GAIN).astype(np.float32)
    mixed = weight * lying + (1 - weight) * (place * gain)
    return np.asarray(np.clip(mixed + 0.5, 0, 255), np.uint8)
