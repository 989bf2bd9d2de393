"""From the words of an instruction to a ScenePlan. Words about the subject, and what is to go away, are set aside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from sparkle.config import read_document
from sparkle.core.scene import Scene
from sparkle.painter.place import Place
from sparkle.painter.places import PLACES
from sparkle.painter.plan import SEASONS, ScenePlan
from sparkle.store import packaged_text
from sparkle.words.subjects import GARMENTS, SUBJECTS

SUBTHEME_WORDS = {name: name for name in (*SEASONS, "dawn", "sunset", "dusk", "night")} | {"day": "daylight"}
# Where a subtheme leads when the scene's own words say nothing of the place.
SUBTHEME_SETTINGS = {
    "urban": "street",
    "coastal": "beach",
    "interior": "room",
    "landmark": "ruins",
    "wilderness": "forest",
}

CLOTHES = re.compile(
    rf"\b(?:in|with|wearing|and|has|having)\s+(?:an?\s+|the\s+|his\s+|her\s+|their\s+)?(?:[\w'-]+\s+){{0,4}}?{GARMENTS}",
    re.IGNORECASE,
)
SET_ASIDE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:while|and|but|with)?\s*(?:the\s+)?(?:foreground\s+)?{SUBJECTS}\s+(?:should|must|remains?|stays?|keeps?)\b[^.;]*",
        r"\b(?:keep|keeping|leave|preserve|do not change|don't change)\b[^.;]*",
        r"\b(?:instead of|rather than)\s+(?:an?|the)\s+[\w\s'-]+?(?=[,.;]|$)",
        r"\b(?:replace|swap|exchange)\s+(?:out\s+)?(?:the\s+|this\s+)?[^,.;]*?\b(?:with|by|for)\b",
        r"\bfrom\s+(?:an?|the)\s+[^,.;]*?\b(?=to\s+(?:an?|the)\b|into\b)",
    )
)
# "without tall trees or flowers", "not a beach": what is named there is not wanted, up to what goes on about the place.
_ON = (
    r"(?:but|and|or|with|without|no|not|at|in|on|where|under|near|by|before|beside|behind|while|that|which|only|just|as"
    r"|for|to|from|against|during|after|over|above|between|around)"
)
_THING = rf"(?:any\s+|an?\s+|the\s+)?(?!{_ON}\b)[\w'-]+(?:\s+(?!{_ON}\b)[\w'-]+){{0,2}}"
UNWANTED = re.compile(
    rf"\b(?:without|no|free of|not\s+(?:(?:in|on|at)\s+)?(?=an?\b|the\b))\s*\b"
    rf"({_THING}(?:\s*,?\s+(?:and|or|nor)\s+(?!an?\b|the\b){_THING})*)",
    re.IGNORECASE,
)
SUBJECT = re.compile(
    r"^\s*(?:please\s+)?(?:put|place|move|set|bring|transport|relocate|teleport|position|situate|drop|show|have|let|make)\s+"
    r"(?:the\s+|this\s+|a\s+|an\s+)?[^,.;]*?\b"
    r"(?:on|onto|in|into|to|at|against|inside|within|under|beneath|before|beside|by|near|amid|among|amidst|behind|above|atop)\s+"
    r"(?=(?:an?|the|some|front of|warm|cold|deep|dark|open|bright)\b)",
    re.IGNORECASE,
)


Words = tuple[tuple[str, str, float], ...]  # pattern, what it means, weight
_PLACE_WORDS: Words = tuple(
    (pattern, place.name, weight)
    for place in PLACES.values()
    for pattern, weight in ((place.words, place.weight), *((place.faint,) if place.faint else ()))
)


@cache
def vocabulary() -> dict[str, Words]:
    """Read words.yaml: times, seasons, weathers, styles and elements."""
    content = read_document(packaged_text(__package__, "words.yaml"), "words.yaml")
    elements = [(name, words) for entry in content.pop("elements") for name, words in entry.items()]
    known = {
        name: tuple(("|".join(e["words"]), e["means"], float(e["weight"])) for e in entries)
        for name, entries in content.items()
    }
    return {**known, "elements": tuple(("|".join(words), name, 1.0) for name, words in elements)}


@dataclass(frozen=True, slots=True)
class _Match:
    meaning: str
    score: float
    start: int
    word: str


def plan_scene(text: str, scene: Scene | None = None) -> ScenePlan:
    """Read an instruction (and the taxonomy scene that it asks for, if it is known) into a plan.

    Never fails: what no word decides takes a default, and `ScenePlan.understood` says which words were understood;
    whoever paints for a user has to say where none was.
    """
    words = set_aside(text)
    if scene is not None:
        words = f"{scene.name}. {SUBTHEME_WORDS.get(scene.subtheme, '')}. {words}. {scene.motion}"
    setting, time, season, weather, style = (_best(table, words) for table in deciding().values())
    elements = _all(vocabulary()["elements"], words)
    understood = sorted({(m.start, m.word) for m in (setting, time, season, weather, style, *elements) if m})
    fallback = SUBTHEME_SETTINGS.get(scene.subtheme, "meadow") if scene is not None else "meadow"
    place = PLACES[setting.meaning if setting else fallback]
    plan = ScenePlan(
        setting=place.name,
        time=time.meaning if time else _usual_time(place, elements),
        season=season.meaning if season else place.season,
        weather=weather.meaning if weather else "clear",
        style=style.meaning if style else "photo",
        elements=frozenset(m.meaning for m in elements),
        understood=tuple(dict.fromkeys(word for _, word in understood)),
        names_place=setting is not None
        or bool(elements)
        or (scene is not None and scene.subtheme in SUBTHEME_SETTINGS),
        without=_not_wanted(text),
    )
    if scene is not None and scene.subtheme in SUBTHEME_WORDS:
        plan = _obey(plan, scene.subtheme)
    return settle(plan)


def deciding() -> dict[str, Words]:
    """Return the tables of which one match decides: place, hour, season, weather, manner."""
    known = vocabulary()
    names = {"hour": "times", "season": "seasons", "weather": "weathers", "manner": "styles"}
    return {"place": _PLACE_WORDS, **{name: known[table] for name, table in names.items()}}


def decided(words: str) -> frozenset[str]:
    """Return what of place, hour, season, weather and manner the words of a scene decide."""
    return frozenset(name for name, table in deciding().items() if _best(table, words))


def known_words(words: str) -> frozenset[str]:
    """Return the lower-case words that any pattern of the painter matches."""
    return _matched([*deciding().values(), vocabulary()["elements"]], words)


def _matched(tables: Sequence[Words], words: str) -> frozenset[str]:
    found = [each.group() for table in tables for row in table for each in _compiled(row[0]).finditer(words)]
    return frozenset(re.findall(r"[\w'-]+", " ".join(found).lower()))


def moment_words(words: str) -> frozenset[str]:
    """Return the lower-case words that say of a scene when and how it is (hour, season, weather, manner), not what."""
    return _matched([table for name, table in deciding().items() if name != "place"], words)


def place_words(words: str) -> frozenset[str]:
    """Return the lower-case words that call a place."""
    return _matched([_PLACE_WORDS], words)


def unwanted(text: str) -> list[str]:
    """Return what a text says is not wanted, in its own words."""
    asked = without_subject(text)
    return [re.sub(r"^(?:any|an?|the)\s+", "", match.group(1)) for match in UNWANTED.finditer(asked)]


def _not_wanted(text: str) -> frozenset[str]:
    named = ". ".join(unwanted(text))
    return frozenset(match.meaning for match in _all(vocabulary()["elements"], named))


LAMPS = frozenset({"lanterns", "torches", "street lamps", "string lights", "fireflies", "campfire"})


def _usual_time(place: Place, elements: Sequence[_Match]) -> str:
    if any(element.meaning in LAMPS for element in elements):
        return "dusk"
    return place.time


def _obey(plan: ScenePlan, subtheme: str) -> ScenePlan:
    """A subtheme that names a season or an hour has the last word, up to its own finer hours."""
    if subtheme in SEASONS:
        return replace(plan, season=subtheme)
    if subtheme == "sunset":
        return plan if plan.time == "golden" else replace(plan, time="sunset")
    return replace(plan, time=subtheme)


def settle(plan: ScenePlan) -> ScenePlan:
    """Make the plan agree with itself: what a place or a style implies of light and weather."""
    place = PLACES[plan.setting]
    elements = (plan.elements | place.lives) - plan.without
    changes: dict[str, str] = {name: getattr(place, name) for name in place.fixed}
    if "aurora" in elements and plan.time not in ("dawn", "dusk"):
        changes["time"] = "night"
    if plan.weather in place.weathers:
        changes["weather"] = place.weathers[plan.weather]
    if plan.weather in ("snow", "blizzard"):
        changes["season"] = "winter"
    if plan.weather in ("fog", "cloudy") and plan.time == "night" and plan.has("stars", "moon"):
        changes["weather"] = "clear"
    if plan.weather == "storm" and "beams" in elements:
        # Light breaks through: the clouds stay, the gloom goes.
        changes["weather"] = "cloudy"
        changes["time"] = "golden" if plan.time == "day" else plan.time
    return replace(plan, **changes)  # type: ignore[arg-type]


def set_aside(text: str) -> str:
    """Drop what does not describe the new scene: the subject, its clothes, the old background, what is not wanted."""
    return re.sub(r"\s+", " ", UNWANTED.sub(" ", without_subject(text))).strip()


def without_subject(text: str) -> str:
    """Drop the subject, its clothes and the old background; what is not wanted still stands there."""
    # Clothes go first: in "the man in a red shirt on a beach" the first "in" does not lead to the scene.
    dressed = CLOTHES.sub(" ", text)
    scene = SUBJECT.sub(" ", dressed, count=1)
    for pattern in SET_ASIDE:
        scene = pattern.sub(" ", scene)
    return scene


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})(?:e?s)?\b", re.IGNORECASE)


def _best(table: Words, words: str) -> _Match | None:
    """The heaviest match; a later sentence and a later place weigh a little less."""
    found = []
    for pattern, meaning, weight in table:
        match = _compiled(pattern).search(words)
        if match:
            sentence = words.count(". ", 0, match.start())
            late = 0.6 * min(sentence, 2) + 0.002 * match.start()
            found.append(_Match(meaning, weight - late, match.start(), match.group().lower()))
    return max(found, key=lambda match: match.score, default=None)


def _all(table: Words, words: str) -> list[_Match]:
    found = []
    for pattern, meaning, weight in table:
        match = _compiled(pattern).search(words)
        if match:
            found.append(_Match(meaning, weight, match.start(), match.group().lower()))
    return found
