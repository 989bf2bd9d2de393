"""What became of an instruction's words: understood, ignored, not wanted, guessed."""

import numpy as np
import pytest

from sparkle.painter import paint, plan_scene, read
from sparkle.painter.places import PLACES
from sparkle.painter.plain import Plain, paint_plain, plain_asked, plain_value
from sparkle.painter.reading import spoken
from sparkle.painter.words import plan_scene as plan_of


def test_a_reading_names_what_was_ignored_and_what_is_a_guess() -> None:
    reading = read("Put the man on a windy beach at sunset with a zeppelin, no palms")
    assert reading.plan.setting == "beach"
    assert reading.ignored == ("zeppelin",)
    assert reading.unwanted == ("palms",)
    assert reading.guesses == ("season: summer", "weather: clear")


@pytest.mark.parametrize(
    ("text", "place", "without"),
    [
        ("a meadow without trees", "meadow", {"trees"}),
        ("a lake, free of boats and without any trees, at dusk", "lake", {"boats", "trees"}),
        ("not a beach but a desert", "desert", set()),
        ("a beach, no clouds", "beach", {"clouds"}),
        ("not in a forest, on a beach with palms", "beach", set()),
    ],
)
def test_what_is_not_wanted(text: str, place: str, without: set[str]) -> None:
    plan = plan_scene(text)
    assert (plan.setting, set(plan.without)) == (place, without)
    assert not plan.elements & without


def test_nothing_is_painted_of_what_is_not_wanted() -> None:
    """Without trees the rest of the picture is as it was: they are left out, and nothing else is drawn."""
    with_trees, bare = (
        paint(plan_scene(text), 208, 120, 7) for text in ("a meadow", "a meadow without trees")
    )
    changed = (np.abs(with_trees.astype(int) - bare) > 12).any(axis=2)
    assert 0.01 < changed.mean() < 0.5
    assert changed[90:].mean() < changed[40:80].mean()
    # The boughs that frame a park hang from trees.
    park, bare_park = (paint(plan_scene(text), 208, 120, 7) for text in ("a park", "a park without trees"))
    leaves, none = (
        (np.diff(picture[:30, :40].astype(int), axis=2) * (1, -1) > 8).all(axis=2).mean()
        for picture in (park, bare_park)
    )
    assert leaves > 0.2
    assert none < 0.01
    clear = paint(plan_scene("a beach without clouds"), 208, 120, 7)[:40].astype(float)
    cloudy = paint(plan_scene("a beach"), 208, 120, 7)[:40].astype(float)
    assert clear.std(axis=1).mean() < 0.7 * cloudy.std(axis=1).mean()  # a row of clear sky is of one colour


@pytest.mark.parametrize("name", PLACES)
def test_every_word_that_is_listed_calls_its_place(name: str) -> None:
    for word in spoken(PLACES[name].words):
        found = plan_of(word)
        assert found.understood, word
    assert plan_of(spoken(PLACES[name].words)[0]).setting == name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("red", Plain("colour", ((255, 0, 0),))),
        ("#0f0", Plain("colour", ((0, 255, 0),))),
        ("Green Screen", Plain("colour", ((0, 177, 64),))),
        ("pale red", Plain("colour", ((255, 127, 127),))),
        ("gradient from navy to white", Plain("gradient", ((0, 0, 128), (255, 255, 255)))),
        ("white studio", Plain("studio", ((255, 255, 255),))),
        ("blur", Plain("blur")),
        ("transparent", Plain("transparent")),
        ("beach", None),
        ("red.png", None),
    ],
)
def test_values_that_are_no_place(text: str, expected: Plain | None) -> None:
    assert plain_value(text) == expected


@pytest.mark.parametrize(
    ("instruction", "kind"),
    [
        ("put the subject before a red background", "colour"),
        ("Replace the background with solid blue.", "colour"),
        ("put her in front of a green screen", "colour"),
        ("put the subject on #00ff00", "colour"),
        ("blur the background", "blur"),
        ("make the background transparent", "transparent"),
        ("a grey studio backdrop", "studio"),
        ("Replace the green screen with a beach", None),
        ("a red wall on a beach", None),
        ("a tropical beach with a blue background", None),
        ("put the woman in red", None),
        ("a red barn in a field", None),
        ("an art studio", None),
    ],
)
def test_instructions_that_ask_for_no_place(instruction: str, kind: str | None) -> None:
    found = plain_asked(instruction)
    assert (found.kind if found else None) == kind


def test_colours_are_exact_and_gradients_have_no_steps() -> None:
    red = paint_plain(Plain("colour", ((200, 10, 30),)), 16, 8)
    assert (red == (200, 10, 30)).all()
    gradient = paint_plain(Plain("gradient", ((0, 0, 0), (40, 40, 40))), 64, 400)
    rows = gradient[..., 0].mean(axis=1)
    assert np.abs(rows - np.linspace(0, 40, 400)).max() < 0.35
    studio = paint_plain(Plain("studio", ((150, 150, 150),)), 160, 90)
    assert studio[38, 80].mean() > studio[5, 5].mean() + 20
    assert studio.max() < 160
