"""A caption keeps what is seen and moves in the background, in the instruction's own words."""

import re
import time

import pytest

from sparkle.backends.cpu.captioner import Captioner
from sparkle.backends.cpu.instruction_writer import InstructionWriter
from sparkle.core.errors import BackendError
from sparkle.core.scene import Scene
from sparkle.taxonomy import load_taxonomy

CAPTION = Captioner()


@pytest.mark.parametrize(
    ("instruction", "caption"),
    [
        ("put the subject on a windy beach at sunset", "A windy beach at sunset."),
        (
            "Shift the background to a sunlit vineyard, where golden light filters through leaves.",
            "A sunlit vineyard, where golden light filters through leaves.",
        ),
        (
            "Replace the background with a study. The lamp flickers. The subject should remain perfectly still.",
            "A study. The lamp flickers.",
        ),
        (
            "Replace the background with a beach where waves roll, while the foreground character remains still.",
            "A beach where waves roll.",
        ),
        ("Put the woman in a red dress on a snowy peak.", "A snowy peak."),
        ("Place the man with a guitar on a stage with flashing lights.", "A stage with flashing lights."),
        (
            "Transport this young woman to Mars, keeping her pose, as dust swirls around her.",
            "Mars, as dust swirls.",
        ),
        ("She dances. Behind her, waves crash on the rocks.", "Waves crash on the rocks."),
        ("Keep the two women as they are, and put a waterfall behind them.", "A waterfall."),
        ("Replace the plain wall behind the man with a bookshelf; dust floats.", "A bookshelf; dust floats."),
        ("Make it autumn behind the subject, with a birch grove.", "Autumn, with a birch grove."),
        ("Change the background to be a jungle", "A jungle."),
        ("Show people walking in a busy market behind the subject.", "People walking in a busy market."),
        ("A misty bamboo forest, leaves falling", "A misty bamboo forest, leaves falling."),
        ("Blur the background.", "Blur the background."),
    ],
)
def test_caption(instruction: str, caption: str):
    assert CAPTION(instruction, None) == caption


@pytest.mark.parametrize(
    ("instruction", "caption"),
    [
        ("Replace the background with a still photo of a lake.", "A still photo of a lake."),
        ("Move the subject to Paris. The background must not move.", "Paris. The background must not move."),
        ("Keep the background still. The man keeps waving.", "Keep the background still."),
        (
            "The background should be a still photo; the subject moves.",
            "The background should be a still photo.",
        ),
    ],
)
def test_wish_for_a_still_background_stays(instruction: str, caption: str):
    assert CAPTION(instruction, None) == caption


def test_captions_of_written_instructions_keep_scene_and_motion_and_lose_the_subject():
    writer = InstructionWriter()
    for subthemes in load_taxonomy().values():
        for scenes in subthemes.values():
            for scene in scenes:
                for seed in range(10):
                    caption = CAPTION(writer.write("", scene, seed), scene).lower()
                    assert scene.name.lower() in caption
                    assert scene.motion.lower() in caption
                    assert not re.search(r"\bsubject\b|\bbackground\b|^(to|into|with)\b", caption), caption


def test_instruction_about_the_subject_alone_falls_back_to_the_scene():
    scene = Scene("location", "rural", "open prairie", "tall grass sways")
    assert CAPTION("The man waves.", scene) == "An open prairie, where tall grass sways."
    with pytest.raises(BackendError, match="names no background"):
        CAPTION("The man waves.", None)
    with pytest.raises(BackendError, match="names no background"):
        CAPTION("Replace the background.", None)


def test_long_and_odd_instructions_take_no_time():
    start = time.process_time()
    for text in (
        "the " * 5000,
        "put the subject " * 2000,
        "a" * 50_000,
        ", while the man " * 2000,
        "🌊 — «plage» " * 900,
    ):
        CAPTION(text + " on a beach", Scene("location", "coastal", "beach", "waves roll"))
    assert time.process_time() - start < 5
