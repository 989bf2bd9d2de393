"""Which frames of a clip the camera check looks at, and which of them it compares.

Two frames a second see slow travel, but a tremble can hide between them (4 Hz looks still at 2 fps). So each moment
is a burst: a leading frame and one more, 1/16 or 1/8 of a second later.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

FRAME_WIDTH = 320  # pixels; the settings were calibrated on frames of this width
BURST_OFFSETS_S = (1 / 16, 1 / 8)
BURST_SPAN_S = 0.2


def sampling_bursts(duration_s: float, rate: float = 2.0) -> list[list[float]]:
    """Return the bursts of moments in seconds, rising, of the frames that `check_camera` wants.

    The leading frames stand in the middle of each 1/rate seconds: the first frames of generated clips often jump in
    colour. A clip too short for two moments gives its first and last quarter.
    """
    count = int(duration_s * rate)
    if count < 2:
        return [[duration_s * 0.25], [duration_s * 0.75]]
    leaders = [(index + 0.5) * duration_s / count for index in range(count)]
    return [[time, time + BURST_OFFSETS_S[index % 2]] for index, time in enumerate(leaders)]


def sampling_times(duration_s: float, rate: float = 2.0) -> list[float]:
    """Return the moments of `sampling_bursts` in one list, ascending; hand over the frames nearest to them."""
    return [time for burst in sampling_bursts(duration_s, rate) for time in burst]


def bursts(times: Sequence[float]) -> list[list[int]]:
    """Group frame indices whose times lie within 0.2 s of the group's first; the first of each group leads it."""
    groups: list[list[int]] = []
    for index, time in enumerate(times):
        if groups and time - times[groups[-1][0]] <= BURST_SPAN_S:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def comparison_pairs(times: Sequence[float]) -> list[tuple[int, int]]:
    """Return the pairs of frame indices to compare: few enough to stay linear in the number of frames.

    Every leading frame is compared with the next and with the first one, every second one with the last (slow travel
    adds up only between frames far apart); every frame of a burst is compared with its leader.
    """
    groups = bursts(times)
    leaders = [group[0] for group in groups]
    pairs = dict.fromkeys(pairwise(leaders))
    for reference, compared in ((leaders[0], leaders), (leaders[-1], leaders[::2])):
        others = [leader for leader in compared if leader != reference and (leader, reference) not in pairs]
        pairs.update(dict.fromkeys((reference, leader) for leader in others))
    pairs.update(dict.fromkeys((group[0], member) for group in groups for member in group[1:]))
    return list(pairs)
