"""Backgrounds that are no place: exact colours, and the clip's own out of focus without a halo of the subject."""

from pathlib import Path

import numpy as np
import pytest
from tests.conftest import SMALL

from sparkle.core.errors import SetupError
from sparkle.painter import read
from sparkle.painter.plain import Plain
from sparkle.recipes import load_recipe
from sparkle.runners.behind import OutOfFocus
from sparkle.runners.edit import edit
from sparkle.runners.no_place import background_of, left_alone
from sparkle.runners.understood import refuse_unknown
from sparkle.video import blurred, read_image


def test_a_blur_takes_nothing_of_the_subject() -> None:
    frame = np.full((120, 200, 3), 60, np.uint8)
    frame[30:, 80:130] = (255, 0, 0)
    share = np.zeros((1, 120, 200), np.float16)
    share[0, 30:, 80:130] = 1
    behind = OutOfFocus(None, 20.0, frame).at([0], frame[None], share)[0]
    assert np.abs(behind.astype(int) - 60).max() <= 1
    halo = blurred(frame, np.ones((120, 200), np.float32), 4.0)
    assert halo[60, 76, 0] > 70  # what a blur of the whole picture would show


@pytest.mark.parametrize("radius", [0.3, 3.0, 30.0, 400.0])
def test_a_blur_of_any_size_keeps_the_light(radius: float) -> None:
    rng = np.random.default_rng(3)
    picture = np.clip(120 + 20 * rng.standard_normal((90, 160, 3)), 0, 255).astype(np.uint8)
    found = blurred(picture, np.ones((90, 160), np.float32), radius)
    assert found.shape == picture.shape
    assert abs(found.mean() - picture.mean()) < 3
    assert found.std() < picture.std() + 3


def test_what_a_background_names(tmp_path: Path) -> None:
    red = tmp_path / "red"
    red.write_bytes(b"")
    assert background_of(str(red), None) == red  # a file goes before a colour of its name
    assert background_of("red", "a beach") == Plain("colour", ((255, 0, 0),))
    assert background_of("none.png", None) == Path("none.png")  # refused by name when it is read
    assert background_of(None, "a beach") is None
    with pytest.raises(SetupError, match="redd: is no file, and none of red"):
        background_of("redd", None)


def test_options_of_the_user_stay() -> None:
    recipe = load_recipe("cpu", ["synthesize.generator.options={shadow: 0.4}"])
    options = left_alone(recipe, Plain("blur")).synthesize.generator.options
    assert options["shadow"] == 0.4
    assert options["relight"] == 0.0
    assert left_alone(recipe, None) is recipe


def test_nothing_understood_is_refused_with_what_is_near() -> None:
    with pytest.raises(SetupError, match=r"near are beach.*sparkle scenes"):
        refuse_unknown("a beech of quux", read("a beech of quux"))
    refuse_unknown("a beach", read("a beach"))


def test_a_screen_has_one_colour(clip_file: Path, tmp_path: Path) -> None:
    recipe = load_recipe("cpu", list(SMALL))
    plain = Plain("colour", ((0, 177, 64),))
    edit(clip_file, "a green screen", tmp_path / "f/%06d.png", recipe, background=plain)
    for path in sorted((tmp_path / "f").glob("*.png")):
        picture = read_image(path)
        assert (picture[:20, :30] == (0, 177, 64)).all()
        assert (picture != (0, 177, 64)).any(axis=2).mean() > 0.05
    blur = Plain("blur")
    with pytest.raises(SetupError, match="a preview is none"):
        edit(clip_file, "blur", tmp_path / "b.mp4", recipe, background=blur, preview=True)
