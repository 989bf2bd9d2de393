"""Mattes that do not flicker: where the picture stands still, neighbouring frames' mattes are averaged."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, repeat

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.backends.cpu.compositor.light import Float
from sparkle.backends.cpu.compositor.matte import Matte
from sparkle.roles import Frames

REACH = 2  # frames before and after
_STILL = 7.0  # change between frames, in levels, up to which a pixel counts as standing still


def steady_mattes(mattes: Iterable[Matte], source: Frames) -> Iterator[Matte]:
    """Yield every matte, its alpha averaged over up to five frames with weights that fall with the source's change.

    `source` are the frames that the mattes belong to, in the same order. A pixel that moved keeps its own alpha.
    """
    waiting: deque[tuple[int, Matte] | None] = deque([None] * REACH, maxlen=2 * REACH + 1)
    for item in chain(enumerate(mattes), repeat(None, REACH)):
        waiting.append(item)
        if len(waiting) == 2 * REACH + 1:
            current = waiting[REACH]
            if current is not None:
                yield _averaged(current, [other for other in waiting if other is not None], source)


def _averaged(current: tuple[int, Matte], around: list[tuple[int, Matte]], source: Frames) -> Matte:
    index, matte = current
    total = matte.alpha.copy()
    weight = np.ones_like(total)
    for other_index, other in around:
        if other_index != index:
            still = _stillness(source[index], source[other_index])
            total += still * other.alpha
            weight += still
    return replace(matte, alpha=total / weight)


def _stillness(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Float:
    red, green, blue = cv2.split(cv2.absdiff(first, second))
    change = cv2.blur(cv2.max(cv2.max(red, green), blue).astype(np.float32), (5, 5))
    still: Float = np.exp(-0.5 * (change / _STILL) ** 2)
    return still
