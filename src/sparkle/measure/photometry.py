"""Colour drift of a fixed camera: every frame is brought to the colours of one reference picture.

Real clips change exposure, contrast and tint over time, some of them abruptly in their first frames. The places
that show the background tell how: an affine map of colour, fitted robustly there, undoes it everywhere.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.roles import Frames, Image, Mask, Masks

SAMPLES = 4000
FEWEST_SAMPLES = 300
RIDGE = 30.0


def align_colours(frames: Frames, background: Masks) -> Frames:
    """Return the frames with the colours of their temporal median, as seen where `background` is True.

    frames: (T, H, W, 3) uint8; background: bool (T, H, W), places that surely show the background.
    A frame with hardly any background is left as it is.
    """
    reference = np.median(frames[:: max(1, len(frames) // 15)], axis=0).astype(np.uint8)
    return align_to(reference, np.ones(reference.shape[:2], np.bool_), frames, background)


def align_to(reference: Image, known: Mask, frames: Frames, background: Masks) -> Frames:
    """Return the frames with the colours of `reference` (H, W, 3), as seen where it is `known`, bool (H, W), and the
    frame shows the background, bool (T, H, W). A frame with hardly any of that is left as it is."""
    step = max(1, int(np.sqrt(known.size / SAMPLES)))
    sample = np.s_[::step, ::step]
    return np.stack(
        [
            _apply(frame, fit_colour_map(frame[sample], reference[sample], (shown & known)[sample]))
            for frame, shown in zip(frames, background, strict=True)
        ]
    )


def fit_colour_map(frame: Image, reference: Image, shown: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the (4, 3) affine colour map from `frame` to `reference` over `shown`; identity without evidence."""
    identity = np.vstack([np.eye(3), np.zeros(3)])
    source = frame[shown].astype(np.float64)
    if len(source) < FEWEST_SAMPLES:
        return identity
    wanted = reference[shown].astype(np.float64)
    design = np.column_stack([source, np.full(len(source), 255.0)])
    weight = np.ones(len(source))
    prior = RIDGE * np.sqrt(len(source)) * np.eye(4)
    solution = identity
    for _ in range(3):
        weighted = design * weight[:, None]
        solution = np.linalg.solve(weighted.T @ design + prior, weighted.T @ wanted + prior @ identity)
        error = np.abs(design @ solution - wanted).max(axis=1)
        weight = 1.0 / (1.0 + (error / (4.0 + 2.0 * np.median(error))) ** 4)
    return solution


def _apply(frame: Image, colour_map: NDArray[np.float64]) -> Image:
    linear, offset = colour_map[:3].T, 255.0 * colour_map[3]
    affine = np.column_stack([linear, offset]).astype(np.float32)
    mapped: NDArray[np.float32] = cv2.transform(frame.astype(np.float32), affine).astype(np.float32)
    picture: Image = np.clip(mapped + 0.5, 0, 255).astype(np.uint8)
    return picture
