"""Line art with random weights: strict loading, controlnet_aux's sizes, drawings at the frames' own size."""

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.tiny_models.edges import write_tiny_lineart  # noqa: E402

from sparkle.backends import create_backend  # noqa: E402
from sparkle.backends.edges.lineart import FINE, LineArt, at_detect_resolution  # noqa: E402
from sparkle.backends.edges.lineart_generator import load_generator  # noqa: E402
from sparkle.core.errors import SettingsError, SetupError  # noqa: E402

SMALL = {"detect_resolution": 64, "device": "cpu", "dtype": "float32"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_lineart(tmp_path_factory.mktemp("lineart"))


def clip(height, width, count=3):
    return np.random.default_rng(0).integers(0, 256, (count, height, width, 3), np.uint8)


@pytest.mark.parametrize(("height", "width"), [(60, 90), (90, 61), (64, 64), (33, 200)])
def test_drawings_have_the_frames_size(folder, height, width):
    edges = LineArt(model=str(folder), **SMALL)(clip(height, width))
    assert (edges.shape, edges.dtype) == ((3, height, width), np.uint8)
    assert edges.std() > 1


def test_a_drawing_is_the_networks_answer_with_ink_turned_white(folder):
    frames = clip(64, 128, 1)
    generator = load_generator(folder / FINE)
    with torch.inference_mode():
        paper = generator(torch.from_numpy(frames).permute(0, 3, 1, 2) / 255)[0, 0].numpy()
    expected = 255 - (paper * 255).astype(np.uint8)
    assert np.abs(LineArt(model=str(folder), **SMALL)(frames)[0].astype(int) - expected).max() <= 1


def test_frames_drawn_together_are_drawn_as_alone(folder):
    """Instance norm knows nothing of the batch; a batch norm would."""
    frames = clip(64, 96, 5)
    together, alone = (LineArt(model=str(folder), batch=batch, **SMALL)(frames) for batch in (4, 1))
    assert np.abs(together.astype(int) - alone).max() <= 1


def test_the_coarse_checkpoint_draws_other_lines(folder):
    frames = clip(64, 64, 1)
    coarse = LineArt(model=str(folder), coarse=True, **SMALL)
    assert not np.array_equal(coarse(frames), LineArt(model=str(folder), **SMALL)(frames))
    assert coarse.weights[0].files == ("sk_model2.pth",)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((720, 1280), (512, 896)),
        ((480, 832), (512, 896)),
        ((1280, 720), (896, 512)),
        ((512, 512), (512, 512)),
    ],
)
def test_frames_are_drawn_at_the_sizes_of_controlnet_aux(size, expected):
    frame = clip(*size, 1)[0]
    drawn = at_detect_resolution(frame, 512)
    assert drawn.shape == (*expected, 3)
    method = cv2.INTER_LANCZOS4 if min(size) < 512 else cv2.INTER_AREA
    assert np.array_equal(drawn, cv2.resize(frame, expected[::-1], interpolation=method))


def test_missing_and_unexpected_weights_are_named(folder, tmp_path):
    weights = torch.load(folder / FINE, weights_only=True)
    weights["model9.weight"] = weights.pop("model0.1.bias")
    torch.save(weights, tmp_path / FINE)
    with pytest.raises(SetupError, match=r"(?s)model0\.1\.bias.*model9\.weight"):
        load_generator(tmp_path / FINE)


def test_a_weight_of_another_shape_is_named(folder, tmp_path):
    weights = torch.load(folder / FINE, weights_only=True)
    weights["model4.1.bias"] = torch.zeros(3)
    torch.save(weights, tmp_path / FINE)
    with pytest.raises(SetupError, match=r"model4\.1\.bias"):
        load_generator(tmp_path / FINE)


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path):
    (tmp_path / FINE).write_bytes(b"not a checkpoint")
    with pytest.raises(SetupError, match="no checkpoint of the line art network"):
        LineArt(model=str(tmp_path), **SMALL)(clip(64, 64))


@pytest.mark.parametrize("options", [{"detect_resolution": 63}, {"batch": 0}])
def test_impossible_settings_are_refused(options):
    with pytest.raises(SettingsError, match=next(iter(options))):
        LineArt(**options)


def test_release_and_the_next_use_give_the_same(folder):
    lineart = create_backend("edges.lineart", {"model": str(folder), **SMALL})
    before = lineart(clip(40, 50))
    lineart.release()
    assert np.array_equal(lineart(clip(40, 50)), before)
