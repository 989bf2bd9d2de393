"""Boxes and labels in replies: normalised where only their form is odd, refused where their meaning is in doubt.

Boxes are [x1, y1, x2, y2] in [0, 1000] of width and height, as Qwen3-VL gives them and the published files hold them.
A model that answers in pixels (Qwen2.5-VL) is refused as soon as a coordinate proves it, which on a picture of less
than a thousand pixels none does: use one that answers in thousandths.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sparkle.backends.vlm.reply import UnusableReplyError, quote, read_json, read_number
from sparkle.core.boxes import BOX_RANGE, LabelledBox, box_to_pixels

TOLERANCE = 5.0  # beyond [0, 1000]: rounding at the border; more is taken for pixels, and refused
MOST_OBJECTS = 32
LONGEST_LABEL = 80
# Nothing that a name of a thing needs, and everything that paths and markup do.
_FORBIDDEN = re.compile(r"[<>{}\[\]\\|`\"$;]|\.\.|//|^/|&\w+;|&#")


@dataclass(frozen=True, slots=True)
class FoundObject:
    """An object of a reply: its label, and its box in [0, 1000], or None for "not found"."""

    label: str
    bbox_2d: tuple[float, float, float, float] | None


def parse_objects(text: str) -> list[FoundObject]:
    """Return the objects of a reply: a list, an object that holds one under any name, or a single object.

    Corners are ordered; coordinates up to 5 beyond [0, 1000] are clamped; an empty, null or zero-area box means "not
    found". Objects with the same label are told apart by numbers: "person", "person 2". Raises UnusableReplyError
    for all else: other forms, other numbers, coordinates in pixels or in fractions.
    """
    objects = [_read_object(item) for item in _listed(read_json(text))]
    boxes = [item.bbox_2d for item in objects if item.bbox_2d is not None]
    if any(max(box) <= 1.0 for box in boxes):
        raise UnusableReplyError(
            f"boxes must be in [0, {BOX_RANGE}], one looks like fractions: {quote(text)}"
        )
    return _numbered(objects)


def to_pixels(found: Sequence[FoundObject], width: int, height: int) -> tuple[LabelledBox, ...]:
    """Return the objects that have a box on a frame of this size, in pixels."""
    boxes = []
    for item in found:
        xyxy = None if item.bbox_2d is None else box_to_pixels(item.bbox_2d, width, height)
        if xyxy is not None:
            boxes.append(LabelledBox(item.label, xyxy))
    return tuple(boxes)


def only_asked(found: Sequence[FoundObject], labels: Sequence[str]) -> list[FoundObject]:
    """Return the objects whose label was asked for, spelt as it was asked.

    Others are dropped, a second one of an asked label among them: what the reply says of the asked labels stays true
    beside them. A reply with none but others answers another question, and is refused.
    """
    asked = {_folded(label): label for label in labels}
    kept = [
        FoundObject(asked[name], item.bbox_2d) for item in found if (name := _folded(item.label)) in asked
    ]
    if found and not kept:
        raise UnusableReplyError(
            f"none of {list(labels)} is found, but {quote([item.label for item in found])}"
        )
    return kept


def read_label(value: Any) -> str:
    """Return a label on one line, without outer quotes and a full stop.

    Raises UnusableReplyError for what is no name of a thing: no letters, control characters, markup, paths, length.
    """
    label = " ".join(value.split()).strip("'\"“”. ") if isinstance(value, str) else ""
    good = label.isprintable() and any(character.isalpha() for character in label)
    if not good or len(label) > LONGEST_LABEL or _FORBIDDEN.search(label):
        raise UnusableReplyError(f"a label must be a short name of a thing, got {quote(value)}")
    return label


def _listed(value: Any) -> list[Any]:
    items = value
    if isinstance(value, dict) and "label" in value:
        items = [value]
    elif isinstance(value, dict):
        inner = [item for item in value.values() if isinstance(item, list)]
        items = inner[0] if len(inner) == 1 else None
    if not isinstance(items, list) or len(items) > MOST_OBJECTS:
        raise UnusableReplyError(f"expected a list of at most {MOST_OBJECTS} objects, got {quote(value)}")
    return items


def _read_object(item: Any) -> FoundObject:
    if not isinstance(item, dict) or "label" not in item or "bbox_2d" not in item:
        raise UnusableReplyError(f'expected {{"bbox_2d", "label"}}, got {quote(item)}')
    return FoundObject(read_label(item["label"]), _read_box(item["bbox_2d"]))


def _read_box(value: Any) -> tuple[float, float, float, float] | None:
    if value is None or value == []:
        return None
    if not isinstance(value, list) or len(value) != 4:
        raise UnusableReplyError(f"bbox_2d must be four numbers, got {quote(value)}")
    numbers = [
        read_number(part, f"a coordinate of bbox_2d {quote(value)}", -TOLERANCE, BOX_RANGE + TOLERANCE)
        for part in value
    ]
    left, top, right, bottom = (min(max(number, 0.0), float(BOX_RANGE)) for number in numbers)
    (x1, x2), (y1, y2) = sorted((left, right)), sorted((top, bottom))
    return None if x1 == x2 or y1 == y2 else (x1, y1, x2, y2)


def _numbered(objects: Sequence[FoundObject]) -> list[FoundObject]:
    seen: Counter[str] = Counter()
    numbered = []
    for item in objects:
        name = _folded(item.label)
        seen[name] += 1
        count = seen[name]
        numbered.append(item if count == 1 else FoundObject(f"{item.label} {count}", item.bbox_2d))
    return numbered


def _folded(label: str) -> str:
    return label.casefold()
