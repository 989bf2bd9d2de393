"""Frames are prepared with the numbers of transformers' own video processor."""

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from sparkle.backends.segmentation.edgetam import EDGETAM  # noqa: E402
from sparkle.backends.segmentation.pixels import PixelFormat, PreparedFrames, prepare  # noqa: E402
from sparkle.backends.segmentation.sam3 import SAM3  # noqa: E402

CPU = torch.device("cpu")
SIZES = [(720, 1280), (480, 832), (1280, 720), (301, 199), (64, 50)]


def noise(height, width):
    return np.random.default_rng(height).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_levels_are_those_of_an_antialiased_resize_of_pillow(height, width):
    """Pillow computes the same resize in its own integer arithmetic; the two may round one level apart."""
    frame = noise(height, width)
    levels = prepare(frame, PixelFormat(252, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)), CPU) * 255
    expected = np.asarray(Image.fromarray(frame).resize((252, 252), Image.Resampling.BILINEAR), np.float32)
    assert levels.shape == (3, 252, 252)
    assert np.abs(levels.permute(1, 2, 0).numpy() - expected).max() < 1.01
    assert torch.allclose(levels, levels.round(), atol=1e-3)


@pytest.mark.parametrize("family", [SAM3, EDGETAM], ids=lambda family: family.name)
def test_a_flat_frame_has_the_normalised_level_everywhere(family):
    frame = np.full((30, 40, 3), (255, 51, 0), np.uint8)
    pixels = prepare(frame, PixelFormat(64, family.mean, family.deviation), CPU)
    expected = (np.array([1.0, 0.2, 0.0]) - family.mean) / family.deviation
    assert np.allclose(pixels.amin((1, 2)), expected, atol=1e-5)
    assert np.allclose(pixels.amax((1, 2)), expected, atol=1e-5)


@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize("family", [SAM3, EDGETAM], ids=lambda family: family.name)
def test_pixels_equal_those_of_the_video_processor(family, height, width):
    """On the CPU the processor resizes in integers, which may round one level apart; on a GPU it does as we do."""
    pytest.importorskip("torchvision", exc_type=ImportError)
    from transformers import Sam2VideoVideoProcessor
    from transformers.image_utils import SizeDict

    normalisation = {"image_mean": family.mean, "image_std": family.deviation}
    processor = Sam2VideoVideoProcessor(size={"height": 336, "width": 336}, **normalisation)
    frames = np.stack([noise(height, width), noise(height, width)[::-1]])
    pixels = PixelFormat(336, family.mean, family.deviation)
    prepared = torch.stack(list(PreparedFrames(frames, pixels, CPU, torch.float32)))

    on_cpu = processor(videos=frames, return_tensors="pt").pixel_values_videos[0]
    one_level = 1 / 255 / min(family.deviation)
    assert (prepared - on_cpu).abs().max() < 1.01 * one_level

    levels = torch.from_numpy(frames).permute(0, 3, 1, 2).float()
    square = processor.resize(levels, SizeDict(height=336, width=336), processor.resample).round()
    as_on_gpu = processor.rescale_and_normalize(
        square, do_rescale=True, rescale_factor=1 / 255, do_normalize=True, **normalisation
    )
    assert torch.allclose(prepared, as_on_gpu, atol=1e-5)
