"""Which frames of an edit are weak, said by time: where the mask is unsure, leaps, or the subject is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sparkle.core.boxes import box_from_pixels
from sparkle.measure.shapes import bounds

UNSURE = 0.12  # share of the subject's area, where 0.5 is not known at all
LEAP = 0.25  # change of the subject's area from one frame to the next, share of it
LEAST_AREA = 0.002  # of the picture; less is nobody
FEW = 3  # frames in a row that are told of as one moment


@dataclass(frozen=True, slots=True)
class FrameSign:
    """What a frame's mask says of itself: its area, and how much of it is unsure, as shares of the picture; the box
    round it in [0, 1000] of width and height, empty for none."""

    area: float
    unsure: float
    box: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class WeakMoment:
    """Frames `first` to `last`, of which `worst` is the weakest by `weakness`, 1 at the limit; `reason` in words."""

    first: int
    last: int
    worst: int
    weakness: float
    reason: str


def frame_sign(share: NDArray[np.floating]) -> FrameSign:
    """Return the sign of a map (H, W) in [0, 1] of how far pixels are subject."""
    values = share.astype(np.float32)
    inside = values > 0.5
    box = bounds(inside) if inside.any() else ()
    height, width = inside.shape
    thousandths = tuple(box_from_pixels(box, width, height)) if box else ()
    return FrameSign(float(inside.mean()), float(np.minimum(values, 1 - values).mean()), thousandths)


def weak_moments(signs: Sequence[FrameSign]) -> list[WeakMoment]:
    """Return the weak moments of a clip, the weakest first."""
    told = [_weakness(signs, number) for number in range(len(signs))]
    moments: list[WeakMoment] = []
    for number, (weakness, reason) in enumerate(told):
        if weakness < 1:
            continue
        if moments and number - moments[-1].last <= FEW and moments[-1].reason == reason:
            before = moments[-1]
            worst = number if weakness > before.weakness else before.worst
            moments[-1] = WeakMoment(before.first, number, worst, max(weakness, before.weakness), reason)
        else:
            moments.append(WeakMoment(number, number, number, weakness, reason))
    return sorted(moments, key=lambda each: -each.weakness)


def _weakness(signs: Sequence[FrameSign], number: int) -> tuple[float, str]:
    here = signs[number]
    usual = float(np.median([each.area for each in signs]))
    if here.area < LEAST_AREA < usual:
        return 3.0, "the subject is not seen"
    unsure = here.unsure / max(here.area, LEAST_AREA) / UNSURE
    before = signs[max(number - 1, 0)]
    leap = abs(here.area - before.area) / max(before.area, here.area, LEAST_AREA) / LEAP
    if unsure >= leap:
        return unsure, "the tracker is unsure of the mask"
    return leap, "the mask's area leaps"
