"""Contact shadows on the ground, one below each subject whose base is in the picture.

Half-length subjects, whom the lower border cuts, get none. A shadow is the lowest part of the matte, pressed flat,
centred on the subject's base line and blurred.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from sparkle.backends.cpu.compositor.light import Float
from sparkle.roles import Mask, Masks

_CLEAR_OF_BORDER = 0.02
_SUBJECT_SHARE = 0.2  # of the largest part of the mask: hands and balls throw none of their own
_FOOT_SHARE = 0.12
_SMALLEST_FOOT = 4.0
_FLATNESS = 0.3
_SMOOTHING = 4.0  # frames
_REACH = 8  # frames before and after
_SAME_COLUMNS = 0.5


@dataclass(frozen=True, slots=True)
class Footing:
    """Where one subject stands: columns `left` to `right` (exclusive), `base` row, `height` of the subject, in pixels
    of the frame; `sure` in [0, 1]: how far it stands there in the frames around, too."""

    left: int
    right: int
    base: float
    height: float
    sure: float = 1.0

    @property
    def foot(self) -> float:
        """How high the part is that throws the shadow."""
        return max(_FOOT_SHARE * self.height, _SMALLEST_FOOT)

    def moved(self, columns: int, rows: int) -> Footing:
        """Return the same in a picture that begins elsewhere."""
        return replace(self, left=self.left + columns, right=self.right + columns, base=self.base + rows)


def footings(mask: Masks) -> list[tuple[Footing, ...]]:
    """Return where the subjects of each frame stand, steady in time; nobody where the border cuts the largest."""
    seen = [_standing(frame) for frame in mask]
    return [tuple(_steadied(footing, seen, index) for footing in here) for index, here in enumerate(seen)]


def contact_shadow(alpha: Float, footing: Footing, strength: float) -> Float:
    """Return what part of the light is left, (H, W) in (0, 1], below a subject; `footing` in the pixels of `alpha`."""
    foot, base = footing.foot, footing.base
    across, along = 0.5 * foot, max(0.18 * foot, 1.0)
    left = np.ones_like(alpha)
    # Beyond these pixels the blurred shadow is nothing at all.
    top = max(int(base - foot - 4 * along) - 2, 0)
    bottom = min(int(base + foot + 4 * along) + 2, len(alpha))
    first = max(int(footing.left - 4 * across) - 2, 0)
    last = min(int(footing.right + 4 * across) + 2, alpha.shape[1])
    if bottom <= top or last <= first:
        return left
    low = _lowest_part(alpha[top:bottom, first:last], footing.moved(-first, -top))
    spread = cv2.GaussianBlur(low, (0, 0), sigmaX=across, sigmaY=along)
    left[top:bottom, first:last] -= strength * footing.sure * np.clip(1.6 * spread, 0.0, 1.0)
    return left


def _lowest_part(alpha: Float, footing: Footing) -> Float:
    """Return the part of the matte that throws the shadow, pressed flat onto the base line, (H, W)."""
    foot, base = footing.foot, footing.base
    rows = np.arange(len(alpha), dtype=np.float32)[:, None]
    lowest = np.clip((rows - (base - foot)) / (0.5 * foot), 0.0, 1.0)
    # Not what is below it: a mug below a kettle.
    lowest *= np.clip((base + foot - rows) / (0.5 * foot), 0.0, 1.0)
    low = np.zeros_like(alpha)
    columns = slice(max(footing.left, 0), max(footing.right, 0))
    low[:, columns] = alpha[:, columns] * lowest
    flatten = np.array([[1, 0, 0], [0, _FLATNESS, base * (1 - _FLATNESS) + _FLATNESS * foot / 2]], np.float32)
    return np.asarray(cv2.warpAffine(low, flatten, alpha.shape[::-1], flags=cv2.INTER_LINEAR), np.float32)


def _standing(mask: Mask) -> list[Footing]:
    _, _, statistics, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    parts = sorted(statistics[1:].tolist(), key=lambda part: -part[cv2.CC_STAT_AREA])
    parts = [part for part in parts if part[cv2.CC_STAT_AREA] >= _SUBJECT_SHARE * parts[0][cv2.CC_STAT_AREA]]
    found = []
    for left, top, width, height, _ in parts:
        if top + height - 1 < (1 - _CLEAR_OF_BORDER) * len(mask):
            found.append(Footing(left, left + width, float(top + height - 1), float(height)))
        elif not found:
            return []
    return found


def _steadied(footing: Footing, seen: Sequence[Sequence[Footing]], index: int) -> Footing:
    """Average base and height over the frames in which the same subject stands at the same place."""
    around = range(max(index - _REACH, 0), min(index + _REACH + 1, len(seen)))
    weights = np.exp(-0.5 * ((np.array(around) - index) / _SMOOTHING) ** 2)
    same = [next((other for other in seen[frame] if _same(footing, other)), None) for frame in around]
    there = np.array([other is not None for other in same])
    bases = np.array([(other or footing).base for other in same])
    heights = np.array([(other or footing).height for other in same])
    kept = weights * there
    return Footing(
        footing.left,
        footing.right,
        float(kept @ bases / kept.sum()),
        float(kept @ heights / kept.sum()),
        float(kept.sum() / weights.sum()),
    )


def _same(one: Footing, other: Footing) -> bool:
    shared = min(one.right, other.right) - max(one.left, other.left)
    narrow = min(one.right - one.left, other.right - other.left)
    return shared >= _SAME_COLUMNS * narrow and abs(one.base - other.base) <= one.foot
