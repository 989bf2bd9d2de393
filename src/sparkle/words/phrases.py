"""The little English grammar that rule-based sentences about scenes need."""

from __future__ import annotations

import re

from sparkle.core.scene import Scene

# Where the noun phrase before it ends, so that the word before it is the noun that decides about the article.
_TAIL = re.compile(
    r"\s(?:with|without|of|in|on|at|by|to|from|under|over|above|below|beside|behind|before|after|between|against"
    r"|through|full|filled|covered|facing|overlooking|revealing|rolling)\b"
)
_HAS_DETERMINER = re.compile(r"(?:an?|the|some|two|three|many|my|your|our|this|that)\s", re.IGNORECASE)
_UNCOUNTABLE = {
    *("lighting", "light", "darkness", "fire", "noon", "hour", "weather"),
    *("mist", "fog", "smoke", "snow", "ice", "rain", "water", "sand", "grass"),
}
_SINGULAR_IN_S = re.compile(r"(?:ss|us|is)$")
_VOWEL_SOUND = re.compile(r"(?:[aio]|u(?!ni|se)|e(?!u)|hour|honest)", re.IGNORECASE)


def with_article(name: str) -> str:
    """Return a noun phrase with the article that English wants: `an open prairie`, but `vineyard rows`."""
    if _HAS_DETERMINER.match(name):
        return name
    noun = _TAIL.split(name, maxsplit=1)[0].split()[-1].lower()
    plural = noun.endswith("s") and not _SINGULAR_IN_S.search(noun)
    if plural or noun in _UNCOUNTABLE:
        return name
    return f"an {name}" if _VOWEL_SOUND.match(name) and not name.startswith("one ") else f"a {name}"


def sentence(text: str) -> str:
    """Return the text with a capital first letter and a full stop."""
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."


def listing(items: list[str]) -> str:
    """Return `a`, `a and b`, or `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return ", ".join(items[:-1]) + f" and {items[-1]}"


def scene_sentence(scene: Scene) -> str:
    """Return what is seen in a scene and what moves there, as one sentence."""
    return sentence(f"{with_article(scene.name)}, where {scene.motion}")
