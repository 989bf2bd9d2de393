"""What every moving thing is built from: the picture, where things are in it, how long the loop lasts, one wind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.animator.noise import Field, grid_coordinates, smoothstep
from sparkle.backends.cpu.animator.regions import Regions
from sparkle.core.seeds import generator
from sparkle.roles import Image

GRID_POINTS = 280


@dataclass(frozen=True)
class Scenery:
    """A still picture about to move. `duration` is the loop's length in seconds."""

    image: Image
    regions: Regions
    duration: float
    seed: int

    @property
    def height(self) -> int:
        """Rows of the picture."""
        return int(self.image.shape[0])

    @property
    def width(self) -> int:
        """Columns of the picture."""
        return int(self.image.shape[1])

    @cached_property
    def size(self) -> float:
        """The length that displacements are shares of: the picture's geometric mean side, in pixels."""
        return float(np.sqrt(self.height * self.width * 9 / 16) * 4 / 3)

    @cached_property
    def step(self) -> int:
        """Pixels between samples of the smooth fields."""
        return max(1, round(max(self.height, self.width) / GRID_POINTS))

    @cached_property
    def grid(self) -> tuple[Field, Field]:
        """Pixel coordinates x and y of the smooth fields' samples."""
        return grid_coordinates(self.height, self.width, self.step)

    @cached_property
    def wind(self) -> float:
        """The wind's side: +1 blows to the right, -1 to the left; the same for everything in the picture."""
        return 1.0 if self.random("wind").random() < 0.5 else -1.0

    @cached_property
    def light_colour(self) -> NDArray[np.float32]:
        """The colour of the brightest twentieth of the picture, RGB 0..255."""
        pixels = (
            cv2.resize(self.image, (96, 64), interpolation=cv2.INTER_AREA).reshape(-1, 3).astype(np.float32)
        )
        brightest = pixels[np.argsort(pixels.sum(axis=1))[-len(pixels) // 20 :]]
        return np.asarray(brightest.mean(axis=0), dtype=np.float32)

    @cached_property
    def saturation(self) -> Field:
        """How colourful the picture is, 0..1, on the grid of the smooth fields."""
        pixels = self.image.astype(np.float32)
        highest, lowest = pixels.max(axis=2), pixels.min(axis=2)
        return self.small((highest - lowest) / np.maximum(highest, 1))

    def random(self, name: str) -> np.random.Generator:
        """A generator for one purpose; others do not disturb it."""
        return generator(self.seed, "animator", name)

    def small(self, values: NDArray[Any]) -> Field:
        """Bring a map of the picture's size to the grid of the smooth fields."""
        rows, columns = self.grid[0].shape
        return np.asarray(cv2.resize(values, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.float32)

    def large(self, values: Field) -> Field:
        """Bring a smooth field (h, w) or (h, w, 2) to the picture's size."""
        return np.asarray(
            cv2.resize(values, (self.width, self.height), interpolation=cv2.INTER_LINEAR), dtype=np.float32
        )

    def nearness(self, y: Field) -> Field:
        """How near the ground at rows `y` is: 0 at the horizon, 1 at the picture's foot."""
        top = min(self.regions.horizon, 0.9 * self.height)
        return np.asarray(np.clip((y - top) / (self.height - top), 0, 1), dtype=np.float32)

    def held_back(self, region: Field, reach: float) -> Field:
        """Weight on the grid of what may move with `region`: 0 at solid things, 1 well inside or towards the sky.

        `reach` is the distance over which it rises, as a share of `size`.
        """
        sigma = max(0.8, reach * self.size / self.step)
        moving, sky = self.small(region), self.small(self.regions.sky)
        solid = np.clip(1 - moving - sky, 0, 1)
        near, far = cv2.GaussianBlur(moving, (0, 0), sigma), cv2.GaussianBlur(solid, (0, 0), sigma)
        share = near / (near + far + 0.02)
        return smoothstep(
            0.45, 0.95, np.asarray(share * smoothstep(0.02, 0.2, near) * (1 - solid), dtype=np.float32)
        )


def filled(image: Field, known: NDArray[Any]) -> Field:
    """Continue an image (H, W, C) smoothly from where `known` (H, W) is 1 into where it is 0 (push-pull pyramid)."""
    height, width = known.shape
    if min(height, width) <= 2:
        weight = known[..., None]
        mean = (image * weight).sum(axis=(0, 1)) / max(float(known.sum()), 1e-6)
        return np.asarray(np.broadcast_to(mean, image.shape), dtype=np.float32)
    size = ((width + 1) // 2, (height + 1) // 2)
    smaller_known = cv2.resize(known, size, interpolation=cv2.INTER_AREA)
    smaller = cv2.resize(image * known[..., None], size, interpolation=cv2.INTER_AREA)
    smaller = smaller / np.maximum(smaller_known, 1e-4)[..., None]
    # A cell that is known at all counts as known one level up, so that far fills come from far cells only.
    below = filled(smaller.astype(np.float32), np.minimum(1, 4 * smaller_known).astype(np.float32))
    coarse = cv2.resize(below, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(image * known[..., None] + coarse * (1 - known[..., None]), dtype=np.float32)
