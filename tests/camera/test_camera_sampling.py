"""Which frames are looked at, and which are compared."""

from hypothesis import given
from hypothesis import strategies as st

from sparkle.camera.sampling import bursts, comparison_pairs, sampling_times

DURATIONS = st.floats(min_value=0.1, max_value=120)


@given(DURATIONS)
def test_times_rise_and_lie_within_the_clip(duration_s: float) -> None:
    times = sampling_times(duration_s)
    assert times == sorted(times)
    assert len(set(times)) == len(times) >= 2
    assert times[0] > 0
    assert times[-1] < duration_s


@given(st.floats(min_value=2, max_value=120))
def test_there_are_about_two_moments_a_second_each_with_a_burst(duration_s: float) -> None:
    groups = bursts(sampling_times(duration_s))
    assert len(groups) == int(duration_s * 2)
    assert all(len(group) == 2 for group in groups)


@given(DURATIONS)
def test_pairs_connect_all_frames_and_grow_in_proportion(duration_s: float) -> None:
    times = sampling_times(duration_s)
    pairs = comparison_pairs(times)
    leaders = {group[0] for group in bursts(times)}
    assert {frame for pair in pairs for frame in pair} == set(range(len(times)))
    assert {second for first, second in pairs if first == 0} >= leaders - {0}
    assert len(pairs) <= 2 * len(times)
    assert all(first != second for first, second in pairs)
    assert len({frozenset(pair) for pair in pairs}) == len(pairs)


def test_the_first_and_the_last_moment_are_compared() -> None:
    times = sampling_times(5.0)
    assert (0, bursts(times)[-1][0]) in comparison_pairs(times)


def test_a_clip_given_at_its_full_rate_is_cut_into_bursts() -> None:
    groups = bursts([index / 16 for index in range(81)])
    assert [index for group in groups for index in group] == list(range(81))
    assert max(len(group) for group in groups) <= 4
