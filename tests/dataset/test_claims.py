"""Every claim of a row is checked: a sound row says nothing, and one wrong value is one message that names its key."""

from copy import deepcopy
from typing import Any

import pytest

from sparkle.dataset.claims import CHECKS, check_metadata
from sparkle.dataset.index import FRAME_SCORE_KEYS, VIDEO_SCORE_KEYS

MAN = {"bbox_2d": [100, 200, 500, 900], "label": "man"}
GONE = {"bbox_2d": [], "label": "man"}
FRAME_SCORE = {**dict.fromkeys(FRAME_SCORE_KEYS[:4], 9), **dict.fromkeys(FRAME_SCORE_KEYS[4:], "kept")}
VIDEO_SCORE = {**dict.fromkeys(VIDEO_SCORE_KEYS[:3], 8.5), **dict.fromkeys(VIDEO_SCORE_KEYS[3:], "kept")}
FIRST_ROUND = {"edit_type": "time", "round1_labels": ["man"], "round1_objects": [MAN]}

SOUND: dict[str, dict[str, Any]] = {
    "edited_frame0_score": {"editscore": FRAME_SCORE},
    "edited_frame0_foreground_removed_score": {"editscore": FRAME_SCORE},
    "foreground_grounding_r1": FIRST_ROUND,
    "foreground_grounding_r2": {**FIRST_ROUND, "frame_objects": [[MAN], [GONE], []]},
    "edited_video_score": {"frame_indices": [0, 4, 9, 12], "editscore": [VIDEO_SCORE] * 4},
}
METADATA = {"edit_type": "time", "original_scene": "a room", "chosen_keyword": "night: lit street"}


def told(name: str, path: tuple[Any, ...], value: object) -> list[str]:
    """What is said of the sound row with one value changed."""
    row = deepcopy(SOUND[name])
    *above, last = path
    section: Any = row
    for part in above:
        section[part] = deepcopy(section[part])
        section = section[part]
    section[last] = value
    return list(CHECKS[name](row, "time"))


@pytest.mark.parametrize("name", CHECKS)
def test_a_sound_row_says_nothing(name: str) -> None:
    assert list(CHECKS[name](SOUND[name], "time")) == []


@pytest.mark.parametrize(
    ("name", "path", "value", "says"),
    [
        ("edited_frame0_score", ("editscore",), None, "editscore must be an object"),
        ("edited_frame0_score", ("editscore", FRAME_SCORE_KEYS[0]), 10.5, "must be a number in [0, 10]"),
        ("edited_frame0_score", ("editscore", FRAME_SCORE_KEYS[1]), True, "must be a number in [0, 10]"),
        (
            "edited_frame0_score",
            ("editscore", FRAME_SCORE_KEYS[2]),
            float("nan"),
            "must be a number in [0, 10]",
        ),
        ("edited_frame0_score", ("editscore", FRAME_SCORE_KEYS[4]), 3, "must be text"),
        ("edited_video_score", ("frame_indices",), "all", "frame_indices must be a list of frame numbers"),
        (
            "edited_video_score",
            ("frame_indices",),
            [0, -1, 2, 3],
            "frame_indices must be a list of frame numbers",
        ),
        ("edited_video_score", ("frame_indices",), [0, 9, 4, 12], "must be rising"),
        ("edited_video_score", ("frame_indices",), [0, 4, 4, 12], "must be rising"),
        ("edited_video_score", ("editscore",), [VIDEO_SCORE] * 3, "must be a list of 4 scores"),
        ("edited_video_score", ("editscore", 2), None, "editscore[2] must be an object"),
        ("edited_video_score", ("editscore", 3, VIDEO_SCORE_KEYS[0]), -1, "editscore[3]."),
        ("foreground_grounding_r1", ("edit_type",), "season", "edit_type must be time, got 'season'"),
        ("foreground_grounding_r1", ("round1_labels",), [], "at least one text"),
        ("foreground_grounding_r1", ("round1_labels",), ["man", 3], "at least one text"),
        ("foreground_grounding_r1", ("round1_objects",), None, "round1_objects must be a list"),
        (
            "foreground_grounding_r1",
            ("round1_objects", 0),
            {"bbox_2d": []},
            "round1_objects[0] must be an object",
        ),
        ("foreground_grounding_r1", ("round1_objects", 0, "bbox_2d"), [1, 2, 3], "empty or four numbers"),
        (
            "foreground_grounding_r1",
            ("round1_objects", 0, "bbox_2d"),
            [0, 0, 5, 1001],
            "empty or four numbers",
        ),
        ("foreground_grounding_r1", ("round1_objects", 0, "bbox_2d"), "0 0 5 5", "empty or four numbers"),
        ("foreground_grounding_r2", ("frame_objects",), {}, "one list of objects per 2-fps frame"),
        ("foreground_grounding_r2", ("frame_objects", 1), None, "frame_objects[1] must be a list of objects"),
        (
            "foreground_grounding_r2",
            ("frame_objects", 0, 0, "label"),
            7,
            "frame_objects[0][0] must be an object",
        ),
    ],
)
def test_one_wrong_value_is_one_message(name: str, path: tuple[Any, ...], value: object, says: str) -> None:
    (message,) = told(name, path, value)
    assert says in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        (None, "metadata must be an object"),
        ({**METADATA, "edit_type": 3}, "metadata.edit_type must be time, got 3"),
        ({**METADATA, "original_scene": None}, "metadata.original_scene must be text"),
        ({**METADATA, "chosen_keyword": "night"}, "must read 'subtheme: scene', got 'night'"),
        ({**METADATA, "chosen_keyword": 3}, "must read 'subtheme: scene', got 3"),
    ],
)
def test_metadata_is_checked_too(metadata: object, says: str) -> None:
    assert list(check_metadata({"metadata": METADATA}, "time")) == []
    (message,) = check_metadata({"metadata": metadata}, "time")
    assert says in message


def test_a_long_value_is_cut_in_the_message() -> None:
    (message,) = told("foreground_grounding_r1", ("edit_type",), "x" * 10_000)
    assert len(message) < 120
