"""What a user mends: marks on single frames, as options say them and as the folder of an edit keeps them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from sparkle.core.boxes import BOX_RANGE, LabelledBox, box_to_pixels
from sparkle.core.errors import SampleError, SetupError
from sparkle.core.parsing import parse_object
from sparkle.measure.choice import choose_by_point
from sparkle.measure.finder import find_candidates
from sparkle.roles import Anchor, Frames
from sparkle.store import copy_file, make_folder, read_text, sha256_of

EDIT_FILE = "edit.json"  # in the folder of an edit: options and marks

Kind = Literal["box", "point", "not", "mask", "clear"]

OPTIONS: dict[Kind, str] = {
    "box": "--box",
    "point": "--point",
    "not": "--not",
    "mask": "--mask",
    "clear": "--clear",
}
_NUMBERS: dict[Kind, int] = {"box": 4, "point": 2, "not": 4}
_MARK = re.compile(r"frame=(\d{1,7})(?::(.+))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark on frame `frame` of what is edited: a box round the subject or `numbers` (x, y) on it, a box that is not
    the subject, an image of the whole mask (`path`), or the wish to forget all boxes of that frame.

    Numbers are in [0, 1000] of width and height.
    """

    kind: Kind
    frame: int
    numbers: tuple[float, ...] = ()
    path: str | None = None


def parse_mark(kind: Kind, text: str) -> Mark:
    """Read `frame=12:x1,y1,x2,y2` and its like. Raises SetupError that names option, value and what is wanted."""
    found, option = _MARK.fullmatch(text), OPTIONS[kind]
    wanted = {4: "frame=N:x1,y1,x2,y2", 2: "frame=N:x,y"}.get(_NUMBERS.get(kind, 0))
    wanted = wanted or ("frame=N:MASK.png" if kind == "mask" else "frame=N")
    if found is None or (kind == "clear") != (found[2] is None):
        raise SetupError(f"{option} {text}: is to be {wanted}")
    mark = Mark(kind, int(found[1]))
    if kind == "clear":
        return mark
    if kind == "mask":
        return replace(mark, path=found[2])
    try:
        numbers = tuple(float(part) for part in found[2].split(","))
    except ValueError:
        numbers = ()
    if len(numbers) != _NUMBERS[kind] or not all(0 <= number <= BOX_RANGE for number in numbers):
        raise SetupError(
            f"{option} {text}: is to be {wanted}, each number from 0 to {BOX_RANGE} of the frame's width or height; "
            "pixels are not meant"
        )
    if kind != "point" and box_to_pixels(numbers, 10_000, 10_000) is None:
        raise SetupError(f"{option} {text}: the box has no area")
    return replace(mark, numbers=numbers)


def refuse_missing(marks: Sequence[Mark], count: float) -> None:
    """Raise SetupError for a mark on a frame that a clip of about `count` frames does not have, and for a mask that is
    not there."""
    for mark in marks:
        if mark.frame > count + 1:
            raise SetupError(
                f"{OPTIONS[mark.kind]} frame={mark.frame}: there are about {count:.0f} frames, counted from 0"
            )
        _refuse_no_mask(mark)


def _refuse_no_mask(mark: Mark) -> None:
    if mark.path is not None and not Path(mark.path).is_file():
        raise SetupError(f"--mask frame={mark.frame}:{mark.path}: no such image; check the path")


def merged(before: Sequence[Mark], new: Sequence[Mark]) -> tuple[Mark, ...]:
    """Return all marks. `--clear` takes back those that its frame had; a new mask of a frame replaces the old one."""
    kept = list(before)
    for mark in new:
        if mark.kind == "clear":
            kept = [each for each in kept if each.frame != mark.frame]
        if mark.kind == "mask":
            kept = [each for each in kept if (each.kind, each.frame) != ("mask", mark.frame)]
        if mark not in kept:
            kept.append(mark)
    return tuple(kept)


