"""The one model of noise: what differs by chance from pixel to pixel and from frame to frame, as a standard deviation.

Always in levels of 0..255. Three ways to measure it, by what there is to look at:

- `picture_noise`: a single picture. Neighbouring pixels tell it, so fine texture must be kept out: the smoothest
  blocks.
- `clip_noise`: a clip at its own size, as it is seen. Neighbouring frames tell it, so motion must be kept out: the
  quietest blocks. Noise that a codec made soft counts in full, as it does for the eye.
- `speckle`: a shrunken clip that may move everywhere. Only what differs between pixels and frames alike: motion of
  smooth things cancels, and so does noise that a codec spread over neighbours, which shrinking averages away anyhow.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.roles import Frames, Mask, Masks

Plane = NDArray[np.float32]

BLOCK = 16  # pixels
SMOOTHEST, LEAST_BLOCKS = 0.1, 5
EXPOSED = (12.0, 243.0)  # grey levels: beyond them noise is clipped
QUIETEST, MOMENTS = 25, 6  # percentile of the blocks, pairs of frames
# The median of the absolute value of a normal variable, in standard deviations.
_MEDIAN_DEVIATION = 0.6745


def picture_noise(grey: Plane, shown: Mask | None = None) -> float | None:
    """Return the noise of a float32 (H, W) picture on the smoothest tenth of its blocks (Immerkaer, 1996).

    shown: bool (H, W), where to look. None where fewer than LEAST_BLOCKS whole blocks are shown and well exposed.
    """
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    response = np.abs(cv2.filter2D(grey, -1, kernel)) * np.sqrt(np.pi / 2) / 6
    levels, means = _block_means(np.asarray(response, np.float32)), _block_means(grey)
    usable = (means > EXPOSED[0]) & (means < EXPOSED[1])
    if shown is not None:
        usable &= _block_means(shown.astype(np.float32)) >= 1
    return float(np.quantile(levels[usable], SMOOTHEST)) if usable.sum() >= LEAST_BLOCKS else None


def clip_noise(frames: Frames, mask: Masks | None = None) -> float:
    """Return the noise between neighbouring frames (T, H, W, 3) uint8, the mean of the channels.

    Taken from the quietest quarter of the blocks outside the mask, so that moving things do not count.
    A clip of one frame, or one without a free block, has none.
    """
    quiet: list[Plane] = []
    last = len(frames) - 2
    for index in (
        np.unique(np.linspace(0, last, min(last + 1, MOMENTS)).round().astype(int)) if last >= 0 else []
    ):
        first, second = (frames[at].astype(np.float32).mean(axis=2) for at in (index, index + 1))
        power = _block_means((second - first) ** 2)
        if mask is not None:
            power = power[_block_means(mask[index].astype(np.float32)) == 0]
        quiet.append(power.ravel())
    powers = np.concatenate(quiet) if quiet else np.zeros(0, np.float32)
    return float(np.sqrt(np.percentile(powers, QUIETEST) / 2)) if powers.size else 0.0


def speckle(greys: Plane) -> float:
    """Return the noise of float32 (T, H, W) greys: a median over the picture and the clip, T >= 2."""
    change = np.diff(greys, axis=0)
    grain = change[:, 1:, 1:] - change[:, :-1, 1:] - change[:, 1:, :-1] + change[:, :-1, :-1]
    return float(np.median(np.abs(grain)) / _MEDIAN_DEVIATION / np.sqrt(8))


def _block_means(values: Plane) -> Plane:
    rows, columns = (size // BLOCK for size in values.shape)
    whole = values[: rows * BLOCK, : columns * BLOCK]
    if not whole.size:
        return np.zeros((rows, columns), np.float32)
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
