"""Does an instruction, or the caption that was made of it, ask for a background that does not move?"""

from __future__ import annotations

import re
from typing import Any

from sparkle.config import read_document
from sparkle.store import packaged_text
from sparkle.words.background import without_request
from sparkle.words.clauses import clauses, says_motion
from sparkle.words.subjects import ACTING_PRONOUNS, MEANT_PRONOUNS, SUBJECTS, names_subject, one_of

_WORDS: dict[str, Any] = read_document(packaged_text(__package__, "stillness.yaml"), "stillness.yaml")
_STILL, _PICTURES, _BACKGROUNDS, _ADVERBS = (
    one_of(_WORDS[name]) for name in ("still", "pictures", "backgrounds", "adverbs")
)
_BACKGROUND = rf"(?:{_PICTURES}|{_BACKGROUNDS})"

STILL = re.compile(rf"\b{_STILL}\b")

# "Everything but the subject", "behind the man": where the wish holds, and not whom it is about.
_APART_FROM_SUBJECT = re.compile(
    r"\b(?:behind|around|beside|besides|but|except(?: for)?|other than|apart from) "
    rf"(?:(?:the|this|that|my|our|his|her|their|these|those|both) (?:[\w-]+ ){{0,2}}?)?"
    rf"(?:{SUBJECTS}|{ACTING_PRONOUNS}|{MEANT_PRONOUNS})\b"
)
_STILL_PICTURE = re.compile(
    rf"\b{_STILL}[- ]{_PICTURES}\b|\bfreeze[- ]?frame\b|\bstill[- ](?:shot|background|backdrop)\b"
    rf"|\b(?!still|frozen){_STILL}[- ]{_BACKGROUNDS}\b"
)
_CALM_PLACE = re.compile(rf"\b{one_of(_WORDS['places_that_may_be_calm'])}\b")
_STANDS_STILL = re.compile(
    rf"(?<!\bin )(?<!\bin the )(?<!\bof the )\b(?:everything|all (?=things|is|stays|remains)|{_BACKGROUND}\b(?!'))"
    r"(?: (?!(?:with|into|that|which|whose|has|shows?|to(?! (?:be|stay|stand|remain)))\b)[\w'-]+){0,6}?"
    rf"(?: {_ADVERBS})* {_STILL}(?=$| {one_of(_WORDS['after'])}\b)"
)
_NO_MOTION = re.compile(
    r"\bfrozen in time\b|\b(?:no|without(?: any)?|zero) (?:motion|movement|animation)\b(?! blur)"
    r"|\bnothing (?:(?:at all|else|in it|there) )?(?:moves|is moving|stirs|should move|may move)\b"
    rf"|\b(?:{_BACKGROUND}|everything|things)(?: [\w-]+){{0,2}}? "
    r"(?:(?:must|should|may|shall|can|does|do|will) not|\w+n't) (?:move|stir|be animated)\b"
    rf"|\b(?:do not|don't|never) (?:move|animate) the (?:\w+ )?{_BACKGROUND}\b"
    rf"|\bfreeze (?:everything|the (?:\w+ )?{_BACKGROUND})\b"
)
_ONLY_SUBJECT_MOVES = re.compile(
    r"\bonly (?:(?:the|this|that|my|our|his|her|their|these|those|both) )?(?:[\w-]+ ){0,2}?"
    rf"(?:{SUBJECTS}|{ACTING_PRONOUNS}) (?:moves?|is moving|are moving|should move|may move)\b"
)
_ONLY_STILL = re.compile(
    r"^(?:(?:keep|hold|make|leave|stay|remain|be|is|are|a|the|it|should|must|everything|and|"
    rf"{_ADVERBS}) )*{_STILL}(?: (?:please|throughout|{_ADVERBS}))?$"
)
_NEGATED = re.compile(rf"\b{one_of(_WORDS['negations'])}(?: [\w-]+){{0,2}} ?$")
_NEGATION = re.compile(r"\b(?:not|never|\w+n't)\b")


def wants_stillness(text: str) -> bool:
    """Whether an instruction, or a caption, asks for a background that does not move.

    A subject that holds still, a camera that stands, a calm or frozen lake, and the old background, however static,
    are another matter. A still photo stays one, whatever it shows to move.
    """
    words = " ".join(text.lower().replace("’", "'").split())
    parts = clauses(" ".join(_APART_FROM_SUBJECT.sub(" ", words).split()))
    asked = [without_request(part) for part in parts]
    if any(map(_asks, parts, asked)):
        return True
    about_place = [part for part in asked if not (names_subject(part) or "camera" in part)]
    if any(map(says_motion, about_place)):
        return False
    return any(_ONLY_STILL.match(part) for part in about_place) or any(
        _affirmed(_CALM_PLACE, rest) or _stands_still(part) for part, rest in zip(parts, asked, strict=True)
    )


def _asks(part: str, asked: str) -> bool:
    """Whether a clause asks for it beyond doubt, whatever is said to move. asked: the clause without its request."""
    if _affirmed(_STILL_PICTURE, asked) or _ONLY_SUBJECT_MOVES.search(part):
        return True
    if _stands_still(part) and "frozen" not in part:
        return True
    return not (names_subject(asked) or "camera" in asked) and _affirmed(_NO_MOTION, asked)


def _stands_still(part: str) -> bool:
    found = _STANDS_STILL.search(part)
    if found is None or _NEGATED.search(part[: found.start()]):
        return False
    return not (_NEGATION.search(found[0]) or names_subject(found[0]) or "camera" in found[0])


def _affirmed(pattern: re.Pattern[str], part: str) -> bool:
    found = pattern.search(part)
    return found is not None and not _NEGATED.search(part[: found.start()])
