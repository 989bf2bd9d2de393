import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkle.bait import anchor_frames


def test_published_clips_get_an_anchor_every_half_second():
    assert anchor_frames(81, 16.0) == list(range(0, 81, 8))


@given(st.integers(1, 400), st.floats(1, 120), st.floats(0.1, 200))
def test_anchors_are_ordered_inside_the_clip_and_evenly_spaced(frame_count, fps, rate):
    frames = anchor_frames(frame_count, fps, rate)
    assert frames[0] == 0
    assert frames == sorted(set(frames))
    assert frames[-1] < frame_count
    step = max(1.0, fps / rate)
    assert frame_count - 1 - frames[-1] <= step + 1
    assert all(abs(frame - index * step) <= 0.5 + 1e-6 for index, frame in enumerate(frames))


@pytest.mark.parametrize("arguments", [(0, 16.0, 2.0), (10, 0.0, 2.0), (10, 16.0, -1.0)])
def test_a_schedule_of_nothing_is_refused(arguments):
    with pytest.raises(ValueError, match="positive"):
        anchor_frames(*arguments)
