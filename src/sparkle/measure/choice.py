"""Which of the candidates is meant: by words, by a point, by a box or by a rough mask.

Words can only choose among what the finder can name: "person", "moving object", "object", a number, and where or how
large it is. What else they name needs eyes that know it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from sparkle.core.box_tracks import box_iou
from sparkle.measure.detections import Box
from sparkle.measure.finder import Candidate
from sparkle.roles import Mask
from sparkle.words.subjects import is_person

SAME_BOX_IOU = 0.3

KINDS: Mapping[str, Callable[[Candidate], bool]] = {
    "moving": lambda candidate: candidate.label.startswith("moving"),
    "still": lambda candidate: candidate.label.startswith("object"),
    **dict.fromkeys(("object", "objects", "thing", "things"), lambda candidate: "object" in candidate.label),
}
PLACES: Mapping[str, Callable[[Candidate], float]] = {
    **dict.fromkeys(("left", "leftmost"), lambda candidate: _middle(candidate)[0]),
    **dict.fromkeys(("right", "rightmost"), lambda candidate: -_middle(candidate)[0]),
    **dict.fromkeys(("upper", "top"), lambda candidate: _middle(candidate)[1]),
    **dict.fromkeys(("lower", "bottom"), lambda candidate: -_middle(candidate)[1]),
    **dict.fromkeys(("largest", "biggest", "large", "big"), lambda candidate: -_area(candidate)),
    **dict.fromkeys(("smallest", "small"), lambda candidate: _area(candidate)),
}
FILLERS = frozenset(
    ("the", "a", "an", "one", "on", "at", "in", "of", "to", "side", "number", "candidate", "subject")
)
CAN_NAME = (
    '"person", "moving object", "still object", "all", a number, and with these "left", "right", "upper", "lower", '
    '"largest", "smallest"; several with "and"'
)


def choose_by_words(candidates: Sequence[Candidate], words: str) -> list[Candidate]:
    """Return the candidates that words mean, in the order of the words; an empty list where a word is not known or
    nothing fits. Numbers count the candidates from 1."""
    chosen: list[Candidate] = []
    for part in re.split(r",|;|\band\b|\+", words.lower()):
        meant = _meant(candidates, [word for word in re.findall(r"\w+", part) if word not in FILLERS])
        if not meant:
            return []
        chosen += [each for each in meant if each not in chosen]
    return chosen


def choose_by_point(candidates: Sequence[Candidate], x: float, y: float, frame: int = 0) -> list[Candidate]:
    """Return the smallest candidate whose box on a frame has the point (x, y), in pixels, or none."""
    around = [each for each in candidates if frame in each.boxes and _has(each.boxes[frame], x, y)]
    return sorted(around, key=_area)[:1]


def choose_by_box(candidates: Sequence[Candidate], box: Box, frame: int = 0) -> list[Candidate]:
    """Return the candidate whose box on a frame fits a drawn one best, if its IoU is at least SAME_BOX_IOU, or none."""
    fits = [(box_iou(each.boxes[frame], box), each) for each in candidates if frame in each.boxes]
    best = max(fits, key=lambda fit: fit[0], default=(0.0, None))
    return [best[1]] if best[1] is not None and best[0] >= SAME_BOX_IOU else []


def box_of_mask(mask: Mask) -> Box | None:
    """Return the box of a rough mask, bool (H, W), in pixels; None for an empty one."""
    if not mask.any():
        return None
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


def _meant(candidates: Sequence[Candidate], words: Sequence[str]) -> list[Candidate]:
    if not words:
        return []
    left = list(candidates)
    only_one = False
    for word in words:
        if word.isdecimal():
            number = int(word)
            left = (
                [candidates[number - 1]]
                if 1 <= number <= len(candidates) and candidates[number - 1] in left
                else []
            )
        elif is_person(word):
            left = [each for each in left if each.label.startswith("person")]
        elif word in KINDS:
            left = [each for each in left if KINDS[word](each)]
        elif word in PLACES:
            only_one = True
        elif word in ("all", "everything"):
            left = [each for each in left if each.is_subject]
        else:
            return []
    if only_one:
        place = next(PLACES[word] for word in words if word in PLACES)
        left = sorted(left, key=place)[:1]
    return left


def _middle(candidate: Candidate) -> tuple[float, float]:
    x1, y1, x2, y2 = np.median(list(candidate.boxes.values()), axis=0)
    return float(x1 + x2) / 2, float(y1 + y2) / 2


def _area(candidate: Candidate) -> float:
    x1, y1, x2, y2 = np.median(list(candidate.boxes.values()), axis=0)
    return float((x2 - x1) * (y2 - y1))


def _has(box: Box, x: float, y: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]
