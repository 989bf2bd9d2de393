"""Does a mask hold the whole subject and nothing else? Signs of a clip and its mask, held against those of true masks.

A heuristic: each sign has a limit that no true mask of `benchmarks/broken.py`, half "choose", reached;
docs/benchmarks.md has how many broken masks are seen so on the other half, which it never saw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sparkle.measure import mask_signs
from sparkle.measure.boxed_subject import Bounds, box_signs
from sparkle.measure.contour_signs import contour_signs
from sparkle.measure.contradicted import contradicted
from sparkle.measure.masked_clip import Field, masked_clip
from sparkle.measure.misplaced import placing
from sparkle.measure.uncovered_faces import face_signs, frontal_heads
from sparkle.roles import Frames, Masks

Signs = dict[str, Field]
Values = NDArray[np.float64]

LARGEST_SIGN = 2.25
WORST_MOMENTS = 2
# Several signs that nearly reach their limits speak louder than one; far below they say little.
TOGETHER = 2.5
# Contours of thin things lie close together: what is beside one is inside the other.
THIN = 0.35
OF_CONTOURS = ("bare", "misplaced", "moving_beside", "colours_beside")

# The limit of each sign in the mean of a clip, and at one moment: 1.6 times the largest that a good mask of the half
# `choose` has (39 masks of 13 clips, `benchmarks/broken.py --fit`). Those of faces are by hand: it has hardly any.
# Those of boxes, too: but for one of threads, good masks end at most 0.17 within faulty boxes. Hardly a good mask of
# `choose` contradicts itself: that limit is by hand, too.
LIMITS = {
    "bare": (0.29, 0.42),
    "astray": (0.99, 1.06),
    "long_astray": (1.17, 1.75),
    "no_peak": (0.71, 0.77),
    "misplaced": (0.13, 0.13),
    "slid": (0.35, 0.35),
    "moving_beside": (0.13, 0.36),
    "resting_rim": (0.79, 0.93),
    "colours_beside": (0.13, 0.36),
    "colours_inside": (0.15, 0.21),
    "own_gaps": (0.25, 0.27),
    "contradicted": (0.15, 0.15),
    "gained": (0.20, 1.04),
    "leap": (0.37, 0.52),
    "stepped": (0.13, 0.13),
    "headless": (0.50, 0.50),
    "bodiless": (0.50, 0.50),
    "within_boxes": (0.20, 0.20),
    "beyond_boxes": (0.10, 0.10),
}
MEANINGS = {
    "bare": "much of the mask's contour lies on no edge",
    "astray": "much of the mask's contour runs along no edge",
    "long_astray": "a long piece of the mask's contour runs along no edge",
    "no_peak": "edges beside the mask's contour are as strong as its own",
    "misplaced": "the mask lies beside the edges that it should follow",
    "slid": "the mask slides off the edges that it should follow",
    "moving_beside": "what stands out from the background touches the mask from outside",
    "resting_rim": "the mask's rim rests while its core moves",
    "colours_beside": "the subject's colours go on beside the mask",
    "colours_inside": "the mask holds colours of the background",
    "own_gaps": "the mask has holes or notches of the subject's colours",
    "contradicted": "places that look the same at two moments are held at one and left out at the other",
    "gained": "parts are gained from one frame to the next",
    "leap": "the mask's area leaps",
    "stepped": "the mask's area has leapt and not come back",
    "headless": "a face above the masked body is left out",
    "bodiless": "a face is held without the body below it",
    "within_boxes": "the mask ends within the boxes that the subject was found in",
    "beyond_boxes": "the mask reaches beyond the boxes that the subject was found in",
}


@dataclass(frozen=True, slots=True)
class Wholeness:
    """How whole a masked subject is, in (0, 1], 0.5 where the signs reach their limits: `overall`, by what they are in
    the mean of the clip and at their worst two moments; and `worst`, at the clip's worst two moments, of which
    `worst_frame` is the first. `reason` says in words what speaks against the mask most."""

    overall: float
    worst: float
    worst_frame: int
    reason: str


def measure_wholeness(frames: Frames, mask: Masks, boxes: Mapping[int, Bounds] | None = None) -> Wholeness:
    """Judge a mask, bool (T, H, W), by the clip that it was made for, uint8 RGB (T, H, W, 3), and by the boxes of all
    that it should hold, in pixels by frame, where those are known."""
    return judged(*wholeness_signs(frames, mask, boxes))


def wholeness_signs(
    frames: Frames, mask: Masks, boxes: Mapping[int, Bounds] | None = None
) -> tuple[NDArray[np.int64], Signs]:
    """Return the moments looked at, frame numbers (N,), and each sign there, float32 (N,); see `mask_signs`."""
    clip = masked_clip(frames, mask)
    beside, inside = mask_signs.colours_beside(clip)
    headless, bodiless = face_signs(frontal_heads(frames), mask)
    within, beyond_boxes = box_signs(mask, boxes or {})
    count = len(clip.moments)
    signs = {
        "bare": mask_signs.bare_contour(clip),
        **contour_signs(clip),
        **placing(clip),
        "moving_beside": mask_signs.moving_beside(clip),
        "resting_rim": mask_signs.resting_rim(clip),
        "colours_beside": beside,
        "colours_inside": inside,
        "own_gaps": mask_signs.own_gaps(clip),
        "contradicted": contradicted(clip),
        **mask_signs.jumps(frames, mask, clip.moments),
        "headless": np.full(count, headless, np.float32),
        "bodiless": np.full(count, bodiless, np.float32),
        # Lengths, where all others are areas.
        "within_boxes": np.full(count, within**2, np.float32),
        "beyond_boxes": np.full(count, beyond_boxes**2, np.float32),
    }
    told = np.minimum(1, clip.compactness / THIN) ** 2
    return clip.moments, {name: sign * told if name in OF_CONTOURS else sign for name, sign in signs.items()}


def sign_values(signs: Signs) -> Values:
    """Return the signs as they are held against limits, (N, signs): their roots, so that small parts count."""
    values = np.stack([signs[name] for name in MEANINGS], axis=1).astype(np.float64)
    rooted: Values = np.sqrt(np.clip(values, 0, LARGEST_SIGN))
    return rooted


def judged(moments: NDArray[np.int64], signs: Signs) -> Wholeness:
    """Return what the signs say together."""
    in_mean, at_once = np.array([LIMITS[name] for name in MEANINGS]).T
    values = sign_values(signs)
    mean, largest = summed_up(values)
    parts = np.stack([mean / in_mean, largest / at_once])
    doubts = _together(values / at_once)
    worst = np.argsort(-doubts, kind="stable")[:WORST_MOMENTS]
    return Wholeness(
        overall=float(1 / (1 + _together(parts.ravel()) ** 2)),
        worst=float(1 / (1 + doubts[worst].mean() ** 2)),
        worst_frame=int(moments[worst[0]]),
        reason=list(MEANINGS.values())[int(np.argmax(parts.max(axis=0)))],
    )


def summed_up(values: Values) -> tuple[Values, Values]:
    """Return what signs, (N, signs), are in the mean, and each at its worst moments: both (signs,)."""
    return values.mean(axis=0), np.sort(values, axis=0)[-WORST_MOMENTS:].mean(axis=0)


def _together(parts: Values) -> Values:
    """Return how far signs, in their limits, go together: near the largest of them along the last axis."""
    total: Values = (parts**TOGETHER).sum(axis=-1) ** (1 / TOGETHER)
    return total
