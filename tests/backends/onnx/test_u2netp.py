"""Salient objects by a tiny graph of U2-Netp's inputs and outputs; by the real one where it has been fetched."""

from pathlib import Path

import numpy as np
import pytest
from tests.backends.onnx.tiny_graphs import bright_is_salient, save

from sparkle.backends.onnx.network_files import NetworkFiles
from sparkle.backends.onnx.u2netp import FILE, U2Netp
from sparkle.core.usage import collect_usage


@pytest.fixture
def tiny(tmp_path: Path) -> U2Netp:
    save(bright_is_salient(), tmp_path / FILE)
    return U2Netp(model=str(tmp_path))


def disc(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[:height, :width]
    inside = np.hypot(x - width * 0.4, y - height * 0.55) < 0.25 * min(height, width)
    picture = np.where(inside[..., None], (230, 90, 60), (70, 90, 80)).astype(np.uint8)
    return picture, inside


@pytest.mark.parametrize(("height", "width"), [(48, 64), (720, 500), (1, 1)])
def test_the_map_has_the_pictures_size_and_lies_where_the_object_is(
    height: int, width: int, tiny: U2Netp
) -> None:
    picture, inside = disc(height, width)
    salient = tiny(picture)
    assert (salient.shape, salient.dtype) == ((height, width), np.float32)
    assert 0 <= salient.min() <= salient.max() <= 1
    if inside.any() and not inside.all():
        assert salient[inside].mean() > salient[~inside].mean() + 0.1


def test_brightness_is_measured_against_the_pictures_own_white(tiny: U2Netp) -> None:
    picture, _ = disc(60, 80)
    assert np.allclose(tiny(picture), tiny(picture // 2), atol=0.02)
    assert tiny(np.zeros((60, 80, 3), np.uint8)).max() < 0.5


def test_its_time_is_counted_and_it_can_be_released(tiny: U2Netp) -> None:
    with collect_usage() as log:
        tiny(np.zeros((40, 60, 3), np.uint8))
    assert [use.name for use in log.entries] == ["salient object"]
    tiny.release()
    tiny(np.zeros((40, 60, 3), np.uint8))


@pytest.mark.skipif(
    not NetworkFiles("u2netp", (FILE,)).is_here(), reason="sparkle models fetch --recipe desk"
)
def test_the_published_network_sees_a_disc_and_not_an_empty_wall() -> None:
    picture, inside = disc(240, 416)
    network = U2Netp()
    seen = network(picture) > 0.5
    assert (seen & inside).sum() / (seen | inside).sum() > 0.9
    assert network(np.full((240, 416, 3), (70, 90, 80), np.uint8)).mean() < 0.5
