"""Background captioner by rules: an instruction in, what is seen and moves behind the subject out.

The paper asks a vision-language model (section 3.3). Here the request ("put the subject in ..."), the phrases
and clauses about the subject, and whole sentences about it are cut away; what is left is the caption.
"""

from __future__ import annotations

import re
from typing import ClassVar

from sparkle.backends.cpu.phrases import scene_sentence, sentence
from sparkle.core.errors import BackendError
from sparkle.core.scene import Scene
from sparkle.roles import ModelCard

_NOUN = (
    r"(?:subjects?|foreground(?: \w+)?|characters?|persons?|people|man|men|woman|women|boys?|girls?|kids?"
    r"|child(?:ren)?|bab(?:y|ies)|lad(?:y|ies)|guys?|actors?|actress(?:es)?|dancers?|singers?|speakers?"
    r"|presenters?|models?|figures?|couple|dogs?|cats?|puppy|kitten|horses?)"
)
_CLOTHES = (
    r"(?:dress|suit|shirt|t-shirt|jacket|coat|hat|cap|uniform|sweater|hoodie|robe|gown|glasses"
    r"|clothes|outfit)"
)
_LINK = (
    r"(?:in front of|in|into|inside|onto|on|with|by|to|against|before|for|as|at|amid|among|under|within|near"
    r"|through|along|across)"
)
# "in a red dress", "with the guitar": what belongs to a person, and not to the place
_WORN = (
    rf"(?: (?:in|wearing) (?:[\w-]+ ){{0,3}}?{_CLOTHES}"
    rf"| (?:with|holding|playing) (?:an?|the) [\w-]+(?= {_LINK}\b))"
)
_ADJECTIVES = r"(?:(?!(?:background|backdrop|behind)\b)[\w-]+ ){0,3}?"
_SUBJECT = (
    rf"(?:(?:the|this|that|my|our|these|those|both) {_ADJECTIVES}{_NOUN}\b{_WORN}?(?: itself| themselves)?)"
)
_PRONOUN = r"(?:him|her|them|me|us)\b"
_SETTING = (
    r"(?:(?:the|this|its|their|his|her) (?:(?:entire|whole|current|original|existing|old|plain) )*"
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
# "Keep the subject as it is and" before a request
_KEEP_FIRST = _pattern(
    rf"^(?:please )?{_PRESERVE} (?:{_SUBJECT}|{_PRONOUN})[^,.;]*?(?:,? (?:and|but|then)|[,;:]) (?={_VERB}\b)"
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
    r"[,;]?\s+(?:while|as|and|but|with|so that|keeping|leaving|preserving|making sure(?: that)?"
    rf"|ensuring(?: that)?|without (?:changing|altering|touching|moving)|(?:and |but )?{_PRESERVE})"
    rf" (?:only )?(?:{_SUBJECT}|s?he\b|his\b|her\b)[^,;.]*",
    rf";\s*(?:{_PRESERVE} )?{_SUBJECT}[^,;.]*",
)
_SENTENCE_ABOUT_SUBJECT = _pattern(
    rf"^(?:(?:and|but|while|please|also|only) )*(?:{_PRESERVE} |let |make sure (?:that )?|ensure (?:that )?)?"
    rf"(?:{_SUBJECT}|s?he\b|his\b|{_PRONOUN})"
)
_LOOSE_START = _pattern(r"^(?:and|but|then|so|with|of|where|there,?)\s+")


class Captioner:
    """Cuts everything about the subject out of an instruction."""

    card: ClassVar[ModelCard] = ModelCard("sparkle-rule-captioner", "1", "Apache-2.0")

    def __call__(self, instruction: str, scene: Scene | None) -> str:
        """Return what is seen and what moves, in the instruction's own words, or else those of `scene`.

        Raises BackendError for an instruction that speaks of the subject only and comes without a scene.
        """
        caption = background_words(instruction)
        if caption:
            return caption
        if scene is not None:
            return scene_sentence(scene)
        raise BackendError(
            f"the instruction {instruction!r} names no background; say what is to be seen behind the subject"
        )


def background_words(instruction: str) -> str:
    """Return what an instruction says of the background, in its own words; "" if it says nothing."""
    return " ".join(filter(None, map(_background_part, _sentences(instruction))))


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