def mended_anchors(
    anchors: Sequence[Anchor], marks: Sequence[Mark], frames: Frames, schedule: Sequence[int]
) -> list[Anchor]:
    """Return anchors with what marks say: boxes added, or in place of the box that they mean; frames cleared.

    A point adds the boxes of the thing under it, as far as the finder sees one. Frames are those of `frames`. Raises
    SampleError where nothing is under a point.
    """
    height, width = frames.shape[1:3]
    by_frame = {anchor.frame: anchor.boxes for anchor in anchors}
    for mark in marks:
        if mark.kind == "clear":
            by_frame.pop(mark.frame, None)
        elif mark.kind == "box":
            xyxy = box_to_pixels(mark.numbers, width, height)
            if xyxy is not None:
                _put(by_frame, mark.frame, xyxy)
        elif mark.kind == "point":
            for frame, box in _thing_at(mark, frames, schedule).items():
                _put(by_frame, frame, box)
    return [Anchor(frame, by_frame[frame]) for frame in sorted(by_frame)]


def _put(by_frame: dict[int, tuple[LabelledBox, ...]], frame: int, xyxy: tuple[float, ...]) -> None:
    """Add a box under the label of what it most overlaps on the nearest frame that has boxes, or a new one."""
    near = min(
        (each for each in by_frame if by_frame[each]), key=lambda each: abs(each - frame), default=frame
    )
    overlaps = [(_shared(box.xyxy, xyxy), box.label) for box in by_frame.get(near, ())]
    share, label = max(overlaps, default=(0.0, ""))
    if share == 0:
        known = {box.label for boxes in by_frame.values() for box in boxes}
        label = next(name for name in (f"marked {k}" for k in range(1, len(known) + 2)) if name not in known)
    others = tuple(box for box in by_frame.get(frame, ()) if box.label != label)
    x1, y1, x2, y2 = xyxy
    by_frame[frame] = (*others, LabelledBox(label, (x1, y1, x2, y2)))


def _shared(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the area that two boxes share."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    return max(width, 0.0) * max(height, 0.0)


def _thing_at(mark: Mark, frames: Frames, schedule: Sequence[int]) -> dict[int, tuple[float, ...]]:
    height, width = frames.shape[1:3]
    x, y = mark.numbers[0] / BOX_RANGE * width, mark.numbers[1] / BOX_RANGE * height
    looked = sorted({*schedule, mark.frame})
    chosen = choose_by_point(find_candidates(frames, looked), x, y, mark.frame)
    if not chosen:
        raise SampleError(
            f"--point frame={mark.frame}: nothing stands out there; draw a box: --box frame={mark.frame}:x1,y1,x2,y2"
        )
    return dict(chosen[0].boxes)


def with_kept_masks(marks: Sequence[Mark], folder: Path) -> tuple[Mark, ...]:
    """Return marks whose masks are copies in `folder`, so that what a user paints next changes no earlier edit."""
    kept = []
    for mark in marks:
        if mark.path is not None and Path(mark.path).parent != folder.absolute():
            _refuse_no_mask(mark)
            make_folder(folder)
            copy = folder.absolute() / f"{sha256_of(Path(mark.path))[:16]}{Path(mark.path).suffix}"
            copy_file(Path(mark.path), copy)
            mark = replace(mark, path=str(copy))
        kept.append(mark)
    return tuple(kept)


def marks_to_json(marks: Sequence[Mark]) -> list[dict[str, Any]]:
    """Return marks as JSON holds them."""
    return [{"kind": m.kind, "frame": m.frame, "numbers": m.numbers, "path": m.path} for m in marks]


def marks_from_json(values: Sequence[dict[str, Any]]) -> tuple[Mark, ...]:
    """Undo `marks_to_json`. Raises SetupError for what is none."""
    try:
        return tuple(
            Mark(each["kind"], int(each["frame"]), tuple(map(float, each["numbers"])), each["path"])
            for each in values
        )
    except (KeyError, TypeError, ValueError) as error:
        raise SetupError(f"the marks of this edit cannot be read ({error}); delete its folder") from error


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object of a file. Raises SetupError that names it."""
    try:
        return parse_object(read_text(path))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise SetupError(f"{path}: cannot be read ({error}); name another --keep folder") from error
