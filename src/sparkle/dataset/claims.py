"""What the rows of the JSON-lines files claim, checked key by key; each check yields messages."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import TypeAdapter

from sparkle.core.boxes import BOX_RANGE
from sparkle.core.parsing import checked
from sparkle.core.sample import Check
from sparkle.dataset.index import FRAME_SCORE_KEYS, VIDEO_SCORE_KEYS, edit_type

HIGHEST_SCORE = 10.0
_CHECK = TypeAdapter(Check)

Claims = Iterator[str]


def check_metadata(row: dict[str, Any], theme: str) -> Claims:
    """Check a row of `{theme}_train_metadata.jsonl`."""
    metadata = row.get("metadata")
    if not isinstance(metadata, dict):
        yield "metadata must be an object"
        return
    if metadata.get("edit_type") != edit_type(theme):
        yield f"metadata.edit_type must be {edit_type(theme)}, got {_short(metadata.get('edit_type'))}"
    if not isinstance(metadata.get("original_scene"), str):
        yield "metadata.original_scene must be text"
    keyword = metadata.get("chosen_keyword", "subtheme: scene")
    if not isinstance(keyword, str) or ": " not in keyword:
        yield f"metadata.chosen_keyword must read 'subtheme: scene', got {_short(keyword)}"


def check_frame_score(row: dict[str, Any], theme: str) -> Claims:
    """Check a row of one of the two frame scores."""
    yield from _check_score(row.get("editscore"), "editscore", FRAME_SCORE_KEYS[:4], FRAME_SCORE_KEYS[4:])


def check_video_score(row: dict[str, Any], theme: str) -> Claims:
    """Check a row of `edited_video_score.jsonl`: frames (four, if published), each with its score."""
    indices, scores = row.get("frame_indices"), row.get("editscore")
    if not isinstance(indices, list) or not all(_is_count(index) for index in indices):
        yield f"frame_indices must be a list of frame numbers, got {_short(indices)}"
        return
    if not indices or sorted(set(indices)) != indices:
        yield f"frame_indices must be rising frame numbers, got {_short(indices)}"
    if not isinstance(scores, list) or len(scores) != len(indices):
        yield f"editscore must be a list of {len(indices)} scores, one for each of frame_indices"
        return
    for number, score in enumerate(scores):
        yield from _check_score(score, f"editscore[{number}]", VIDEO_SCORE_KEYS[:3], VIDEO_SCORE_KEYS[3:5])


def check_first_round(row: dict[str, Any], theme: str) -> Claims:
    """Check a row of `foreground_grounding_r1.jsonl`: labels, and a box for each object."""
    if row.get("edit_type") != edit_type(theme):
        yield f"edit_type must be {edit_type(theme)}, got {_short(row.get('edit_type'))}"
    labels = row.get("round1_labels")
    if not isinstance(labels, list) or not labels or not all(isinstance(label, str) for label in labels):
        yield "round1_labels must be a list of at least one text"
    yield from _check_objects(row.get("round1_objects"), "round1_objects")


def check_second_round(row: dict[str, Any], theme: str) -> Claims:
    """Check a row of `foreground_grounding_r2.jsonl`: as round 1, and the objects of each 2-fps frame."""
    yield from check_first_round(row, theme)
    frames = row.get("frame_objects")
    if not isinstance(frames, list):
        yield "frame_objects must be a list with one list of objects per 2-fps frame"
        return
    for number, objects in enumerate(frames):
        yield from _check_objects(objects, f"frame_objects[{number}]")


def check_provenance(row: dict[str, Any]) -> Claims:
    """Check the checks of a row of `provenance.jsonl`: a sample that is in the dataset has passed all of them."""
    checks = row.get("checks", [])
    for value in checks if isinstance(checks, list) else [checks]:
        try:
            check = checked(_CHECK, value)
        except ValueError as error:
            yield f"checks cannot be read ({error})"
            continue
        if not check.passed:
            yield f"{check}, so this sample does not belong into the dataset"


CHECKS: dict[str, Callable[[dict[str, Any], str], Claims]] = {
    "edited_frame0_score": check_frame_score,
    "edited_frame0_foreground_removed_score": check_frame_score,
    "foreground_grounding_r1": check_first_round,
    "foreground_grounding_r2": check_second_round,
    "edited_video_score": check_video_score,
}


def _check_score(score: Any, name: str, numbers: tuple[str, ...], texts: tuple[str, ...]) -> Claims:
    if not isinstance(score, dict):
        yield f"{name} must be an object"
        return
    for key in numbers:
        value: Any = score.get(key)
        if not _is_number(value) or not 0 <= value <= HIGHEST_SCORE:
            yield f"{name}.{key} must be a number in [0, {HIGHEST_SCORE:g}], got {_short(value)}"
    for key in texts:
        if not isinstance(score.get(key), str):
            yield f"{name}.{key} must be text, got {_short(score.get(key))}"


def _check_objects(objects: Any, name: str) -> Claims:
    if not isinstance(objects, list):
        yield f"{name} must be a list of objects"
        return
    for number, entry in enumerate(objects):
        where = f"{name}[{number}]"
        if not isinstance(entry, dict) or not isinstance(entry.get("label"), str):
            yield f"{where} must be an object with bbox_2d and label"
        elif not _is_box(entry.get("bbox_2d")):
            box = _short(entry.get("bbox_2d"))
            yield f"{where}.bbox_2d must be empty or four numbers in [0, {BOX_RANGE}], got {box}"


def _is_box(box: Any) -> bool:
    if not isinstance(box, list) or len(box) not in (0, 4):
        return False
    return all(_is_number(value) and 0 <= value <= BOX_RANGE for value in box)


def _is_number(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _short(value: Any) -> str:
    return reprlib.repr(value)
