"""What moves in a picture is drawn anew in every frame: flat faces in perspective, behind whatever stands nearer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.painter.engine.canvas import Array, Canvas, View
from sparkle.painter.engine.faces import Face, Mover
from sparkle.painter.engine.noise import floats

NEAR = 0.4  # metres: what comes nearer to the eye is cut off there
SHIFT = 4
FINE, COARSE = 3, 2  # samples to a side of a pixel, for small things and for large ones
LARGE = 160  # pixels


@dataclass(frozen=True, slots=True)
class Movers:
    """All that moves: `depth` (H, W) of what stands still, in the picture's size, and how light becomes a colour:
    `haze_per_km`, the tone `air` of the haze (linear RGB), `develop` from linear to display values in [0, 1]."""

    view: View
    depth: Array
    haze_per_km: float
    air: Array
    develop: Callable[[Array], Array]
    each: tuple[Mover, ...]

    def draw(self, picture: NDArray[np.float32], phase: float, seconds: float) -> None:
        """Draw over the picture (H, W, 3), in 0..255, at `phase` in [0, 1) of a loop of `seconds`, far ones first.

        At phase 0 the length of the loop makes no difference: that is how the still picture shows them.
        """
        drawn = [faces for mover in self.each if (faces := mover(phase, seconds))]
        joined = [np.concatenate([face.corners for face in faces]) for faces in drawn]
        nearest = [float(corners[:, 2].min()) for corners in joined]
        for number in np.argsort(nearest)[::-1]:
            self._lay(picture, drawn[number], joined[number], nearest[number])

    def _lay(self, picture: NDArray[np.float32], faces: Sequence[Face], joined: Array, near: float) -> None:
        view, counts = self.view, [len(face.corners) for face in faces]
        if near < NEAR:
            cut = [_in_front(face.corners) for face in faces]
            joined, counts, near = np.concatenate(cut), [len(corners) for corners in cut], NEAR
        if not len(joined):
            return
        x, y, z = joined.T
        across, down = view.centre + view.focal * x / z, view.horizon - view.focal * (y - view.eye) / z
        left, top = (max(int(np.floor(points.min())) - 1, 0) for points in (across, down))
        right, bottom = min(int(across.max()) + 2, view.width), min(int(down.max()) + 2, view.height)
        if left >= right or top >= bottom:
            return
        size = (right - left, bottom - top)
        fine = COARSE if max(size) > LARGE else FINE
        sheet = np.zeros((size[1] * fine, size[0] * fine, 4), np.uint8)
        clear = float(np.exp(-near / 1000 * self.haze_per_km))
        tones = self.develop(floats([face.tone for face in faces])[None] * clear + self.air * (1 - clear))[0]
        covers = floats([[255 * face.cover] for face in faces])
        paints = np.rint(np.concatenate([tones * covers, covers], axis=1)).tolist()
        fixed = (np.stack([across - left, down - top], axis=1) * (fine << SHIFT)).astype(np.int32)
        start = 0
        for count, paint in zip(counts, paints, strict=True):
            if count:
                cv2.fillConvexPoly(sheet, fixed[start : start + count], paint, cv2.LINE_8, SHIFT)
            start += count
        drawn = floats(cv2.resize(sheet, size, interpolation=cv2.INTER_AREA))
        seen = floats(self.depth[top:bottom, left:right] > near * 0.97)
        if seen.min() < 1:
            drawn = drawn * cv2.GaussianBlur(seen, (0, 0), 0.6)[..., None]
        target = picture[top:bottom, left:right]
        target[:] = target * (1 - drawn[..., 3:] / 255) + drawn[..., :3]


def movers_of(canvas: Canvas, width: int, height: int, develop: Callable[[Array], Array]) -> Movers:
    """Gather what moves on a canvas, for a picture of (height, width)."""
    ratio, view = width / canvas.view.width, canvas.view
    seen = View(width, height, view.horizon * ratio, view.focal * ratio, view.eye)
    depth = cv2.resize(canvas.depth, (width, height), interpolation=cv2.INTER_NEAREST)
    air = floats(canvas.horizon_glow.mean(axis=0))
    return Movers(seen, depth, canvas.light.haze_per_km, air, develop, tuple(canvas.movers))


def _in_front(corners: Array) -> Array:
    """Cut off what of a patch lies behind the eye."""
    if corners[:, 2].min() >= NEAR:
        return corners
    kept: list[Array] = []
    for here, there in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if here[2] >= NEAR:
            kept.append(here)
        if (here[2] >= NEAR) != (there[2] >= NEAR):
            kept.append(here + (there - here) * ((NEAR - here[2]) / (there[2] - here[2])))
    return floats(kept).reshape(-1, 3)
