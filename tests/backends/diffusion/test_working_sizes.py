import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from sparkle.backends.diffusion.sizes import (  # noqa: E402
    as_frames,
    extend_sides,
    lengthen,
    working_length,
    working_size,
)
from sparkle.core.errors import BackendError  # noqa: E402


@given(st.integers(128, 4096), st.integers(128, 4096))
def test_no_more_pixels_than_allowed_and_about_the_same_shape(width: int, height: int) -> None:
    size = working_size(width, height, 16, 1024 * 1024)
    extended = extend_sides(np.zeros((1, size[1], size[0]), np.uint8), 16)
    assert extended.size <= 1024 * 1024
    assert size[0] / size[1] == pytest.approx(width / height, rel=16 / min(size))


def test_what_fits_is_not_scaled_and_full_hd_is() -> None:
    assert working_size(1280, 720, 16, 1024 * 1024) == (1280, 720)
    assert working_size(854, 480, 16, 1024 * 1024) == (854, 480)
    assert working_size(1920, 1080, 16, 1024 * 1024) == (1360, 768)


def test_sides_are_extended_by_their_last_row_and_column() -> None:
    clip = np.arange(2 * 3 * 5 * 3, dtype=np.uint8).reshape(2, 3, 5, 3)
    extended = extend_sides(clip, 4)
    assert extended.shape == (2, 4, 8, 3)
    np.testing.assert_array_equal(extended[:, :3, :5], clip)
    np.testing.assert_array_equal(extended[:, 3, :5], clip[:, 2])
    np.testing.assert_array_equal(extended[:, :3, 7], clip[:, :, 4])


@given(st.integers(1, 500))
def test_lengths_are_the_next_that_the_autoencoder_takes(frames: int) -> None:
    length = working_length(frames)
    assert length % 4 == 1
    assert max(frames, 5) <= length <= max(frames + 3, 5)


def test_the_last_frame_is_repeated() -> None:
    assert lengthen(np.arange(3), 5).tolist() == [0, 1, 2, 2, 2]


def test_pixels_are_rounded_and_what_is_no_number_is_refused() -> None:
    video = torch.tensor([0.0, 0.4999, 1.0]).view(1, 3, 1, 1)
    frames = as_frames(video, "model")
    assert frames.shape == (1, 1, 1, 3)
    assert frames.dtype == np.uint8
    assert frames.ravel().tolist() == [0, 127, 255]
    with pytest.raises(BackendError, match="not numbers"):
        as_frames(video * float("nan"), "model")
