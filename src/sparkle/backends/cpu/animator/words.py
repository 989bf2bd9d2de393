"""What a caption asks to move, and how much: captions in, motions with a strength and a reason out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sparkle.backends.cpu.animator import vocabulary
from sparkle.backends.cpu.animator.vocabulary import GENTLE, NORMAL, STRONG
from sparkle.core.scene import Scene


@dataclass(frozen=True, slots=True)
class Motion:
    """One thing that moves. `strength` in (0, 1]; `reason` quotes the words, or names what the image affords."""

    kind: str
    strength: float
    reason: str


_PATTERNS = tuple((kind, re.compile(pattern)) for kind, pattern in vocabulary.KINDS)
_GENTLE_WORDS, _STRONG_WORDS, _STRONG_WIND, _WIND, _SUBJECT = (
    re.compile(pattern)
    for pattern in (
        vocabulary.GENTLE_WORDS,
        vocabulary.STRONG_WORDS,
        vocabulary.STRONG_WIND,
        vocabulary.WIND_WORDS,
        vocabulary.SUBJECTS,
    )
)
_WIND_DRIVEN = {
    *("clouds", "waves", "ripples", "grass", "foliage", "curtains", "flags"),
    *("petals", "leaves", "snow", "rain", "mist", "smoke", "dust"),
}
_MOVING = re.compile(
    r"\b(?:mov|drift|sway|wav|rustl|flow|roll|flicker|danc|float|fall|rippl|flutter|swirl|blow|billow|shimmer|sparkl"
    r"|twinkl|glint|glisten|rais|ris|fly|flies|soar|pass|glid|crash|lap|surg|stream|shift|puls|blink|flash|tumbl"
    r"|trembl|quiver|stir|breez|wind|crackl|glow|sweep|churn|bob|spin|turn|pour|splash|streak|whirl|slid|creep|curl"
    r"|nod|bend|bow|rock|spread)(?:s|es|ed|ing|ling|ting|ming|ping|y|e|le|les|led|ers?)?\b"
)
_STILLNESS = r"(?:still|motionless|frozen|static|unmoving|immobile|stationary|unchanging)"
_PICTURE = r"(?:photo(?:graph)?|image|picture|frame|shot|background|backdrop|scene|landscape|world)"
_STILL_PICTURE = re.compile(
    rf"\b(?:still|motionless|static|unmoving|immobile|frozen)[- ]{_PICTURE}\b|\bfreeze[- ]?frame\b|\bfrozen in time\b"
    r"|\b(?:no|without(?: any)?|zero) (?:motion|movement|animation)\b|\bnothing (?:at all )?(?:moves|is moving|stirs)\b"
    rf"|\b(?:everything|all(?: things)?|{_PICTURE})\b[^,;]{{0,40}}?\b{_STILLNESS}\b"
    r"(?! (?:lake|water|pond|river|tundra))"
)
_ONLY_STILL = re.compile(
    r"^(?:(?:keep|hold|make|leave|stay|remain|be|is|are|a|the|it|completely|perfectly|absolutely|totally|entirely"
    rf"|very|and|should|must)\s+)*{_STILLNESS}(?:\s+(?:please|throughout|completely|entirely))?$"
)
_ABSENT = re.compile(r"\b(?:no|without(?: any)?|never any|free of)\s+(?:\w+\s+)?$")


def is_still(caption: str) -> bool:
    """Whether the caption asks for a picture that does not move at all.

    A subject that holds still ("the subject should remain perfectly still") and a camera that does are not meant.
    """
    clauses = [clause for clause in _clauses(caption) if not (_SUBJECT.search(clause) or "camera" in clause)]
    if any(_STILL_PICTURE.search(clause) for clause in clauses):
        return True
    only_still = any(_ONLY_STILL.match(clause) for clause in clauses)
    return only_still and not any(_MOVING.search(clause) for clause in clauses)


def motions_of(caption: str, scene: Scene | None = None) -> list[Motion]:
    """List what the caption makes move; the scene's own motion speaks where the caption names none.

    Returns at most one motion per kind; an empty list when nothing is named or stillness is asked for
    (`is_still` tells the two apart).
    """
    if is_still(caption):
        return []
    motions = _named(caption)
    if not motions and scene is not None:
        motions = _named(f"{scene.motion}. {scene.name}")
    return motions


def _named(text: str) -> list[Motion]:
    strong_wind = _STRONG_WIND.search(text.lower())
    found: dict[str, Motion] = {}
    for sentence in re.split(r"[.;!?]", text.lower()):
        for clause in _clauses(sentence):
            if _SUBJECT.search(clause) and re.search(_STILLNESS, clause):
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
    return [found[kind] for kind, _ in vocabulary.KINDS if kind in found]


def _clauses(text: str) -> list[str]:
    parts = re.split(r"[.,;:!?()]|\b(?:while|whereas|as|where|but)\b", text.lower())
    return [part.strip() for part in parts if part.strip()]


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
    return NORMAL if _MOVING.search(clause) else 0.4
