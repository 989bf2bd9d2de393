"""Where and when the subject's structure of the source is found again in the edit.

Structure is the gradient of log lightness over its strength nearby: other light changes it little. The sum of its
products over the subject is a correlation, so all moments of the edit are compared with all of the source at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.bench.metrics.inputs import Pair
from sparkle.measure.agreement import gradient, grow, log_lightness, shrink, shrink_mask
from sparkle.roles import Image

Plane = NDArray[np.float32]

WIDTH = 208  # pixels: a shift by three pixels of a 1280 wide clip is half of one here, and hardly counts
WINDOW, NOISE_FLOOR = 4.0, 1.0
REACH = 0.1  # of the width: how far from its place the subject is looked for
PLACES = 13  # moments at which it is


@dataclass(frozen=True, slots=True)
class Poses:
    """`likeness` (K, K): correlation of the subject at the source's key moment (row) with the edit's (column), in
    place. `displacement` in % of the width and `moved_likeness`: the best place, and the correlation there, at some
    moments."""

    likeness: NDArray[np.float64]
    displacement: NDArray[np.float64]
    moved_likeness: NDArray[np.float64]

    @property
    def best_moment(self) -> NDArray[np.int64]:
        """For each key moment of the edit, that of the source at which the subject is most alike."""
        return np.asarray(self.likeness.argmax(axis=0), np.int64)


def compare_poses(pair: Pair) -> Poses:
    """Compare the subject at all key moments with each other, and look for it around its place."""
    count = len(pair.keys)
    source, edited = (
        np.stack([_structure(clip[key]) for key in pair.keys]) for clip in (pair.source, pair.edited)
    )
    masks = np.stack([inner(mask) for mask in pair.masks]).astype(np.float32)
    subject = source * masks[:, None]
    product = subject.reshape(count, -1) @ edited.reshape(count, -1).T
    energy = masks.reshape(count, -1) @ (edited**2).sum(axis=1).reshape(count, -1).T
    own = (subject**2).sum(axis=(1, 2, 3))
    likeness = product / np.sqrt(np.maximum(own[:, None] * energy, 1e-6))
    moments = [int(key) for key in pair.some_keys(PLACES) if masks[key].any()]
    places = [_best_place(subject[key], edited[key], masks[key]) for key in moments]
    displacement, moved = np.array(places, np.float64).reshape(-1, 2).T
    return Poses(likeness.astype(np.float64), displacement, moved)


def inner(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the mask at the size of the structure, without its rim, which shows the background as well."""
    return grow(shrink_mask(mask, WIDTH), -1)


def _structure(picture: Image) -> Plane:
    gradients = np.stack(gradient(log_lightness(shrink(picture, WIDTH))))
    strength = np.sqrt(cv2.GaussianBlur((gradients**2).sum(axis=0), (0, 0), WINDOW))
    return np.asarray(gradients / (strength + NOISE_FLOOR), np.float32)


def _best_place(subject: Plane, edited: Plane, mask: Plane) -> tuple[float, float]:
    """Return the displacement in % of the width and the correlation at the best place within REACH."""
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    reach = round(REACH * WIDTH)
    rows, columns = slice(y, y + height), slice(x, x + width)
    around = slice(y, y + height + 2 * reach), slice(x, x + width + 2 * reach)
    patches = [np.ascontiguousarray(plane[rows, columns]) for plane in subject]
    fields = [np.pad(plane, reach)[around] for plane in edited]
    product = sum(_slide(field, patch) for field, patch in zip(fields, patches, strict=True))
    energy = _slide(fields[0] ** 2 + fields[1] ** 2, np.ascontiguousarray(mask[rows, columns]))
    likeness = product / np.sqrt(np.maximum(energy * float((subject**2).sum()), 1e-6))
    row, column = np.unravel_index(int(likeness.argmax()), likeness.shape)
    distance = float(np.hypot(row - reach, column - reach)) / WIDTH * 100
    return distance, float(likeness[row, column])


def _slide(field: Plane, patch: Plane) -> Plane:
    return np.asarray(cv2.matchTemplate(field.astype(np.float32), patch, cv2.TM_CCORR), np.float32)
