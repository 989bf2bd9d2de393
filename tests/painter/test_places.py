"""The records of the places: every place can be called, agrees with the taxonomy, and a wrong key is refused."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files

import pytest

from sparkle.painter import ScenePlan, paint, plan_scene
from sparkle.painter.engine.palette import TIMES
from sparkle.painter.engine.weather import WEATHERS
from sparkle.painter.picture import prepare
from sparkle.painter.places import PLACES
from sparkle.painter.plan import SEASONS, PlanError
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
    text = (files("sparkle.painter.places") / "places.yaml").read_text(encoding="utf-8")
    assert text.count("{draw: ") == len(PLACES)


def test_no_fog_of_the_weather_comes_into_a_room() -> None:
    foggy = [
        prepare(ScenePlan(name, weather="fog"), 16, 9, 1).light.haze_per_km for name in ("library", "street")
    ]
    assert foggy[0] == 0
    assert foggy[1] > 1
