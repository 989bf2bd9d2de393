"""Mattes by a tiny graph of MODNet's inputs and outputs, whose matte is the grey level."""

from pathlib import Path

import numpy as np
import pytest
from tests.backends.onnx.tiny_graphs import grey_is_matte, save

from sparkle.backends.onnx.modnet import FILE, ModNet, working_size


@pytest.mark.parametrize(("height", "width"), [(60, 90), (700, 400), (33, 200)])
def test_the_matte_has_the_pictures_size_and_runs_from_0_to_1(
    height: int, width: int, tmp_path: Path
) -> None:
    save(grey_is_matte(), tmp_path / FILE)
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, width // 2 :] = 255
    matte = ModNet(model=str(tmp_path))(picture)
    assert (matte.shape, matte.dtype) == ((height, width), np.float32)
    assert matte[:, : width // 2 - 2].max() < 0.01
    assert matte[:, width // 2 + 2 :].min() > 0.99


@pytest.mark.parametrize(
    ("size", "seen"),
    [
        ((832, 480), (896, 512)),
        ((480, 832), (512, 896)),
        ((512, 512), (512, 512)),
        ((90, 60), (768, 512)),
        ((4000, 100), (1536, 512)),
    ],
)
def test_it_works_at_multiples_of_32_with_a_short_side_of_512(
    size: tuple[int, int], seen: tuple[int, int]
) -> None:
    assert working_size(*size) == seen
