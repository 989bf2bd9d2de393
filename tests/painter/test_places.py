"""The records of the places: every place can be called, agrees with the taxonomy, and a wrong key is refused."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from importlib.resources import files
from typing import Any

import pytest

from sparkle.painter import ScenePlan, paint, plan_scene
from sparkle.painter.engine.palette import TIMES
from sparkle.painter.engine.weather import WEATHERS
from sparkle.painter.picture import prepare
from sparkle.painter.places import FILES, PLACES
from sparkle.painter.plan import SEASONS, PlanError
from sparkle.painter.scene import CONDITIONS, play, steps_of
from sparkle.painter.styles import STYLES
from sparkle.painter.things.fields import FIELDS
from sparkle.painter.things.pieces import named
from sparkle.painter.words import SUBTHEME_SETTINGS, vocabulary
from sparkle.taxonomy.reader import load_taxonomy

# A plain text that calls each place whose own name calls another.
CALLS = {
    "neon street": "a cyberpunk city",
    "old street": "a cobbled street",
    "square": "a market square",
    "studio": "an art studio",
    "club": "a jazz club",
    "sky": "above the clouds",
    "bridge": "a stone bridge",
}


@pytest.mark.parametrize("name", sorted(PLACES))
def test_words_call_every_place(name: str) -> None:
    plan = plan_scene(CALLS.get(name, name))
    assert plan.setting == name
    assert plan.names_place


@pytest.mark.parametrize("name", sorted(PLACES))
def test_a_record_names_hours_seasons_and_weathers_that_there_are(name: str) -> None:
    place = PLACES[name]
    assert place.time in TIMES
    assert place.season in SEASONS
    assert set(place.weathers.values()) <= WEATHERS.keys()
    assert set(place.fixed) <= {"time", "season"}
    assert 0.2 < place.horizon < 0.8
    assert 1 < place.eye < 100


def test_what_a_place_fixes_no_word_changes() -> None:
    assert plan_scene("a synthwave grid at noon").time == "night"
    assert plan_scene("an ice palace in summer").season == "winter"
    assert plan_scene("a beach at noon").time == "day"


def test_rooms_are_indoors_and_land_is_not() -> None:
    indoors = {name for name, place in PLACES.items() if place.indoors}
    interiors = {plan_scene("", scene).setting for scene in load_taxonomy()["location"]["interior"]}
    assert interiors <= indoors
    assert not indoors & {"beach", "street", "meadow", "castle"}


def test_every_meaning_of_a_word_is_one_that_the_painter_can_paint() -> None:
    known = vocabulary()
    plan = ScenePlan("meadow")
    for field, table in (
        ("time", "times"),
        ("season", "seasons"),
        ("weather", "weathers"),
        ("style", "styles"),
    ):
        for _, meaning, _ in known[table]:
            assert paint(replace(plan, **{field: meaning}), 8, 8, 1).shape == (8, 8, 3)
    assert set(SUBTHEME_SETTINGS.values()) <= PLACES.keys()


@pytest.mark.parametrize("field", ["setting", "time", "season", "weather", "style"])
def test_an_unknown_key_is_an_error_that_names_it(field: str) -> None:
    plan = replace(ScenePlan(), **{field: "bech"})
    with pytest.raises(PlanError, match="'bech'"):
        paint(plan, 32, 18, 1)


def test_the_nearest_known_key_is_suggested() -> None:
    with pytest.raises(PlanError, match="did you mean 'beach'"):
        paint(ScenePlan("bech"), 32, 18, 1)


def test_no_record_hides_another_of_the_same_name() -> None:
    texts = [(files("sparkle.painter.places") / f"{file}.yaml").read_text(encoding="utf-8") for file in FILES]
    assert "".join(texts).count("record: {words: ") == len(PLACES)


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        (["sky", "skye"], "'skye' is no step"),
        ([{"fog": {"strength": 1.0, "at": 0.0, "hight": 0.1}}], "fog: .*height|fog: .*hight"),
        ([{"fog": {"strength": 1.0, "at": 0.0}}], "fog: missing .*'height'"),
        ([{"backdrop": {"height": 900, "snow_line": 0.3}}], "backdrop: .*snow_line"),
        ([{"blades": {"tall": 0.3}}], "blades: .*tall"),
    ],
)
def test_a_step_or_a_setting_that_there_is_not_is_refused(lines: list[Any], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        steps_of(lines)


@pytest.mark.parametrize("text", ["hils 170 26 35", "", "mounds"])
def test_a_name_that_no_table_has_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="begins with none of"):
        named(FIELDS, text)


def _asked(value: Any) -> set[str]:
    """Every condition in the steps of a record."""
    if isinstance(value, dict):
        own = set(value) - {"else"} if "else" in value else set()
        own |= {fact for key in CONDITIONS for fact in value.get(key, ())}
        return own.union(*(_asked(one) for one in value.values()))
    return set().union(*(_asked(one) for one in value)) if isinstance(value, list | tuple) else set()


def test_conditions_ask_for_what_a_plan_can_be() -> None:
    elements = {name for _, name, _ in vocabulary()["elements"]}
    known = elements | {f"without {name}" for name in elements} | {"dark", "snowy", "said medieval"}
    known |= {f"in {season}" for season in SEASONS} | {f"at {time}" for time in TIMES}
    known |= {f"under {weather}" for weather in WEATHERS} | {f"as {style}" for style in STYLES}
    for place in PLACES.values():
        steps = place.draw.keywords["steps"] if isinstance(place.draw, partial) else ()
        assert _asked(list(steps)) <= known, place.name


def test_the_first_condition_that_holds_decides() -> None:
    steps = steps_of(
        [{"ground": {"field": "hills 90 9 9", "cover": {"snowy": "snow", "else": "turf"}, "far": 200}}]
    )
    white, green = (
        prepare(ScenePlan("meadow", season="winter", elements=frozenset(words)), 64, 36, 1)
        for words in (["snow"], [])
    )
    for canvas in (white, green):
        play(canvas, steps)
    assert white.rgb[-9:].mean() > 1.5 * green.rgb[-9:].mean()


def test_no_fog_of_the_weather_comes_into_a_room() -> None:
    foggy = [
        prepare(ScenePlan(name, weather="fog"), 16, 9, 1).light.haze_per_km for name in ("library", "street")
    ]
    assert foggy[0] == 0
    assert foggy[1] > 1
