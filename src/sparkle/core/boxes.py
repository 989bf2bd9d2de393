"""Boxes: pixel xyxy floats inside the program, integers in [0, 1000] in files and in models' answers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sparkle.core.errors import SampleError

BOX_RANGE = 1000


@dataclass(frozen=True, slots=True)
class LabelledBox:
    """An object's box on one frame: label and (x1, y1, x2, y2) in pixels, x1 < x2 and y1 < y2, inside the frame."""

    label: str
    xyxy: tuple[float, float, float, float]


def check_inside(box: LabelledBox, frame: int, width: int, height: int) -> None:
    """Raise SampleError for a box that has no area inside the picture: a tracker has nothing to start from."""
    x1, y1, x2, y2 = box.xyxy
    inside = min(x2, width) > max(x1, 0) and min(y2, height) > max(y1, 0)
    if not (inside and all(math.isfinite(value) for value in box.xyxy)):
        raise SampleError(
            f"box of '{box.label}' on frame {frame} has no area inside the {width}x{height} picture: {box.xyxy}; "
            "boxes are (x1, y1, x2, y2) in pixels"
        )


def box_to_pixels(
    bbox_2d: Sequence[float], width: int, height: int
) -> tuple[float, float, float, float] | None:
    """Turn a [0, 1000] box into pixels as the published files do: `int(b / 1000 * size)`, clamped, ordered.

    Returns None for an empty list (the published "not found on this frame") and for a box without area.
    Raises SampleError for any other length and for values that are no finite numbers.
    """
    if len(bbox_2d) == 0:
        return None
    if len(bbox_2d) != 4:
        raise SampleError(
            f"a box needs four numbers [x1, y1, x2, y2] in [0, {BOX_RANGE}], got {list(bbox_2d)}"
        )
    values = []
    for value, size in zip(bbox_2d, (width, height, width, height), strict=True):
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < float("inf"):
            raise SampleError(f"a box needs finite numbers in [0, {BOX_RANGE}], got {list(bbox_2d)}")
        values.append(float(min(max(int(value / BOX_RANGE * size), 0), size - 1)))
    x1, x2 = sorted((values[0], values[2]))
    y1, y2 = sorted((values[1], values[3]))
    return None if x1 == x2 or y1 == y2 else (x1, y1, x2, y2)


def box_from_pixels(xyxy: Sequence[float], width: int, height: int) -> list[int]:
    """Turn a pixel box into the [0, 1000] integers of the published files; `box_to_pixels` undoes it within a pixel."""
    x1, y1, x2, y2 = xyxy
    scaled = (x1 / width, y1 / height, x2 / width, y2 / height)
    return [min(max(round(value * BOX_RANGE), 0), BOX_RANGE) for value in scaled]
