"""The boxes file: a user's own anchors, untrusted text turned into checked pixel boxes.

    {"fps": 16, "anchors": [{"frame": 0, "objects": [{"label": "man", "bbox_2d": [x1, y1, x2, y2]}]}]}

Boxes are in [0, 1000] of width and height; an absent, null or empty one means "not found on this frame".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparkle.core.boxes import BOX_RANGE, LabelledBox, box_to_pixels
from sparkle.core.errors import SampleError
from sparkle.core.parsing import parse_given
from sparkle.roles import Anchor

MOST_OBJECTS = 64
LONGEST_LABEL = 200
ROUNDING = 5.0
LARGEST_NUMBER = 1e6


def parse_boxes(
    content: str | bytes | Mapping[str, Any], width: int, height: int, frame_count: int, fps: float
) -> list[Anchor]:
    """Return the anchors of a boxes file, ordered by frame, boxes in pixels of `width` x `height`.

    content: the file's text, or the object already read. Its `fps` says what its frame numbers count; where that
    differs from the clip's `fps`, they are converted by time. Without `fps` they are frames of the clip.
    Coordinates a rounding step beyond [0, 1000] are clamped and swapped corners ordered, as for the published files.
    Raises SampleError that quotes the offending value and its place for anything else: a box that lies far beyond (in
    pixels, say) or has no area inside the picture is a slip, and dropping it would lose its object in silence.
    """
    top = _read(content) if isinstance(content, str | bytes) else content
    if not isinstance(top, Mapping):
        raise SampleError(f'boxes: expected an object {{"fps", "anchors"}}, got {_quote(top)}')
    file_fps = _number(top["fps"], "fps") if top.get("fps") is not None else fps
    if file_fps <= 0:
        raise SampleError(f"boxes: fps must be positive, got {_quote(top['fps'])}")
    entries = top.get("anchors")
    if not isinstance(entries, list) or not entries:
        raise SampleError(f'boxes: "anchors" must be a list with at least one anchor, got {_quote(entries)}')
    anchors: dict[int, Anchor] = {}
    for index, entry in enumerate(entries):
        where = f"anchors[{index}]"
        if not isinstance(entry, Mapping):
            raise SampleError(f"boxes: {where} must be an object, got {_quote(entry)}")
        file_frame = _frame_number(entry.get("frame"), where)
        if file_frame in anchors:
            raise SampleError(
                f"boxes: {where}: frame {file_frame} appears twice; put its objects into one anchor"
            )
        frame = round(file_frame / file_fps * fps)
        if frame >= frame_count:
            last = f"the clip has {frame_count} frames at {fps:g} fps"
            raise SampleError(
                f"boxes: {where}: frame {file_frame} at {file_fps:g} fps is outside the clip; {last}"
            )
        anchors[file_frame] = Anchor(frame, _boxes(entry.get("objects"), where, width, height))
    return [anchors[number] for number in sorted(anchors)]


def _read(text: str | bytes) -> Any:
    try:
        return parse_given(text)
    except ValueError as error:
        raise SampleError(f"boxes: this is not JSON ({error}); it starts with {_quote(text[:40])}") from None


def _boxes(objects: Any, where: str, width: int, height: int) -> tuple[LabelledBox, ...]:
    if objects is None:
        return ()
    if not isinstance(objects, list) or len(objects) > MOST_OBJECTS:
        raise SampleError(
            f"boxes: {where}.objects must be a list of at most {MOST_OBJECTS}, got {_quote(objects)}"
        )
    found = []
    for index, item in enumerate(objects):
        place = f"{where}.objects[{index}]"
        if not isinstance(item, Mapping):
            raise SampleError(f"boxes: {place} must be an object, got {_quote(item)}")
        label = _label(item.get("label"), place)
        xyxy = _pixels(item.get("bbox_2d"), place, width, height)
        if xyxy is not None:
            found.append(LabelledBox(label, xyxy))
    return tuple(found)


def _pixels(value: Any, place: str, width: int, height: int) -> tuple[float, float, float, float] | None:
    if value is None or value == []:
        return None
    if not isinstance(value, list) or len(value) != 4:
        raise SampleError(
            f"boxes: {place}.bbox_2d must be [x1, y1, x2, y2] in [0, {BOX_RANGE}], got {_quote(value)}"
        )
    numbers = [_number(part, f"{place}.bbox_2d") for part in value]
    if min(numbers) < -ROUNDING or max(numbers) > BOX_RANGE + ROUNDING:
        raise SampleError(
            f"boxes: {place}.bbox_2d lies outside [0, {BOX_RANGE}]: {_quote(value)}; boxes are in thousandths of width "
            "and height, not in pixels"
        )
    pixels = box_to_pixels(numbers, width, height)
    if pixels is None:
        raise SampleError(f"boxes: {place}.bbox_2d has no area inside the picture: {_quote(value)}")
    return pixels


def _label(value: Any, place: str) -> str:
    if (
        not isinstance(value, str)
        or not value.strip()
        or len(value) > LONGEST_LABEL
        or not value.isprintable()
    ):
        raise SampleError(f"boxes: {place}.label must be a short printable text, got {_quote(value)}")
    return value.strip()


def _frame_number(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_NUMBER:
        raise SampleError(f"boxes: {where}.frame must be a frame number from 0 on, got {_quote(value)}")
    return value


def _number(value: Any, place: str) -> float:
    # The comparison is false for NaN, and refuses infinities and integers too large for a float.
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST_NUMBER:
        raise SampleError(f"boxes: {place} must be a finite number, got {_quote(value)}")
    return float(value)


def _quote(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
