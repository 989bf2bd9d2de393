from dataclasses import replace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytest.importorskip("ftfy")

from tests.tiny_models.wan import save_wan_vace  # noqa: E402

from sparkle.backends.diffusion.wan_vace import WanVACE, made_pixels, vace_video  # noqa: E402
from sparkle.core.errors import SetupError  # noqa: E402
from sparkle.roles import Frames, GenerationRequest  # noqa: E402

CPU: dict[str, Any] = {"device": "cpu", "dtype": "float32", "steps": 2}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_wan_vace(tmp_path_factory.mktemp("wan_vace")))


@pytest.fixture(scope="module")
def generator(checkpoint: str) -> WanVACE:
    return WanVACE(model=checkpoint, **CPU)


def generation_request(frames: int = 6, height: int = 40, width: int = 70) -> GenerationRequest:
    random = np.random.default_rng(0)
    source = random.integers(0, 256, (frames, height, width, 3), dtype=np.uint8)
    mask = np.zeros((frames, height, width), bool)
    mask[:, 8:, 20:50] = True
    control = np.where(random.random(mask.shape) > 0.9, 255, 0).astype(np.uint8)
    return GenerationRequest(
        first_frame=random.integers(0, 256, source.shape[1:], dtype=np.uint8),
        control=control,
        instruction="put the subject on a beach",
        source=source,
        clean_background=source[0],
        background=None,
        mask=mask,
        confidence=mask.astype(np.float32),
        fps=16.0,
        seed=3,
    )


def different(one: Frames, other: Frames) -> float:
    """Return the share of values that differ by more than rounding does."""
    return float((np.abs(one.astype(int) - other) > 1).mean())


@pytest.mark.parametrize(("frames", "height", "width"), [(5, 32, 48), (6, 40, 70), (2, 50, 34)])
def test_the_result_has_the_sources_shape(generator: WanVACE, frames: int, height: int, width: int) -> None:
    video = generator(generation_request(frames, height, width))
    assert video.shape == (frames, height, width, 3)
    assert video.dtype == np.uint8


def test_same_request_same_video_and_everything_that_guides_counts(generator: WanVACE) -> None:
    request = generation_request()
    video = generator(request)
    np.testing.assert_array_equal(video, generator(request))
    assert different(video, generator(replace(request, seed=4))) > 0.3
    assert different(video, generator(replace(request, instruction="in space"))) > 0.01
    assert different(video, generator(replace(request, control=255 - request.control))) > 0.01
    assert different(video, generator(replace(request, first_frame=255 - request.first_frame))) > 0.01


def test_the_source_and_the_mask_count_only_when_the_subject_is_kept(
    checkpoint: str, generator: WanVACE
) -> None:
    keeping = WanVACE(model=checkpoint, keep_subject=True, subject_margin=2, **CPU)
    request = generation_request()
    for changed in (replace(request, source=255 - request.source), replace(request, mask=~request.mask)):
        np.testing.assert_array_equal(generator(request), generator(changed))
        assert not np.array_equal(keeping(request), keeping(changed))


def test_all_but_the_first_frame_is_made_after_a_black_on_white_drawing() -> None:
    request = generation_request()
    made = made_pixels(request.mask, margin=None)
    assert not made[0].any()
    assert made[1:].all()
    video = vace_video(request, made)
    np.testing.assert_array_equal(video[0], request.first_frame)
    np.testing.assert_array_equal(video[1:, ..., 0], 255 - request.control[1:])


def test_a_kept_subject_is_known_but_for_its_border() -> None:
    request = generation_request()
    made = made_pixels(request.mask, margin=3)
    assert not made[0].any()
    assert made[1:][~request.mask[1:]].all()
    assert made[1, 20, 20:23].all()
    assert not made[1, 20, 23:47].any()
    assert made[1, 20, 47:50].all()
    video = vace_video(request, made)
    np.testing.assert_array_equal(video[1, 20, 23:47], request.source[1, 20, 23:47])
    np.testing.assert_array_equal(video[1, 20, 20:23, 0], 255 - request.control[1, 20, 20:23])


def test_a_missing_model_says_how_to_get_it() -> None:
    with pytest.raises(SetupError, match="sparkle models fetch"):
        WanVACE(model="Wan-AI/no-such-model", **CPU)(generation_request())
