"""What a caption asks to move, and how much: captions in, motions with a strength and a reason out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sparkle.config import read_document
from sparkle.core.scene import Scene
from sparkle.store import packaged_text
from sparkle.words.clauses import clauses, says_motion
from sparkle.words.stillness import STILL, wants_stillness
from sparkle.words.subjects import names_subject, one_of


@dataclass(frozen=True, slots=True)
class Motion:
    """One thing that moves. `strength` in (0, 1]; `reason` quotes the words, or names what the image affords."""

    kind: str
    strength: float
    reason: str


GENTLE, NORMAL, STRONG = 0.3, 0.55, 0.95
NAMED_ALONE = 0.4  # a noun without a verb of movement

_WORDS: dict[str, Any] = read_document(packaged_text(__package__, "motion.yaml"), "motion.yaml")
KINDS: tuple[str, ...] = tuple(_WORDS["kinds"])
_PATTERNS = tuple(
    (kind, re.compile("|".join(patterns).replace("FALLING", _WORDS["falling"])))
    for kind, patterns in _WORDS["kinds"].items()
)
_GENTLE_WORDS, _STRONG_WORDS, _WIND = (
    re.compile(rf"\b{one_of(_WORDS[name])}\b") for name in ("gentle", "strong", "wind")
)
_STRONG_WIND = re.compile("|".join(_WORDS["strong_wind"]))
_WIND_DRIVEN = frozenset(_WORDS["wind_driven"])
_ABSENT = re.compile(r"\b(?:no|without(?: any)?|never any|free of)\s+(?:\w+\s+)?$")


def motions_of(caption: str, scene: Scene | None = None) -> list[Motion]:
    """List what the caption makes move; the scene's own motion speaks where the caption names none.

    Returns at most one motion per kind; an empty list when nothing is named or stillness is asked for
    (`wants_stillness` tells the two apart).
    """
    if wants_stillness(caption):
        return []
    motions = _named(caption)
    if not motions and scene is not None:
        motions = _named(f"{scene.motion}. {scene.name}")
    return motions


def _named(text: str) -> list[Motion]:
    strong_wind = _STRONG_WIND.search(text.lower())
    found: dict[str, Motion] = {}
    for sentence in re.split(r"[.;!?]", text.lower()):
        for clause in clauses(sentence):
            if names_subject(clause) and STILL.search(clause):
                continue
            for kind, words in _kinds_in(clause):
                strength = _strength(clause, sentence)
                if strong_wind and kind in _WIND_DRIVEN:
                    strength = max(strength, STRONG - 0.05)
                if kind not in found or strength > found[kind].strength:
                    found[kind] = Motion(kind, strength, words)
    if _WIND.search(text.lower()) and not found.keys() & {"grass", "foliage", "curtains", "flags"}:
        strength = STRONG if strong_wind else _strength(text.lower(), text.lower())
        found["foliage"] = Motion("foliage", strength, "wind")
    return [found[kind] for kind in KINDS if kind in found]


def moving_words(text: str) -> frozenset[str]:
    """Return the lower-case words that say what moves, or how: "windy", "waves", "gently", "drift"."""
    patterns = (*(pattern for _, pattern in _PATTERNS), _GENTLE_WORDS, _STRONG_WORDS, _WIND, STILL)
    found = [match.group() for pattern in patterns for match in pattern.finditer(text.lower())]
    words = frozenset(re.findall(r"[\w'-]+", text.lower()))
    return frozenset(re.findall(r"[\w'-]+", " ".join(found))) | {each for each in words if says_motion(each)}


def _kinds_in(clause: str) -> list[tuple[str, str]]:
    hits = []
    for kind, pattern in _PATTERNS:
        match = pattern.search(clause)
        if match and not _ABSENT.search(clause[: match.start()]):
            hits.append((kind, match.group().strip()))
    return hits


def _strength(clause: str, sentence: str) -> float:
    for text in (clause, sentence):
        gentle, strong = bool(_GENTLE_WORDS.search(text)), bool(_STRONG_WORDS.search(text))
        if gentle and strong:
            return NORMAL
        if gentle or strong:
            return STRONG if strong else GENTLE
    return NORMAL if says_motion(clause) else NAMED_ALONE
