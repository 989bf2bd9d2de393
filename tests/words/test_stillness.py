"""One reader tells whether a background is to stand still: for the checks, the benchmark and the animator alike."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkle.backends.cpu.instruction_writer import InstructionWriter
from sparkle.taxonomy import load_taxonomy
from sparkle.words.background import background_words
from sparkle.words.stillness import wants_stillness

STILL = [
    "Put the subject before a still photo of a lake",
    "A still photo of a man who fishes at a lake",
    "a still photo of a beach with waves that roll in",
    "a freeze-frame of a storm",
    "the background should be completely static",
    "The background must not move.",
    "Move the subject to Paris. The background doesn't move.",
    "Keep the background still",
    "make the background static",
    "Keep the subject as it is and the background still",
    "Everything behind the subject stays perfectly still",
    "Everything but the subject is frozen",
    "Nothing moves behind the subject",
    "Only the subject moves",
    "a frozen scene",
    "Move the subject to a still world",
    "Show a beach, everything motionless",
    "Put the subject on a beach without any motion",
    "a city frozen in time",
    "Change the background to a static one",
    "Place the dancer against a static photograph of the Alps.",
    "Swap the room for a motionless backdrop of red velvet.",
    "Use a still image of a harbour as the background.",
    "I want the background to stay completely still.",
    "Turn the background into a painting; nothing in it moves.",
    "A snowy street, but everything is frozen in time.",
    "Replace the background with a library and keep the scene static.",
    "Make the background a frozen frame of an explosion.",
    "A quiet library with no movement at all.",
    "The background remains unmoving throughout the clip.",
    "No motion in the background, please.",
    "Show a forest with zero motion.",
    "The backdrop should be a still, painted one.",
    "Freeze the background.",
]
LIVING = [
    "Waves roll in. The subject should remain perfectly still.",
    "a beach with waves, while the foreground character remains still",
    "The subject in the scene stays still while waves roll",
    "The man stands without any motion before rolling waves",
    "People in the background stay still",
    "a still lake with drifting mist",
    "distillery with copper stills",
    "the background is still moving",
    "not a static image but a street in motion",
    "The background must not be static",
    "Waves instead of a still photo",
    "Replace the static background with rolling waves",
    "Change the still background to a busy street",
    "static shot of waves rolling in",
    "The camera stays still, clouds drift",
    "Rain on a street, no motion blur",
    "Change the background to a frozen waterfall",
    "the background should be a frozen waterfall",
    "Change the background to a frozen landscape where snow falls",
    "a still landscape with drifting clouds",
    "Replace the background with a lake that is still",
    "Keep the subject still.",
    "In this scene the subject stays still.",
    "The landscape is frozen, and snow falls.",
    "Put the man on a frozen lake with skaters.",
    "Change the scene to a still morning at a pond, where mist drifts.",
    "Place the woman in a frozen food aisle while shoppers pass.",
    "A still-life painting with flickering candles.",
    "Replace the frozen tundra with a jungle.",
    "Let the background move; it must not look static.",
    "The dancer freezes while lights flash behind her.",
    "A static caravan park with flags in the wind.",
    "Keep the woman still, and let the waves roll.",
    "The camera remains static and the background shows rolling waves.",
    "A picture gallery with visitors who stroll.",
    "Turn this still scene into a lively market.",
    "A world of ice, with northern lights that dance, and a frozen river.",
    "People freeze in the cold as snow falls.",
    "TV static flickers on old screens.",
    "Everything glows; a stationary train lets out steam.",
    "The scene is never still: traffic streams past.",
    "Keep the camera still. Palm trees sway.",
    "While the background is alive, the subject remains motionless.",
]


@pytest.mark.parametrize("instruction", STILL)
def test_a_still_background_is_understood(instruction: str) -> None:
    assert wants_stillness(instruction)
    assert wants_stillness(instruction.upper())


@pytest.mark.parametrize("instruction", LIVING)
def test_what_else_stands_still_is_another_matter(instruction: str) -> None:
    assert not wants_stillness(instruction)


@pytest.mark.parametrize("instruction", STILL + LIVING)
def test_the_caption_says_what_the_instruction_says(instruction: str) -> None:
    """The checks read the instruction, the animator its caption: a still clip must not be checked for life."""
    assert wants_stillness(background_words(instruction)) == wants_stillness(instruction)


def test_no_scene_of_the_taxonomy_is_taken_for_a_still_picture() -> None:
    writer = InstructionWriter()
    for subthemes in load_taxonomy().values():
        for scene in (scene for scenes in subthemes.values() for scene in scenes):
            for seed in range(20):
                instruction = writer.write("", scene, seed)
                assert not wants_stillness(instruction), instruction


@given(st.text(max_size=300))
def test_any_text_has_an_answer(text: str) -> None:
    assert wants_stillness(text) in (True, False)


def test_long_texts_take_no_time() -> None:
    start = time.process_time()
    for text in (
        "the scene " * 4000,
        "everything " * 4000,
        "only the " * 4000,
        "a" * 50_000,
        "still, " * 4000,
    ):
        wants_stillness(text)
    assert time.process_time() - start < 5
