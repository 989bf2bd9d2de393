"""Endless drift of a texture that is shown only once: two copies, one a loop behind, change over patch by patch."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from sparkle.backends.cpu.animator.noise import Field, fractal_noise, grid_coordinates, smoothstep


@dataclass(frozen=True, slots=True)
class Drift:
    """A texture (h, w) or (h, w, C) that travels by (`travel_x`, `travel_y`) pixels (each (h, w)) in one loop.

    At share 0 it lies where it was drawn; at share 1 again. In between each patch changes over, at its own time
    (`change_over`, a share), from the copy that left to the copy that arrives: no stretching, no common pulse.
    """

    texture: Field
    x: Field
    y: Field
    travel_x: Field
    travel_y: Field
    change_over: Field

    def at(self, share: float) -> Field:
        """Return the texture at `share` of its loop, in [0, 1)."""
        later = smoothstep(-0.3, 0.3, share - self.change_over)
        leading, trailing = self._shifted(share), self._shifted(share - 1)
        if leading.ndim == 3:
            later = later[..., None]
        return np.asarray(leading + later * (trailing - leading), dtype=np.float32)

    def _shifted(self, share: float) -> Field:
        x, y = self.x - share * self.travel_x, self.y - share * self.travel_y
        moved = cv2.remap(self.texture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        return np.asarray(moved, dtype=np.float32)


def drifting(
    random: np.random.Generator, texture: Field, travel_x: Field, travel_y: Field, patch: float
) -> Drift:
    """Let `texture` drift; `patch` is the size in pixels of what changes over together."""
    height, width = texture.shape[:2]
    x, y = grid_coordinates(height, width, 1)
    change_over = (0.3 + 0.4 * fractal_noise(random, height, width, patch, 2)).astype(np.float32)
    return Drift(texture, x, y, travel_x.astype(np.float32), travel_y.astype(np.float32), change_over)
