"""A matte from elsewhere is the mask, and nothing is looked for."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.video.tiny_media import write

from sparkle.bait import given_matte
from sparkle.core.errors import SampleError
from sparkle.core.sample import Inputs, Sample
from sparkle.recipes import load_recipe
from sparkle.stages.artifacts import read_user_anchors, read_user_matte
from sparkle.stages.track import mask_checks

SHAPE = (17, 64, 96)
FRAMES = np.zeros((*SHAPE, 3), np.uint8)


def square(count: int = 17) -> NDArray[np.uint8]:
    """White where the subject is: a square that moves two pixels a frame."""
    frames = np.zeros((count, 64, 96, 3), np.uint8)
    for index, frame in enumerate(frames):
        frame[16:48, 8 + 2 * index : 40 + 2 * index] = 255
    return frames


def sample_with(matte: Path) -> Sample:
    return Sample(id="a", theme="season", seed=1, inputs=Inputs("a.mp4", matte=str(matte)))


@pytest.mark.parametrize("kind", ["brightness", "alpha"])
def test_brightness_or_alpha_says_what_is_subject(tmp_path: Path, kind: str) -> None:
    frames = square()
    if kind == "alpha":
        colour = np.full_like(frames, 200)
        path = write(
            tmp_path / "a.mov",
            np.concatenate([colour, frames[..., :1]], -1),
            codec="qtrle",
            pixel_format="argb",
        )
    else:
        path = write(tmp_path / "a.mkv", frames, codec="ffv1", pixel_format="yuv444p")
    matte = read_user_matte(sample_with(path), SHAPE, 16.0)
    assert matte is not None
    assert ((matte > 127) == (frames[..., 0] > 127)).all()
    anchors = read_user_anchors(sample_with(path), FRAMES, 16.0)
    assert [anchor.frame for anchor in anchors] == [0, 8, 16]
    assert [anchor.boxes[0].xyxy for anchor in anchors] == [
        (8 + 2 * frame, 16.0, 40 + 2 * frame, 48.0) for frame in (0, 8, 16)
    ]


def test_a_matte_that_is_short_or_empty_is_refused(tmp_path: Path) -> None:
    short = write(tmp_path / "short.mkv", square(9), codec="ffv1", pixel_format="yuv444p")
    with pytest.raises(SampleError, match=r"short.mkv: the matte has 9 frames at 16 fps, the clip 17"):
        read_user_matte(sample_with(short), SHAPE, 16.0)
    empty = write(tmp_path / "empty.mkv", np.zeros_like(square()), codec="ffv1", pixel_format="yuv444p")
    with pytest.raises(SampleError, match=r"empty.mkv: the matte is empty"):
        read_user_matte(sample_with(empty), SHAPE, 16.0)


def test_no_votes_are_claimed_for_it() -> None:
    names = [check.name for check in mask_checks(given_matte(square()[..., 0]), load_recipe("cpu").track)]
    assert names == ["track.area_minimum", "track.area_maximum"]
