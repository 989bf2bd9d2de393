"""Who an instruction is about has one vocabulary: the captioner, the painter, the animator and --subject read it."""

import pytest

from sparkle.measure.choice import choose_by_words
from sparkle.measure.finder import Candidate
from sparkle.painter import plan_scene
from sparkle.words.background import background_words
from sparkle.words.motion import motions_of
from sparkle.words.stillness import wants_stillness
from sparkle.words.subjects import is_person, names_subject

PEOPLE = ["person", "man", "woman", "kid", "children", "lady", "gentleman", "speaker", "host", "actress", "dancers",
    "player", "singer", "model", "couple", "somebody"]  # fmt: skip
OTHERS = ["dog", "kitten", "horses", "subject", "character", "figure"]
NOBODY = [
    "beach",
    "manor",
    "mandolin",
    "childhood",
    "doghouse",
    "figurine",
    "shed",
    "theme",
    "hostel",
    "remains",
]


@pytest.mark.parametrize("noun", PEOPLE + OTHERS)
def test_every_reader_knows_the_same_subjects(noun: str) -> None:
    assert names_subject(f"the {noun} waves")
    assert background_words(f"Put the {noun} on a beach. Keep the {noun} as before.") == "A beach."
    assert not wants_stillness(f"Waves roll in. The {noun} in the picture stays still.")
    assert "lamp" not in " ".join(plan_scene(f"a beach, and the {noun} should keep the lamps").understood)


def test_a_still_subject_lends_its_words_to_no_motion() -> None:
    assert motions_of("the kid stays still under the trees, waves roll")[0].kind == "waves"
    assert {motion.kind for motion in motions_of("the kid stays still under the trees, waves roll")} == {
        "waves"
    }


@pytest.mark.parametrize("noun", PEOPLE)
def test_people_can_be_chosen_by_any_of_their_names(noun: str) -> None:
    person, ball = (
        Candidate(label, {0: (x, 0.0, x + 10, 20.0)}, 0.9, "for a test")
        for label, x in (("person", 0.0), ("moving object", 30.0))
    )
    assert is_person(noun)
    assert choose_by_words([person, ball], f"the {noun}") == [person]


@pytest.mark.parametrize("noun", OTHERS + NOBODY)
def test_what_is_no_person_is_none(noun: str) -> None:
    assert not is_person(noun)


@pytest.mark.parametrize("noun", NOBODY)
def test_a_word_that_holds_another_names_no_subject(noun: str) -> None:
    assert not names_subject(f"a {noun} by night")


@pytest.mark.parametrize(
    "garment", ["red kimono", "baseball cap", "striped scarf", "pair of boots", "dark hoodie"]
)
def test_what_is_worn_is_no_part_of_the_place(garment: str) -> None:
    instruction = f"Put the woman in a {garment} on a snowy peak."
    assert background_words(instruction) == "A snowy peak."
    assert plan_scene(instruction).names_place
    assert plan_scene(f"Put the woman in a {garment} on a beach").setting == "beach"


def test_a_shop_of_garments_is_a_place() -> None:
    assert background_words("Put the woman in a hat shop.") == "A hat shop."
    assert background_words("Put the woman in a busy shoe store.") == "A busy shoe store."
