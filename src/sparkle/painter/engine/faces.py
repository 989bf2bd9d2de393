"""Flat patches that moving things are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Face:
    """A convex patch: corners (K, 3) in metres as the camera has them (x to the right, y up, z ahead), its colour in
    linear light, lit but without the air before it, and how much it covers of what is behind it."""

    corners: NDArray[Any]
    tone: NDArray[Any]
    cover: float = 1.0


# For a phase in [0, 1) and the seconds of the loop: faces from back to front. At phase 0 the seconds do not count.
Mover = Callable[[float, float], Sequence[Face]]
