"""Holes filled by a tiny graph of MI-GAN's inputs and outputs, which paints them grey."""

from pathlib import Path

import numpy as np
import pytest
from tests.backends.onnx.tiny_graphs import bright_is_salient, fills_with_grey, save

from sparkle.backends.onnx.migan import FILE, MiGanRemover
from sparkle.backends.weights import known_models
from sparkle.core.boxes import LabelledBox
from sparkle.core.errors import SetupError
from sparkle.roles import RemovalRequest


def picture(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize(("height", "width"), [(40, 64), (65, 33)])
def test_the_hole_is_the_networks_and_the_rest_stays(height: int, width: int, tmp_path: Path) -> None:
    save(fills_with_grey(), tmp_path / FILE)
    image, hole = picture(height, width), np.zeros((height, width), np.bool_)
    hole[10:30, 5:20] = True
    filled = MiGanRemover(model=str(tmp_path)).fill(image, hole, 7)
    assert (filled.shape, filled.dtype) == (image.shape, np.uint8)
    assert (filled[hole] == 128).all()
    assert (filled[~hole] == image[~hole]).all()


def test_without_a_hole_the_network_is_not_even_opened(tmp_path: Path) -> None:
    image = picture(20, 20)
    empty = np.zeros((20, 20), np.bool_)
    assert (MiGanRemover(model=str(tmp_path)).fill(image, empty, 7) == image).all()


def test_it_removes_what_stands_in_the_boxes(tmp_path: Path) -> None:
    save(fills_with_grey(), tmp_path / FILE)
    frame = np.full((96, 160, 3), (30, 60, 90), np.uint8)
    frame[30:80, 60:90] = (220, 40, 40)
    boxes = (LabelledBox("block", (58.0, 28.0, 92.0, 82.0)),)
    request = RemovalRequest(frame, frame[None], boxes, "Remove the block.", "a beach", None, 7)
    clean = MiGanRemover(model=str(tmp_path))(request)
    assert (clean[35:75, 65:85] == 128).all()
    assert (clean[:20] == frame[:20]).all()


def test_another_network_under_its_name_is_refused(tmp_path: Path) -> None:
    save(bright_is_salient(), tmp_path / FILE)
    hole = np.ones((20, 20), np.bool_)
    with pytest.raises(SetupError, match="another network: input 'image' uint8"):
        MiGanRemover(model=str(tmp_path)).fill(picture(20, 20), hole, 7)


def test_its_card_says_the_licence_of_the_published_file() -> None:
    card = MiGanRemover().card
    assert card.licence == known_models()[card.name]["licence"] == "MIT"
