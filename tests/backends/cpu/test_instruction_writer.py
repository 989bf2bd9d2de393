"""Instructions ask for the scene and its motion in varied sentences; descriptions say what was measured."""

import re

import numpy as np
import pytest

from sparkle.backends.cpu.instruction_writer import InstructionWriter
from sparkle.core.scene import Scene
from sparkle.taxonomy import load_taxonomy
from sparkle.words.phrases import with_article

WRITER = InstructionWriter()
SCENES = [scene for subthemes in load_taxonomy().values() for part in subthemes.values() for scene in part]


def test_every_instruction_names_its_scene_and_its_motion():
    for seed, scene in enumerate(SCENES):
        text = WRITER.write("", scene, seed)
        assert scene.name.lower() in text.lower()
        assert scene.motion.lower() in text.lower()


def test_season_and_time_of_day_are_said_in_plain_words():
    for seed, scene in enumerate(SCENES):
        if scene.theme in ("season", "time"):
            moment = "broad daylight" if scene.subtheme == "day" else scene.subtheme
            assert moment in WRITER.write("", scene, seed).lower()


def test_every_instruction_is_one_or_two_clean_sentences():
    for scene in SCENES:
        for seed in range(12):
            text = WRITER.write("", scene, seed)
            assert 1 <= len(re.findall(r"[.!?](?:\s|$)", text)) <= 2, text
            assert all(part[0].isupper() for part in text.split(". ")), text
            assert not re.search(
                r"\s\s|[{}]|\.\.|,,|\ba a|\ba [aeio](?!ne )|\ban [bcdfgjkmpqrstvwxz]", text
            ), text


def test_each_theme_has_at_least_eight_ways_to_ask():
    for theme in load_taxonomy():
        scene = Scene(theme, "dusk", "mountain lake", "ripples spread")
        assert len({WRITER.write("", scene, seed) for seed in range(300)}) >= 8


def test_same_seed_writes_the_same():
    assert [WRITER.write("a", SCENES[0], seed) for seed in range(20)] == [
        WRITER.write("b", SCENES[0], seed) for seed in range(20)
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("open prairie with tall grass waving", "an open prairie with tall grass waving"),
        ("vineyard rows with rustling leaves", "vineyard rows with rustling leaves"),
        ("silhouette lighting against fading sun", "silhouette lighting against fading sun"),
        ("bright noon at a desert oasis", "bright noon at a desert oasis"),
        ("desert oasis", "a desert oasis"),
        ("the inside of a train", "the inside of a train"),
        ("hour glass", "an hour glass"),
        ("universe of stars", "a universe of stars"),
        ("underwater reef", "an underwater reef"),
    ],
)
def test_article(name: str, expected: str):
    assert with_article(name) == expected


def picture(colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((90, 160, 3), colour, dtype=np.uint8)


@pytest.mark.parametrize(
    ("colour", "words"),
    [
        ((5, 5, 8), ("very dark", "black", "may be indoors")),
        ((200, 225, 255), ("bright", "blue", "cool", "may be outdoors: 100%")),
        ((30, 110, 40), ("dim", "green", "may be outdoors: 100% of the picture is green")),
        ((240, 150, 60), ("bright", "orange", "warm", "0% of the upper third")),
    ],
)
def test_description_says_what_was_measured(colour: tuple[int, int, int], words: tuple[str, ...]):
    text = WRITER.describe(picture(colour))
    assert all(word in text for word in words), text
    assert text[0].isupper()
    assert text.endswith(".")


def test_description_tells_busy_from_smooth():
    noise = np.random.default_rng(0).integers(0, 255, (90, 160, 3), dtype=np.uint8)
    assert "busy" in WRITER.describe(noise)
    assert "smooth" in WRITER.describe(picture((90, 90, 90)))
