"""The turn and mirroring that a phone writes beside the pixels instead of into them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Orientation:
    """What to do with stored pixels to show them upright: first transpose, then mirror."""

    transpose: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    @property
    def rotation(self) -> int:
        """The clockwise turn in degrees: 0, 90, 180 or 270; of a mirror image, the turn that remains."""
        if self.transpose:
            return 90 if self.mirror_x else 270
        return 180 if self.mirror_y else 0

    def apply(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return an (H, W, C) image upright; (W, H, C) when transposed."""
        upright = image.transpose(1, 0, 2) if self.transpose else image
        upright = upright[:, ::-1] if self.mirror_x else upright
        return upright[::-1] if self.mirror_y else upright


def orientation_of(frame: VideoFrame) -> Orientation:
    """Read a frame's display matrix (x' = a x + c y, y' = b x + d y), to the nearest right angle."""
    side_data: Mapping[str, Any] = frame.side_data
    if (matrix := side_data.get("DISPLAYMATRIX")) is None:
        return Orientation()
    a, b, _, c, d = np.frombuffer(bytes(matrix), np.int32)[:5].tolist()
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Orientation(transpose=False, mirror_x=a < 0, mirror_y=d < 0)
    return Orientation(transpose=True, mirror_x=c < 0, mirror_y=b < 0)
