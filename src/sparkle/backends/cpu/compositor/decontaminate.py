"""The subject's own colours at its rim, without the light of the old background that the lens mixed in.

One step of the blurred fusion of Forte, "Approximate Fast Foreground Colour Estimation" (2021): the smooth
foreground, corrected by what the mixture leaves unexplained. Where alpha is 1 the source's pixel is returned
as it is.
"""

from __future__ import annotations

import numpy as np

from sparkle.backends.cpu.compositor.matte import Matte
from sparkle.roles import Image


def clean_foreground(frame: Image, matte: Matte) -> Image:
    """Return the subject's colours, uint8 (H, W, 3); only those where alpha lies between 0 and 1 are new."""
    rim = (matte.alpha > 0) & (matte.alpha < 1)
    share = matte.alpha[rim, None]
    foreground, background = (side[rim].astype(np.float32) for side in (matte.foreground, matte.background))
    residual = frame[rim] - background - share * (foreground - background)
    cleaned = frame.copy()
    cleaned[rim] = np.clip(np.rint(foreground + share * residual), 0, 255).astype(np.uint8)
    return cleaned
