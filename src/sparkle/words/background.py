"""What an instruction says of the background: its request, and what it says of the subject, are cut away."""

from __future__ import annotations

import re

from sparkle.words.phrases import sentence
from sparkle.words.subjects import ACTING_PRONOUNS, GARMENTS, MEANT_PRONOUNS, SUBJECTS

_NOUN = rf"(?:foreground \w+|{SUBJECTS})"
_LINK = (
    r"(?:in front of|in|into|inside|onto|on|with|by|to|against|before|for|as|at|amid|among|under|within|near"
    r"|through|along|across)"
)
# "in a red dress", "with the guitar": what belongs to a person, and not to the place
_WORN = (
    rf"(?: (?:in|wearing) (?:[\w-]+ ){{0,3}}?{GARMENTS}"
    rf"| (?:with|holding|playing) (?:an?|the) [\w-]+(?= {_LINK}\b))"
)
_ADJECTIVES = r"(?:(?!(?:background|backdrop|behind)\b)[\w-]+ ){0,3}?"
_SUBJECT = (
    rf"(?:(?:the|this|that|my|our|these|those|both) {_ADJECTIVES}{_NOUN}\b{_WORN}?(?: itself| themselves)?)"
)
_PRONOUN = rf"{MEANT_PRONOUNS}\b"
_SETTING = (
    r"(?:(?:the|this|its|their|his|her) "
    r"(?:(?:entire|whole|current|original|existing|old|plain|still|static|frozen|motionless) )*"
    r"(?:background|backdrop|scene(?:ry)?|setting|surroundings?|world|environment|place)\b)"
)
_VERB = (
    r"(?:replace|change|shift|move|put|place|set|turn|transform|swap|switch|make|transport|relocate|show|restyle"
    r"|convert|bring|take|recreate|render|substitute|exchange|have|let|situate|position|insert|drop|teleport"
    r"|imagine|picture|see)"
)
_PRESERVE = r"(?:keep|leave|preserve|do not (?:change|move|alter|touch)|don't (?:change|move|alter|touch))"


def _pattern(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


# "behind the subject": a place in the picture that a caption of the background has no word for
_BESIDE_SUBJECT = _pattern(
    r"\s*\b(?:behind|around|surrounding|in front of|near|beside|beneath|below|above|past|over|across|onto?"
    rf"|about|towards?) (?:{_SUBJECT}(?:'s [\w-]+)?|{_PRONOUN})(?=[\s,.;:!?]|$)"
)
# "Keep the subject as it is and" before a request or the background
_KEEP_FIRST = _pattern(
    rf"^(?:please )?{_PRESERVE} (?:{_SUBJECT}|{_PRONOUN})[^,.;]*?(?:,? (?:and|but|then)|[,;:]) "
    rf"(?={_VERB}\b|{_SETTING})"
)
# "Put the subject in", "Change the background to", "Swap the wall for", "Show" before what is asked for
_REQUEST = _pattern(
    rf"^(?:please |now |then )*{_VERB} (?:it|{_SUBJECT}|{_PRONOUN})"
    rf"(?:(?: [\w-]+){{0,2}}? {_LINK}\b)?\s+(?:be )?",
    rf"^(?:please |now |then )*{_VERB} {_SETTING}(?: (?:look like|appear))?(?:,? {_LINK}\b)?(?:\s+(?:be )?|[.!]?$)",
    r"^(?:please )?(?:replace|swap|exchange|substitute)(?: out)? (?:the|this|his|her) [^,.]{0,40}? "
    r"(?:with|for|by) ",
    r"^(?:please )?(?:show|put|insert|imagine|picture|add|create|generate) (?!(?:the|this|that|his|her)\b)",
)
# ", while the subject stays still", ", keeping her pose", "; leave the subject unchanged"
_CLAUSE_ABOUT_SUBJECT = _pattern(
    r"[,;]?\s+(?:while|as|and|(?<!everything )(?<!nothing )but|with|so that|keeping|leaving|preserving"
    rf"|making sure(?: that)?|ensuring(?: that)?|without (?:changing|altering|touching|moving)"
    rf"|(?:and |but )?{_PRESERVE})"
    rf" (?:only )?(?:{_SUBJECT}|{ACTING_PRONOUNS}\b|his\b|her\b)[^,;.]*",
    rf";\s*(?:{_PRESERVE} )?{_SUBJECT}[^,;.]*",
)
# "Only the subject moves" is said of the background as well.
_SENTENCE_ABOUT_SUBJECT = _pattern(
    r"^(?!only [^,;.]*\bmov)(?:(?:and|but|while|please|also|only) )*"
    rf"(?:{_PRESERVE} |let |make sure (?:that )?|ensure (?:that )?)?"
    rf"(?:{_SUBJECT}|{ACTING_PRONOUNS}\b|his\b|{_PRONOUN})"
)
_LOOSE_START = _pattern(r"^(?:and|but|then|so|with|of|where|there,?)\s+")


def background_words(instruction: str) -> str:
    """Return what an instruction says of the background, in its own words; "" if it says nothing."""
    return " ".join(filter(None, map(_background_part, _sentences(instruction))))


def without_request(text: str) -> str:
    """Return a sentence or clause without the "put the subject in" or "replace the wall with" that it begins with."""
    return _REQUEST.sub("", text, count=1)


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?])\s+", " ".join(text.split()))


def _background_part(text: str) -> str:
    """Return one sentence without its request and without what it says of the subject; "" if all is cut."""
    text = _BESIDE_SUBJECT.sub("", _KEEP_FIRST.sub("", text))
    text, requests = _REQUEST.subn("", text.strip(" ,;:"), count=1)
    if not requests and _SENTENCE_ABOUT_SUBJECT.match(text):
        return ""
    text = _CLAUSE_ABOUT_SUBJECT.sub("", text)
    text = _LOOSE_START.sub("", text.strip(" ,;:"))
    text = re.sub(r"\s+([,.;:!?])", r"\1", text)
    text = re.sub(r"([,;:])[,;:.]+", r"\1", text).strip(" ,;:")
    return sentence(text) if re.search(r"\w", text) else ""
