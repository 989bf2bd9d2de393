"""The arrays that roles take and give: `Image` (H, W, 3), `Frames` (T, H, W, 3), `Mask` (H, W), `Masks` (T, H, W),
`Flow` (H, W, 2) as (dx, dy) in pixels, `Matte` (H, W) in [0, 1], `EdgeMaps` (T, H, W)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Frames = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Masks = NDArray[np.bool_]
Flow = NDArray[np.float32]
Matte = NDArray[np.float32]
EdgeMaps = NDArray[np.uint8]
