"""How the moving things of a picture come together: displacements add up, gains multiply, layers are laid over.

Each is zero (one, for gains) at phase 0: what is drawn is the change since the still picture, so the first frame is
the picture itself. Particles alone are there from the start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np

from sparkle.backends.cpu.animator.noise import Field
from sparkle.backends.cpu.animator.scenery import Scenery
from sparkle.roles import Image

# For a phase in [0, 1): float32 (h, w, 2) in pixels on the scenery's grid. The picture at p is taken from p + it.
Displacement = Callable[[float], Field]
# For a phase: a factor, float32 (h, w) on the scenery's grid.
Gain = Callable[[float], Field]


# Displaces a map of the picture's size.
Warp = Callable[[Field], Field]


@dataclass(frozen=True, slots=True)
class Moment:
    """One frame on its way: its phase, and how a map of the picture's size is displaced in it."""

    phase: float
    warp: Warp


# Changes a canvas float32 (H, W, 3) of 0..255 in place.
Layer = Callable[[Field, Moment], None]


@dataclass
class Composition:
    """Everything that moves, in the order in which it is drawn: warped picture, layers, gains, particles."""

    scenery: Scenery
    displacements: list[Displacement] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    gains: list[Gain] = field(default_factory=list)
    particles: list[Layer] = field(default_factory=list)

    @cached_property
    def free(self) -> Field | None:
        """What may be displaced at all, (h, w, 1) on the scenery's grid; a pixel that rigid things touch may not."""
        rigid = self.scenery.regions.rigid
        if rigid is None:
            return None
        touched = cv2.dilate(self.scenery.small(rigid), np.ones((3, 3), np.uint8))
        return np.asarray(1 - np.clip(2 * touched, 0, 1), dtype=np.float32)[..., None]

    def frame(self, phase: float) -> Image:
        """Draw the frame at `phase`, uint8 (H, W, 3)."""
        moment = Moment(phase, self._warp(phase))
        canvas = moment.warp(self.scenery.image.astype(np.float32)).copy()
        _draw(self.layers, canvas, moment)
        if self.gains:
            gain = np.prod([gain(phase) for gain in self.gains], axis=0)
            canvas *= self.scenery.large(np.clip(gain, 0, 3).astype(np.float32))[..., None]
        _draw(self.particles, canvas, moment)
        return np.asarray(np.rint(np.clip(canvas, 0, 255)), dtype=np.uint8)

    def _warp(self, phase: float) -> Warp:
        if not self.displacements or phase == 0.0:
            return lambda values: values
        total = np.sum([displacement(phase) for displacement in self.displacements], axis=0)
        if self.free is not None:
            total = total * self.free
        offset = self.scenery.large(total.astype(np.float32))
        columns = offset[..., 0] + np.arange(self.scenery.width, dtype=np.float32)
        rows = offset[..., 1] + np.arange(self.scenery.height, dtype=np.float32)[:, None]
        coarse, fine = cv2.convertMaps(columns, rows, cv2.CV_16SC2)

        def warp(values: Field) -> Field:
            moved = cv2.remap(values, coarse, fine, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
            return np.asarray(moved, dtype=np.float32)

        return warp


def _draw(layers: Sequence[Layer], canvas: Field, moment: Moment) -> None:
    for layer in layers:
        layer(canvas, moment)
