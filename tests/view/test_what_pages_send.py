"""What a page sends is taken in its own form alone: marks of an edit, choices of a blind comparison."""

from typing import Any

import pytest

from sparkle.view.blind import Choice, parse_choice
from sparkle.view.mending import MOST_MARKS, WantedMark, parse_marks

MARK = {"kind": "box", "frame": 3, "numbers": [1, 2, 3, 4]}


def test_marks_come_as_they_were_made() -> None:
    assert parse_marks({"marks": [MARK, {"kind": "clear", "frame": 0}]}) == [
        WantedMark("box", 3, (1.0, 2.0, 3.0, 4.0)),
        WantedMark("clear", 0),
    ]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "a list of marks"),
        ({"marks": "box"}, "a list of marks"),
        ({"marks": [5]}, "a list of marks"),
        ({"marks": []}, "there are 0 marks"),
        ({"marks": [MARK] * (MOST_MARKS + 1)}, "there are 101 marks"),
        ({"marks": [{**MARK, "kind": "knife"}]}, "kind"),
        ({"marks": [{**MARK, "path": "/etc/passwd"}]}, "unknown keys: path"),
        ({"marks": [{"kind": "box"}]}, "frame"),
    ],
)
def test_what_are_no_marks_is_refused_in_a_line(value: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message) as raised:
        parse_marks(value)
    assert "\n" not in str(raised.value)


def test_a_choice_is_left_right_or_neither() -> None:
    assert parse_choice({"number": 4, "choice": "tie"}) == Choice(4, "tie")
    for wrong in (
        {"number": 4, "choice": "both"},
        {"choice": "left"},
        {"number": 1, "choice": "left", "who": "me"},
    ):
        with pytest.raises(ValueError, match=r"choice|number|unknown keys"):
            parse_choice(wrong)
