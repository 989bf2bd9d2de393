"""The one vocabulary of subjects: patterns for larger ones. All match lower-case words, or any with IGNORECASE."""

from __future__ import annotations

import re
from typing import Any

from sparkle.config import read_document
from sparkle.store import packaged_text


def one_of(words: list[str]) -> str:
    """Return a pattern for one of the words (each a regular expression of its own), as a group that keeps nothing."""
    return "(?:" + "|".join(words) + ")"


_WORDS: dict[str, Any] = read_document(packaged_text(__package__, "subjects.yaml"), "subjects.yaml")

PEOPLE = one_of(_WORDS["people"])
SUBJECTS = one_of(_WORDS["anything"] + _WORDS["people"] + _WORDS["animals"])
ACTING_PRONOUNS = one_of(_WORDS["pronouns"]["acting"])
MEANT_PRONOUNS = one_of(_WORDS["pronouns"]["meant"])
GARMENTS = rf"{one_of(_WORDS['garments'])}\b(?! {one_of(_WORDS['not_worn_before'])}\b)"

_PERSON = re.compile(PEOPLE)
_SUBJECT = re.compile(rf"\b(?:{SUBJECTS}|{ACTING_PRONOUNS}|{MEANT_PRONOUNS})\b")


def is_person(word: str) -> bool:
    """Whether one lower-case word means a person or people, as "woman" and "dancers" do and "dog" does not."""
    return _PERSON.fullmatch(word) is not None


def names_subject(text: str) -> bool:
    """Whether lower-case text speaks of the subject, by a noun or a pronoun."""
    return _SUBJECT.search(text) is not None
