"""The packets of a video, read without decoding, and which of them it takes to see certain frames.

They are kept while they are few, so that a file is opened and read once; a long one is opened again to be decoded.
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator
from itertools import pairwise

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from sparkle.video.decoding import (
    Use,
    broken,
    check_reached_end,
    decode_stored,
    has_display_times,
    is_jump,
    may_jump,
    nominal_fps,
    shown_for_s,
    tick_s,
)
from sparkle.video.opening import Deadline, open_video
from sparkle.video.timed import TimedFrame

MOST_KEPT_BYTES = 64 * 2**20


class PacketIndex:
    """The packets of a stream in the order of decoding, as far as they were read.

    Times are in ticks of `tick_s` seconds; `interval_s` is the average time between frames. `kept` are the packets
    themselves, or None where they are more than MOST_KEPT_BYTES.
    """

    def __init__(self, tick_s: float, interval_s: float) -> None:
        self.tick_s = tick_s
        self.interval_s = interval_s
        self.position_of: dict[int, int] = {}
        self.shown: list[int] = []
        self.kept: list[Packet[VideoStream]] | None = []
        self._kept_bytes = 0
        self._times: list[int] = []
        self._is_key: list[bool] = []
        self._last_shown_for_s = interval_s

    def append(self, packet: Packet[VideoStream]) -> None:
        """Take in the next packet, which has a presentation time."""
        time = packet.pts or 0
        self.position_of[time] = len(self._times)
        self._times.append(time)
        self._is_key.append(packet.is_keyframe)
        self._kept_bytes += packet.size
        if self._kept_bytes > MOST_KEPT_BYTES:
            self.kept = None
        if self.kept is not None:
            self.kept.append(packet)
        if not packet.is_discard:  # else an edit list cuts it away
            if not self.shown or time > self.shown[-1]:
                self._last_shown_for_s = shown_for_s(packet.duration, self.tick_s, self.interval_s)
            insort(self.shown, time)

    @property
    def first(self) -> int:
        """The time of the first frame that is shown."""
        return self.shown[0] if self.shown else self._times[0]

    @property
    def end_s(self) -> float:
        """Seconds from the first frame to the end of the last."""
        if not self.shown:
            return 0.0
        return (self.shown[-1] - self.shown[0]) * self.tick_s + self._last_shown_for_s

    def shown_at(self, moments: Iterable[float], tolerance: float) -> list[int]:
        """Return for each moment (seconds from the first frame) the time of the frame shown then."""
        limit = tolerance / self.tick_s
        starts = [
            time - min(limit, (time - before) / 2) for before, time in pairwise([self.first, *self.shown])
        ]
        ticks = [self.first + moment / self.tick_s for moment in moments]
        return [self.shown[max(bisect_right(starts, tick) - 1, 0)] for tick in ticks]

    def key_frames(self) -> list[int]:
        """Return the times of the frames that are shown and from which decoding can begin, rising."""
        shown = set(self.shown)
        pairs = zip(self._times, self._is_key, strict=True)
        return sorted(time for time, is_key in pairs if is_key and time in shown)

    def plan(self, wanted: Iterable[int]) -> list[Use]:
        """Return what each packet is used for when the frames at the `wanted` times are to be seen."""
        uses = [Use.SKIP] * len(self._times)
        for time in wanted:
            position = self.position_of[time]
            uses[position] = Use.SHOW
            while position > 0 and not (self._is_key[position] and self._times[position] <= time):
                position -= 1
                if uses[position] is Use.SKIP:
                    uses[position] = Use.REFERENCE
        return uses


def index_packets(
    container: InputContainer, stream: VideoStream, deadline: Deadline, until_s: float = math.inf
) -> PacketIndex | None:
    """Read all packets that are shown up to `until_s`, or None where the container does not tell every time rightly.

    Raises MediaError when the file breaks before `until_s`.
    """
    if not has_display_times(container):
        return None
    index = PacketIndex(tick_s(stream), 1.0 / nominal_fps(stream))
    before: int | None = None
    try:
        for packet in container.demux(stream):
            deadline.check()
            if packet.dts is not None and may_jump(container):
                if before is not None and is_jump((packet.dts - before) * index.tick_s):
                    return None
                before = packet.dts
            if packet.is_corrupt:
                if may_jump(container):
                    return None  # decoding finds out why
                raise broken(deadline.path, index.end_s, "the file is cut off")
            if not packet.size:
                continue
            if packet.pts is None or packet.dts is None or packet.pts in index.position_of:
                return None
            index.append(packet)
            if (packet.dts - index.first) * index.tick_s > until_s + index.interval_s:
                break  # frames are decoded before they are shown, so none that follows is shown earlier
        else:
            check_reached_end(container, stream, index.end_s, deadline.path)
    except av.error.ExitError:
        raise deadline.error() from None
    except av.error.FFmpegError as error:
        raise broken(deadline.path, index.end_s, error.strerror or "damaged data") from None
    return index if index.shown else None


def decode_planned(
    container: InputContainer,
    stream: VideoStream,
    index: PacketIndex,
    wanted: Iterable[int],
    deadline: Deadline,
) -> Iterator[TimedFrame]:
    """Yield frames, among them those at the `wanted` times, of the container that `index` was just read from.

    What no wanted frame needs is not decoded. Raises MediaError as `decode_stored` does.
    """
    plan = index.plan(wanted)
    if index.kept is not None:
        yield from decode_stored(container, stream, deadline, plan, index.kept)
        return
    with open_video(deadline.path, deadline) as (again, same_stream):
        yield from decode_stored(again, same_stream, deadline, plan)
