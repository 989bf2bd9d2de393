"""What a reading of an instruction comes to, for people: what was understood, what was not, what is a guess."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache

from sparkle.config import read_document
from sparkle.core.scene import Scene
from sparkle.painter.places import PLACES
from sparkle.painter.plan import ScenePlan
from sparkle.painter.words import decided, known_words, plan_scene, set_aside, unwanted
from sparkle.store import packaged_text
from sparkle.words.motion import moving_words


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of the words of an instruction: the plan, words that nothing was made of, things that are not
    wanted, and what the plan has of its own accord ("hour: day")."""

    plan: ScenePlan
    ignored: tuple[str, ...]
    unwanted: tuple[str, ...]
    guesses: tuple[str, ...]


def read(text: str, scene: Scene | None = None) -> Reading:
    """Read an instruction as `plan_scene` does, and say what was and what was not understood. Never fails."""
    plan = plan_scene(text, scene)
    described = set_aside(text)
    known = known_words(described) | moving_words(described)
    ignored = tuple(word for word in telling_words(described) if word not in known)
    return Reading(
        plan, ignored, tuple(unwanted(text)), tuple(_guesses(plan, described)) if scene is None else ()
    )


def telling_words(text: str) -> tuple[str, ...]:
    """Return the lower-case words of a text that describe a place, each once: none of grammar or of the request."""
    words = dict.fromkeys(re.findall(r"[^\W\d_][\w'-]*", text.lower()))
    return tuple(word for word in words if word not in _empty())


@cache
def _empty() -> frozenset[str]:
    content = read_document(packaged_text(__package__, "empty_words.yaml"), "empty_words.yaml")
    return frozenset(content["words"].split())


def nearest_words(words: tuple[str, ...], count: int = 3) -> list[str]:
    """Return names of places and things that are spelled as some of `words` are, the nearest first."""
    names = {**dict.fromkeys(spoken_words()), **dict.fromkeys(PLACES)}
    near = [close for word in words for close in difflib.get_close_matches(word, names, count, 0.7)]
    return list(dict.fromkeys(near))[:count]


@cache
def spoken_words() -> dict[str, str]:
    """Return every word that calls a place, as it is said, and the place."""
    return {word: place.name for place in PLACES.values() for word in spoken(place.words)}


def spoken(patterns: str) -> list[str]:
    """Return the words of a regular expression of places.yaml or words.yaml as one says them, each alternative once."""
    return list(dict.fromkeys(filter(None, map(_plain, _alternatives(patterns)))))


def _alternatives(patterns: str) -> list[str]:
    parts, depth = [""], 0
    for char in patterns:
        depth += (char == "(") - (char == ")")
        if char == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def _plain(pattern: str) -> str:
    text = re.sub(r"\(\?[!=<][^()]*\)", "", pattern)
    for _ in range(3):  # groups in groups
        text = re.sub(r"\((?:\?:)?[^()]*\)\?", "", text)
        text = re.sub(r"\((?:\?:)?([^()|]*)[^()]*\)(?!\?)", r"\1", text)
    text = re.sub(r"\[(.)[^\]]*\]\??", r"\1", text)
    text = re.sub(r"\\w[+*]", "", text)
    return re.sub(r"\s+", " ", re.sub(r"(\S)\?", "", re.sub(r" \?", " ", text)).replace("-", " ")).strip()


def _guesses(plan: ScenePlan, text: str) -> list[str]:
    known = decided(text)
    said = {"place": plan.setting, "hour": plan.time, "season": plan.season, "weather": plan.weather}
    return [f"{name}: {value}" for name, value in said.items() if name not in known]
