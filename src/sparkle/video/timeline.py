"""From frames with times to the frames on the screen at given moments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count

from av.video.frame import VideoFrame

from sparkle.video.timed import TimedFrame


def constant_rate(timed: Iterable[TimedFrame], source_fps: float, fps: float) -> Iterator[VideoFrame]:
    """Yield the frames that are shown at 0, 1 / fps, 2 / fps, ... seconds, as long as the source lasts.

    `source_fps` is the average rate of `timed`. Equal rates take every frame exactly once, though containers
    round their times; a faster source leaves frames out, a slower one repeats them.
    """
    return shown_at(timed, (k / fps for k in count()), tolerance=0.5 / max(source_fps, fps))


def shown_at(timed: Iterable[TimedFrame], moments: Iterable[float], tolerance: float) -> Iterator[VideoFrame]:
    """Yield the frame that is shown at each of the rising `moments` (seconds), until either side ends.

    A frame is shown until the next one begins; one that begins up to `tolerance` seconds after a moment counts
    as shown at it, or up to half the time since the one before where that is less. Nothing is taken from `timed` past
    the first frame behind the last moment.
    """
    waiting = iter(moments)
    moment = next(waiting, None)
    last: TimedFrame | None = None
    for current in timed:
        begin_s = current.shown.begin_s
        early_s = min(tolerance, (begin_s - last.shown.begin_s) / 2) if last is not None else 0.0
        while last is not None and moment is not None and moment < begin_s - early_s:
            yield last.frame
            moment = next(waiting, None)
        if moment is None:
            return
        last = current
    while last is not None and moment is not None and moment < last.shown.end_s - tolerance:
        yield last.frame
        moment = next(waiting, None)
