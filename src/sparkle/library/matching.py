"""Which entries of a library an instruction means: by its words, and by the places that the painter knows of them.

"Put her at the seaside" means an entry that says "beach", since both words call the same place. An hour, a season
or the weather chooses among entries that show what was asked for; alone it chooses none.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sparkle.core.own_background import LibraryEntry
from sparkle.painter.plan import ScenePlan
from sparkle.painter.reading import telling_words
from sparkle.painter.words import (
    decided,
    known_words,
    moment_words,
    place_words,
    plan_scene,
    set_aside,
    unwanted,
)
from sparkle.words.background import background_words
from sparkle.words.motion import moving_words

SAME_PLACE = 3.0
SAME_THING = 1.0
SAME_MOMENT, OTHER_MOMENT = 0.5, -0.5  # each of hour, season, weather, manner
_MOMENTS = {"hour": "time", "season": "season", "weather": "weather", "manner": "style"}


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that an instruction may mean, how well, and the words that say so."""

    entry: LibraryEntry
    score: float
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """What a text says: the painter's plan of it, what of the plan it really says, its words for things, and those of
    them that call a place."""

    plan: ScenePlan
    said: frozenset[str]
    things: frozenset[str]
    places: frozenset[str]


def best_matches(entries: Sequence[LibraryEntry], instruction: str) -> list[Match]:
    """Return the entries that an instruction means best, all of one score; none where nothing of it is there.

    What it does not want ("without people") is in none of them.
    """
    asked = _read(_described(instruction))
    not_wanted = {_stem(word) for phrase in unwanted(instruction) for word in telling_words(phrase)}
    found = [
        match
        for entry in entries
        if not not_wanted & _read(entry.caption).things and (match := _match(entry, asked)) is not None
    ]
    best = max((match.score for match in found), default=0.0)
    return [match for match in found if match.score == best]


def nearest_entries(entries: Sequence[LibraryEntry], instruction: str, count: int = 4) -> list[LibraryEntry]:
    """Return entries whose words are spelled as some of the instruction are, then others, `count` of them."""
    by_word = {word: entry for entry in reversed(entries) for word in telling_words(entry.caption)}
    words = telling_words(_described(instruction))
    near = [by_word[close] for word in words for close in difflib.get_close_matches(word, by_word, 2, 0.6)]
    return list(dict.fromkeys([*near, *entries]))[:count]


def _described(instruction: str) -> str:
    """Return what an instruction says of the new place, without the subject and without what is not wanted."""
    return set_aside(background_words(instruction) or instruction)


def _match(entry: LibraryEntry, asked: _Read) -> Match | None:
    shows = _read(entry.caption)
    shared = sorted(asked.things & shows.things)
    same_place = "place" in asked.said & shows.said and asked.plan.setting == shows.plan.setting
    elsewhere = "place" in asked.said & shows.said and not same_place and not asked.places & shows.places
    if elsewhere or not (shared or same_place):
        return None
    score = SAME_PLACE * same_place + SAME_THING * len(shared)
    because = [asked.plan.setting] if same_place else []
    for name, field in _MOMENTS.items():
        if name in asked.said & shows.said:
            same = getattr(asked.plan, field) == getattr(shows.plan, field)
            score += SAME_MOMENT if same else OTHER_MOMENT
            because += [getattr(asked.plan, field)] if same else []
    return Match(entry, score, tuple(dict.fromkeys([*because, *shared])))


@lru_cache(maxsize=100_000)
def _read(text: str) -> _Read:
    not_things = moment_words(text) | (
        moving_words(text) - known_words(text)
    )  # waves are things, "gently" is none
    things = frozenset(_stem(word) for word in telling_words(text) if word not in not_things)
    places = things & {_stem(word) for word in place_words(text)}
    return _Read(plan_scene(text), decided(text), things, places)


def _stem(word: str) -> str:
    """Return a noun without its plural."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
