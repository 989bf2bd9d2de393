"""What the finder hands from step to step: a thing, and where it is on the pictures that were looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sparkle.roles import Mask


@dataclass(frozen=True, slots=True)
class Sighting:
    """`masks` bool (h, w) in working pixels, never empty, by frame; `score` in [0, 1] that it is a subject."""

    label: str
    masks: Mapping[int, Mask]
    score: float
    reason: str
