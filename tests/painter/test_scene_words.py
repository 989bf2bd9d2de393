"""Reading instructions: what is asked for is found, what is said of the subject or the old scene is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkle.core.scene import Scene
from sparkle.painter import plan_scene
from sparkle.painter.engine.palette import TIMES
from sparkle.painter.places import PLACES
from sparkle.taxonomy.reader import load_taxonomy

SCENES = [scene for theme in load_taxonomy().values() for scenes in theme.values() for scene in scenes]

PLANS: list[tuple[str, dict[str, object]]] = [
    ("put the subject on a windy beach at sunset", {"setting": "beach", "time": "sunset"}),
    (
        "Shift the background to a sunlit vineyard with rows of grapevines stretching into the distance, where golden "
        "light filters through rustling green leaves gently swaying in a warm breeze.",
        {"setting": "vineyard", "time": "golden"},
    ),
    (
        "Replace the background with a classic library study. The desk lamp flickers softly, dust motes float in the "
        "warm light, and a gentle breeze causes the curtains to sway. The subject should remain perfectly still.",
        {"setting": "library", "elements": {"desk lamp", "curtains"}},
    ),
    (
        "Move the subject to a medieval stone-and-timber village setting with cobblestone paths, thatched-roof "
        "cottages, and wooden beams, where warm flickering torchlight casts dancing shadows in the evening air.",
        {"setting": "village", "time": "dusk", "elements": {"torches"}},
    ),
    (
        "Replace the background with a lively tropical beach where waves gently roll in, palm fronds sway in a light "
        "breeze, seagulls fly in the distance, while the foreground character remains still.",
        {"setting": "beach", "elements": {"palms", "birds"}},
    ),
    ("Place the man in snow-white shirt in a desert at noon", {"setting": "desert", "time": "day", "season": "summer"}),
    ("Put the woman with a forest green jacket on a rooftop overlooking the city at night", {"setting": "skyline"}),
    ("Replace the snowy mountains with a jazz club", {"setting": "club", "season": "summer"}),
    ("Change the background from a beach to a pine forest in fog", {"setting": "forest", "weather": "fog"}),
    ("a frozen lake under northern lights", {"setting": "lake", "time": "night", "season": "winter"}),
    ("film noir alley, rain", {"setting": "alley", "style": "noir", "weather": "rain"}),
    ("a wheat field, in the style of Van Gogh", {"setting": "wheat", "style": "swirls"}),
    ("a quiet street without snow", {"season": "summer"}),
    ("mountain lake with snowy peaks", {"setting": "lake", "season": "summer"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), PLANS)
def test_an_instruction_becomes_the_plan_it_asks_for(text: str, expected: dict[str, object]) -> None:
    plan = plan_scene(text)
    for name, value in expected.items():
        if name == "elements":
            assert isinstance(value, set)
            assert value <= plan.elements, plan.elements
        else:
            assert getattr(plan, name) == value, plan


def test_unknown_words_give_a_landscape_and_say_so() -> None:
    plan = plan_scene("put him in a quux of blorb")
    assert plan.setting == "meadow"
    assert plan.understood == ()


def test_understood_words_stand_in_the_order_of_the_text() -> None:
    assert plan_scene("at sunset, a harbor with sailboats and fog").understood[:2] == ("sunset", "harbor")


@given(st.text(max_size=200))
def test_any_text_gives_a_plan_that_can_be_painted(text: str) -> None:
    plan = plan_scene(text)
    assert plan.setting in PLACES
    assert plan.time in TIMES
    assert 0.2 < PLACES[plan.setting].horizon < 0.8


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.keyword)
def test_every_scene_of_the_taxonomy_is_understood(scene: Scene) -> None:
    plan = plan_scene(f"Put the subject in {scene.name}, where {scene.motion}.", scene)
    assert plan.understood
    assert plan.setting in PLACES
    if scene.subtheme in ("spring", "summer", "autumn", "winter"):
        assert plan.season == scene.subtheme
    if scene.subtheme in ("dawn", "day", "dusk", "night"):
        assert plan.time == scene.subtheme


def test_the_scene_alone_is_enough() -> None:
    scene = Scene("location", "interior", "classic library with tall bookshelves", "a lamp flickers")
    assert plan_scene("", scene).setting == "library"
