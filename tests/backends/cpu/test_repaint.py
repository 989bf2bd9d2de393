"""The painter's answer to words that it does not know: an error or a warning, never a meadow without a word."""

import logging

import numpy as np
import pytest

from sparkle.backends.cpu.repaint import new_background
from sparkle.core.errors import BackendError
from sparkle.core.scene import Scene

FRAME = np.zeros((36, 64, 3), np.uint8)


@pytest.mark.parametrize(
    "words",
    [
        "put the subject on the deck of a submarine made of cheese",
        "zxcv qwer",
        "Replace the background with an airport",
        "",
        "潜水艦の甲板",
        "keep the woman on the beach as she is",
    ],
)
def test_words_of_which_none_is_known_are_an_error_that_names_them(words: str) -> None:
    with pytest.raises(BackendError, match="knows no word") as caught:
        new_background(FRAME, words, None, 7, None)
    assert repr(words) in str(caught.value)


def test_a_very_long_instruction_is_quoted_in_part() -> None:
    with pytest.raises(BackendError, match=r"zxcv\w*\.\.\.") as caught:
        new_background(FRAME, "zxcv" * 10_000, None, 7, None)
    assert len(str(caught.value)) < 1000


def test_light_without_a_place_is_painted_and_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    assert new_background(FRAME, "a submarine at night", None, 7, None).shape == FRAME.shape
    assert "submarine" in caplog.text and "meadow" in caplog.text


@pytest.mark.parametrize(
    ("words", "scene"),
    [
        ("a windy beach at sunset", None),
        ("zxcv", Scene("location", "interior", "quiet library", "dust floats")),
    ],
)
def test_a_place_that_is_known_needs_no_warning(
    words: str, scene: Scene | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    new_background(FRAME, words, scene, 7, None)
    assert caplog.text == ""


def test_a_background_of_the_users_own_needs_no_words() -> None:
    own = np.full_like(FRAME, 9)
    assert new_background(FRAME, "zxcv", None, 7, own) is own


def test_one_scene_that_is_asked_for_again_is_painted_once_and_cannot_be_changed() -> None:
    first = new_background(FRAME, "a beach", None, 7, None)
    assert new_background(FRAME, "a beach", None, 7, None) is first
    assert not np.array_equal(new_background(FRAME, "a beach", None, 8, None), first)
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0] = 0
    assert np.array_equal(new_background(FRAME, "a beach", None, 7, None), first)
