import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkle.stages.synthesize import scored_frame_indices


def test_the_published_frames_are_scored() -> None:
    assert scored_frame_indices(81) == [1, 26, 51, 76]


@pytest.mark.parametrize("frames", [2, 3, 4, 5, 6])
def test_one_frame_of_a_short_clip_is_one_that_there_is(frames: int) -> None:
    assert scored_frame_indices(frames, 1) == [1]


@given(st.integers(2, 500), st.integers(1, 8))
def test_scored_frames_are_inside_without_frame_0_and_increase(frames: int, count: int) -> None:
    indices = scored_frame_indices(frames, count)
    assert 1 <= len(indices) <= count
    assert indices == sorted(set(indices))
    assert indices[0] >= 1
    assert indices[-1] < frames


@pytest.mark.parametrize("frames", [69, 73])
def test_the_other_published_lengths_have_four_frames(frames: int) -> None:
    assert len(scored_frame_indices(frames)) == 4
