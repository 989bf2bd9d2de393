"""Text of others, before it is kept or shown: names, labels, JSON, instructions, lines of a terminal."""

import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from sparkle.core.instruction import LONGEST_INSTRUCTION, instruction_fault
from sparkle.core.names import LONGEST_LABEL, short_label, telling_names
from sparkle.core.parsing import checked, parse_json, parse_object
from sparkle.core.visible import visible


@dataclass(frozen=True)
class Point:
    x: int
    y: int = 0


POINT = TypeAdapter(Point)


def test_a_file_is_told_by_its_name_or_by_as_many_folders_as_it_takes() -> None:
    names = telling_names(["/a/b/clip.mp4", "/a/c/clip.mp4", "/a/c/other.mp4", "/x/c/clip.mp4"])
    assert names == {
        "/a/b/clip.mp4": "b/clip.mp4",
        "/a/c/clip.mp4": "a/c/clip.mp4",
        "/a/c/other.mp4": "other.mp4",
        "/x/c/clip.mp4": "x/c/clip.mp4",
    }


def test_two_spellings_of_one_file_are_one_file() -> None:
    assert telling_names(["/a/clip.mp4", "/a/b/../clip.mp4"]) == {
        "/a/clip.mp4": "clip.mp4",
        "/a/b/../clip.mp4": "clip.mp4",
    }


def test_a_name_that_is_no_text_is_spelled_out() -> None:
    (name,) = telling_names(["/a/clip\udcff.mp4"]).values()
    assert name == "clip\\udcff.mp4"


def test_a_short_label_stays_and_a_long_one_loses_its_middle() -> None:
    assert short_label("man") == "man"
    long = "the man in the red coat " * 4 + "END"
    short = short_label(long)
    assert len(short) <= LONGEST_LABEL
    assert short.startswith("the man in the red coat")
    assert short.endswith("END")


@given(st.text(max_size=90), st.integers(1, 12))
def test_labels_stay_short_and_differ_however_many_are_alike(label: str, count: int) -> None:
    taken: list[str] = []
    for _ in range(count):
        taken.append(short_label(label, taken))
    assert len(set(taken)) == count
    assert max(map(len, taken)) <= LONGEST_LABEL


@pytest.mark.parametrize("text", ["[1, 2]", "3", "null", '"text"'])
def test_only_an_object_is_an_object(text: str) -> None:
    with pytest.raises(ValueError, match="one JSON object is expected, got "):
        parse_object(text)
    assert parse_object('{"a": [1]}') == {"a": [1]}


def test_json_that_is_nested_too_deeply_is_said_to_be() -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_json("[" * 100_000)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"x": "four"}, r"x: .*got 'four'"),
        ({"y": 1}, "x: Field required"),
        ({"x": 1, "z": 2, "w": 3}, "unknown keys: w, z"),
    ],
)
def test_an_object_of_the_wrong_shape_is_told_in_one_line(value: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says) as told:
        checked(POINT, value)
    assert "\n" not in str(told.value)


def test_an_object_of_the_right_shape_becomes_its_dataclass() -> None:
    assert checked(POINT, {"x": 4}) == Point(4, 0)


def test_an_instruction_has_a_longest_length_and_no_nul() -> None:
    assert instruction_fault("a" * LONGEST_INSTRUCTION) is None
    assert "4,001 letters, the most is 4,000" in str(instruction_fault("a" * (LONGEST_INSTRUCTION + 1)))
    assert "NUL byte after 'a beach'" in str(instruction_fault("a beach\0 at night"))


@given(st.text(st.characters(), max_size=60))
def test_what_is_shown_is_one_line_that_steers_nothing(text: str) -> None:
    shown = visible(text)
    assert len(shown.splitlines()) <= 1
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)


def test_what_is_harmless_is_shown_as_it_is() -> None:
    assert visible("Käse, 乐, a 'b' \\ c") == "Käse, 乐, a 'b' \\ c"
    assert visible("a\x1b[31mb\nc") == "a\\x1b[31mb\\nc"


@pytest.mark.parametrize(
    "letter",
    [*"\x00\x1b\x7f\x85\x9b\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069", "\ud800", "\udcff"],
)
def test_every_letter_that_steers_or_ends_a_line_is_spelled_out(letter: str) -> None:
    shown = visible(f"a{letter}b")
    assert letter not in shown
    assert shown == f"a{letter.encode('unicode_escape').decode()}b"
