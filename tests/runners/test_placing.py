"""A background of one's own lies where it was put, and nothing is added to it."""

from pathlib import Path

import numpy as np
import pytest
from tests.conftest import HEIGHT, SMALL, WIDTH

from sparkle.core.errors import SetupError
from sparkle.core.own_background import Placing
from sparkle.painter.plain import Plain
from sparkle.recipes import load_recipe
from sparkle.runners.edit import edit
from sparkle.runners.no_place import refuse_unplaced
from sparkle.runners.placing import position_of
from sparkle.video import cover, placed, read_image, write_image, write_video


def halves() -> np.ndarray:
    """Red on the left, blue on the right, twice as wide as high."""
    picture = np.zeros((50, 100, 3), np.uint8)
    picture[:, :50, 0], picture[:, 50:, 2] = 255, 255
    return picture


def test_fits_and_positions() -> None:
    left, right = (placed(halves(), (60, 60), Placing("cover", at)) for at in ((0, 500), (1000, 500)))
    assert (left[:, :55, 0] == 255).all()
    assert (right[:, 5:, 2] == 255).all()
    below = placed(halves(), (60, 60), Placing("contain", (500, 1000)))
    assert (below[:30] == 0).all()
    assert (below[31:, 2:28, 0] > 250).all()
    assert (placed(halves(), (60, 60), Placing("stretch"))[:, :28, 0] == 255).all()
    for size in ((61, 33), (33, 61)):
        assert (placed(halves(), size, Placing()) == cover(halves(), size)).all()


@pytest.mark.parametrize("text", ["", "1", "1,2,3", "1001,0", "-1,0", "nan,1"])
def test_positions_that_are_none(text: str) -> None:
    with pytest.raises(SetupError, match="--position"):
        position_of(text)


def test_only_files_are_placed() -> None:
    refuse_unplaced(Path("a.png"), Placing("contain"))
    refuse_unplaced(Plain("blur"), Placing(blur=4))
    refuse_unplaced(None, Placing())
    for background, placing in ((None, Placing(blur=4)), (Plain("blur"), Placing("stretch"))):
        with pytest.raises(SetupError, match="are for --background FILE"):
            refuse_unplaced(background, placing)


def test_nothing_is_added_to_a_picture(clip_file: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    own = np.clip(90 + 60 * rng.random((HEIGHT, WIDTH, 3)), 0, 255).astype(np.uint8)
    write_image(tmp_path / "own.png", own)
    recipe = load_recipe("cpu", list(SMALL))
    edit(clip_file, "a still place", tmp_path / "f/%06d.png", recipe, background=tmp_path / "own.png")
    for path in sorted((tmp_path / "f").glob("*.png")):
        assert (read_image(path)[:20, :30] == own[:20, :30]).all()


def test_a_video_is_placed_too(clip_file: Path, tmp_path: Path) -> None:
    write_video(tmp_path / "own.mp4", np.repeat(halves()[None], 30, axis=0), 30.0)
    recipe = load_recipe("cpu", list(SMALL))
    out, placing = tmp_path / "f/%06d.png", Placing("contain", (500.0, 0.0))
    own = tmp_path / "own.mp4"
    edit(clip_file, "it", out, recipe, background=own, placing=placing, layer="background")
    for path in sorted((tmp_path / "f").glob("*.png")):
        picture = read_image(path)
        assert picture[HEIGHT - 8 :].max() < 12
        assert picture[:60, :60, 0].mean() > 200
