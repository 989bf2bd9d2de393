from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sparkle.video.decoding import Span, TimedFrame, shown_for_s
from sparkle.video.timeline import constant_rate, shown_at


def timed(times: list[float], interval: float) -> Iterator[TimedFrame]:
    for index, time in enumerate(times):
        frame: Any = SimpleNamespace(number=index)
        yield TimedFrame(Span(time, time + interval), frame)


def resample(times: list[float], source_fps: float, fps: float) -> list[int]:
    frames = constant_rate(timed(times, 1 / source_fps), source_fps, fps)
    return [frame.number for frame in frames]  # type: ignore[attr-defined]


@given(st.integers(1, 200), st.sampled_from([12.0, 15.0, 16.0, 23.976, 25.0, 29.97, 30.0, 60.0]), st.data())
def test_equal_rates_take_every_frame_once_however_times_were_rounded(
    count: int, fps: float, data: st.DataObject
) -> None:
    jitter = data.draw(st.lists(st.floats(-0.4, 0.4), min_size=count, max_size=count))
    times = [max(index + (shift if index else 0.0), 0.0) / fps for index, shift in enumerate(jitter)]
    assert resample(times, fps, fps) == list(range(count))


def test_millisecond_times_at_sixteen_frames_a_second() -> None:
    assert resample([round(k / 16, 3) for k in range(81)], 16, 16) == list(range(81))


def test_a_slower_source_repeats_frames_and_a_faster_one_leaves_them_out() -> None:
    assert resample([0, 0.125, 0.25], 8, 16) == [0, 0, 1, 1, 2, 2]
    assert resample([k / 32 for k in range(8)], 32, 16) == [0, 2, 4, 6]
    assert resample([k / 40 for k in range(20)], 40, 16) == [0, 3, 5, 8, 10, 13, 15, 18]


@given(st.integers(1, 300), st.floats(5, 120), st.floats(2, 60))
def test_the_length_is_kept(count: int, source_fps: float, fps: float) -> None:
    frames = resample([k / source_fps for k in range(count)], source_fps, fps)
    assert abs(len(frames) / fps - count / source_fps) <= 1 / fps + 1e-6
    assert frames[0] == 0
    assert frames == sorted(frames)


def test_pauses_of_a_variable_rate_last_as_long_as_they_lasted() -> None:
    assert resample([0, 0.1, 0.2, 1.0, 1.1], 10, 10) == [0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 4]


def test_nothing_is_taken_behind_the_last_moment() -> None:
    source = timed([k / 10 for k in range(100)], 0.1)
    assert [frame.number for frame in shown_at(source, [0.0, 0.5], 0.0)] == [0, 5]  # type: ignore[attr-defined]
    assert next(source).frame.number == 7  # type: ignore[attr-defined]


def test_a_last_frame_that_is_a_pause_lasts_as_long_as_it_says() -> None:
    assert shown_for_s(1600, 0.001, 0.1) == 1.6
    assert shown_for_s(130, 0.001, 0.1) == 0.1
    assert shown_for_s(None, 0.001, 0.1) == 0.1
