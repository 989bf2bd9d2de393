"""A sentence is parted where it says another thing, and a clause of it moves where a verb does."""

import pytest

from sparkle.words.clauses import clauses, says_motion


def test_clauses_are_parted_at_marks_and_words_that_join() -> None:
    said = "A Harbour at dusk, while boats rock; gulls (white ones) circle -- but nothing else!"
    assert clauses(said) == [
        "a harbour at dusk",
        "boats rock",
        "gulls",
        "white ones",
        "circle --",
        "nothing else",
    ]
    assert clauses(" ,.; ") == []
    assert clauses("a wasteland, everywhere") == ["a wasteland", "everywhere"], "no word within a word parts"


@pytest.mark.parametrize(
    "clause", ["leaves drift", "the drifting fog", "waves roll in", "curtains swayed", "a windy hill"]
)
def test_verbs_of_movement_are_known_however_they_are_bent(clause: str) -> None:
    assert says_motion(clause)


@pytest.mark.parametrize(
    "clause", ["a quiet library", "tall shelves of books", "the bowl on a table", "a rocket"]
)
def test_what_only_begins_like_one_is_none(clause: str) -> None:
    assert not says_motion(clause)
