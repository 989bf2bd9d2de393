"""Heads by the cascades that ship inside OpenCV, followed over the frames that were looked at.

Viola and Jones (2001), as trained for OpenCV: frontal faces first, profiles where no frontal face is seen.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from sparkle.core.errors import SetupError
from sparkle.roles import Frames, Image, Mask

Box = tuple[float, float, float, float]

FRONTAL_WIDTH, PROFILE_WIDTH = 320, 352
SMALLEST_FACE = 16
LASTING_SHARE = 0.25

_of_this_thread = threading.local()


@dataclass(frozen=True, slots=True)
class Head:
    """One head over time: face boxes (x, y, width, height) in frame pixels, by frame index."""

    boxes: Mapping[int, Box]

    @property
    def typical(self) -> Box:
        """The median box."""
        x, y, width, height = np.median(list(self.boxes.values()), axis=0)
        return float(x), float(y), float(width), float(height)

    def at(self, frame: int) -> Box:
        """The box on a frame, or the one nearest in time."""
        return self.boxes[min(self.boxes, key=lambda index: (abs(index - frame), index))]


def find_heads(frames: Frames, indices: Sequence[int], active: Mask) -> list[Head]:
    """Return the heads seen on at least a quarter of the frames `indices`, the largest first.

    `active` (h, w) at any resolution says where anything moves: profiles are looked for there only.
    """
    heads = _lasting(_follow({i: _frontal_faces(frames[i]) for i in indices}), len(indices))
    if not heads and active.any():
        some = indices[:: max(len(indices) // 5, 1)]
        heads = _lasting(_follow({i: _profile_faces(frames[i], active) for i in some}), len(some))
    return sorted(_without_chests(heads), key=lambda head: -head.typical[2])


def _cascade(name: str) -> cv2.CascadeClassifier:
    """Return this thread's classifier: detection writes into it, so threads that share one disturb each other."""
    loaded: dict[str, cv2.CascadeClassifier] = _of_this_thread.__dict__.setdefault("classifiers", {})
    if name not in loaded:
        loaded[name] = _load_cascade(name)
    return loaded[name]


def _load_cascade(name: str) -> cv2.CascadeClassifier:
    path = Path(cv2.__file__).parent / "data" / name
    classifier = cv2.CascadeClassifier(str(path))
    if classifier.empty():
        raise SetupError(f"{path} is missing: finding faces needs opencv-contrib-python-headless 4.x")
    return classifier


def _grey(image: Image, scale: float) -> Image:
    small = cv2.resize(np.ascontiguousarray(image), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return cv2.equalizeHist(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)).astype(np.uint8, copy=False)


def _detect(name: str, grey: Image) -> tuple[tuple[int, ...], ...]:
    return found_in(name, grey.shape, grey.tobytes())


# Editor, grounder and the checks look at the same frames of a clip; a picture that is kept has a tenth of a megabyte.
@lru_cache(maxsize=64)
def found_in(name: str, shape: tuple[int, ...], grey: bytes) -> tuple[tuple[int, ...], ...]:
    """Return what a cascade finds in a grey picture, uint8 (H, W), by its bytes: (x, y, width, height) each."""
    smallest = (SMALLEST_FACE, SMALLEST_FACE)
    picture = np.frombuffer(grey, np.uint8).reshape(shape)
    found = _cascade(name).detectMultiScale(picture, scaleFactor=1.12, minNeighbors=4, minSize=smallest)
    return tuple(tuple(int(value) for value in box) for box in found)


def _frontal_faces(image: Image) -> list[Box]:
    scale = FRONTAL_WIDTH / max(image.shape[:2])
    boxes = _detect("haarcascade_frontalface_alt2.xml", _grey(image, scale))
    return [(x / scale, y / scale, width / scale, height / scale) for x, y, width, height in boxes]


def _profile_faces(image: Image, active: Mask) -> list[Box]:
    rows, columns = np.nonzero(active)
    down, right = image.shape[0] / active.shape[0], image.shape[1] / active.shape[1]
    left, top = int(columns.min() * right), int(rows.min() * down)
    crop = image[top : int((rows.max() + 1) * down), left : int((columns.max() + 1) * right)]
    scale = PROFILE_WIDTH / max(image.shape[:2])
    grey = _grey(crop, scale)
    faces = list(_detect("haarcascade_profileface.xml", grey))
    for x, y, width, height in _detect("haarcascade_profileface.xml", np.ascontiguousarray(grey[:, ::-1])):
        faces.append((grey.shape[1] - x - width, y, width, height))
    return [
        (left + x / scale, top + y / scale, width / scale, height / scale) for x, y, width, height in faces
    ]


def _follow(faces: Mapping[int, list[Box]]) -> list[dict[int, Box]]:
    """Link each face to the head whose last box lies within a face's width and is of similar size."""
    heads: list[dict[int, Box]] = []
    for index, boxes in faces.items():
        for box in boxes:
            near = [head for head in heads if index not in head and _same_head(list(head.values())[-1], box)]
            if near:
                near[0][index] = box
            else:
                heads.append({index: box})
    return heads


def _same_head(one: Box, other: Box) -> bool:
    reach = 0.9 * max(one[2], other[2])
    dx = one[0] + one[2] / 2 - other[0] - other[2] / 2
    dy = one[1] + one[3] / 2 - other[1] - other[3] / 2
    return bool(np.hypot(dx, dy) < reach and _same_size(one[2], other[2]))


def _lasting(heads: list[dict[int, Box]], looked_at: int) -> list[Head]:
    needed = min(max(2, int(np.ceil(LASTING_SHARE * looked_at))), looked_at)
    return [Head(head) for head in _rejoined(heads) if len(head) >= needed]


def _rejoined(heads: list[dict[int, Box]]) -> list[dict[int, Box]]:
    """Join heads of one size that are never seen together: one person who walked too fast to be followed."""
    joined: list[dict[int, Box]] = []
    for head in heads:
        for other in joined:
            if not head.keys() & other.keys() and _same_size(_median_width(head), _median_width(other)):
                other.update(head)
                break
        else:
            joined.append(dict(head))
    return joined


def _median_width(head: Mapping[int, Box]) -> float:
    return float(np.median([box[2] for box in head.values()]))


def _same_size(one: float, other: float) -> bool:
    return 0.6 < one / other < 1.67


def _without_chests(heads: list[Head]) -> list[Head]:
    """Drop what the cascade sees in a shirt or a tie: a face right below or inside a face that is seen more often."""
    kept: list[Head] = []
    for head in sorted(heads, key=lambda head: (-len(head.boxes), head.typical[1])):
        x, y, width, height = head.typical
        centre_x, centre_y = x + width / 2, y + height / 2
        if not any(_on_body(other.typical, centre_x, centre_y) for other in kept):
            kept.append(head)
    return kept


def _on_body(face: Box, x: float, y: float) -> bool:
    left, top, width, height = face
    return left - 0.4 * width < x < left + 1.4 * width and top - 0.2 * height < y < top + 3.2 * height
