"""Small frames near some moments of a video, as cheaply as its codec allows: for looking, not for keeping."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from sparkle.video.conversion import FrameConverter, display_size
from sparkle.video.decoding import announced_duration_s, nominal_fps
from sparkle.video.media import media_at
from sparkle.video.opening import Deadline, open_video
from sparkle.video.packets import PacketIndex, index_packets
from sparkle.video.probe import probe
from sparkle.video.sampling import images_at, sample_frames
from sparkle.video.sizes import fit_size

Glance = tuple[NDArray[np.uint8], NDArray[np.float64]]
Bursts = Sequence[Sequence[float]]

_MARGIN = 2  # codecs of stills decode at a half, a quarter or an eighth of the size: at least this many times `side`

# Frame threads cost a tenth more work; up to this many pixels a glance takes a tenth of a second or two without them,
# and files are glanced at side by side.
_LARGEST_FOR_ONE_THREAD = 1920 * 1088


def glance(
    path: str | Path,
    bursts_in: Callable[[float], Bursts],
    *,
    side: int,
    span_s: float = math.inf,
    time_limit_s: float = 120.0,
) -> Glance:
    """Return the frames of some bursts of moments, and the moments, in seconds from the first frame.

    `bursts_in(duration_s)` names the bursts, rising, of a video that lasts so long (at most `span_s`). A burst is moved
    as a whole, at most half the way to its neighbours, where that lets it begin at a key frame.
    Frames are uint8 RGB (T, H, W, 3), upright, with square pixels, as large as fits into `side` both ways: those shown
    at the moments, but H.264 without its smoothing of block edges.
    Raises MediaError as `sample_frames` does.
    """
    deadline = Deadline(media_at(path), time_limit_s)
    with open_video(path, deadline) as (container, stream):
        announced_s = announced_duration_s(container, stream)
        index = index_packets(container, stream, deadline, min(span_s, announced_s or math.inf))
        if index is not None:
            duration_s = min(announced_s or index.end_s, span_s)
            seen = _planned(container, stream, index, bursts_in(duration_s), side, deadline)
            if seen is not None:
                return seen
    info = probe(path, time_limit_s=time_limit_s)
    moments = [moment for burst in bursts_in(min(info.duration_s, span_s)) for moment in burst]
    size = fit_size(info.width, info.height, side, side)
    return sample_frames(path, times=moments, size=size, time_limit_s=time_limit_s)


def begin_at_key_frames(bursts: Bursts, key_moments: Sequence[float]) -> list[list[float]]:
    """Move each burst as a whole to the nearest key frame within half the way to its neighbours, where there is one.

    `key_moments` rise. Bursts keep half their distance, and none is moved to the first frame: that of generated clips
    often differs.
    """
    moved: list[list[float]] = []
    for number, burst in enumerate(bursts):
        begin = burst[0]
        before = begin - bursts[number - 1][0] if number > 0 else math.inf
        behind = bursts[number + 1][0] - begin if number + 1 < len(bursts) else math.inf
        reach = min(before, behind) / 2
        earliest = moved[-1][0] + before / 2 if moved else 0.0
        place = bisect_left(key_moments, begin)
        near = [
            moment - begin
            for moment in key_moments[max(place - 1, 0) : place + 1]
            if abs(moment - begin) <= reach < math.inf and moment >= earliest and moment > 0
        ]
        shift = min(near, key=abs, default=0.0)
        moved.append([moment + shift for moment in burst])
    return moved


def _planned(
    container: InputContainer,
    stream: VideoStream,
    index: PacketIndex,
    bursts: Bursts,
    side: int,
    deadline: Deadline,
) -> Glance | None:
    tolerance = 0.5 / nominal_fps(stream)
    keys = [(time - index.first) * index.tick_s for time in index.key_frames()]
    end_s = index.end_s - tolerance
    moments = sorted(moment for burst in begin_at_key_frames(bursts, keys) for moment in burst)
    moments = [moment for moment in moments if moment < end_s]
    chosen = index.shown_at(moments, tolerance)
    _decode_roughly(stream, side)
    images = images_at(container, stream, index, chosen, deadline, _Fitted(side, stream))
    if images is None or not images:
        return None
    return np.stack([images[time] for time in chosen]), np.array(moments)


def _decode_roughly(stream: VideoStream, side: int) -> None:
    """Leave out what nobody sees in a frame of `side`: fine detail of stills, H.264's smoothing of block edges.

    The smoothing costs a fifth of the decoding. Without it frames differ by a grey level or less at 320 pixels, also
    at the end of long groups and at crf 38. Coarser stills of other codecs would drift from frame to frame.
    """
    context = stream.codec_context
    if context.width * context.height <= _LARGEST_FOR_ONE_THREAD:
        context.thread_count = 1
    options = {}
    finer = max(context.width, context.height) // (_MARGIN * side)
    if context.codec.intra_only and finer >= 2:
        options["lowres"] = str(min(finer.bit_length() - 1, 3))
    if context.codec.canonical_name == "h264":
        options["skip_loop_filter"] = "all"
    context.options = {**context.options, **options}


class _Fitted:
    """Turns frames into arrays that fit into a square of `side`; their shape is known when the first one comes."""

    def __init__(self, side: int, stream: VideoStream) -> None:
        self._side = side
        self._pixel_aspect = stream.sample_aspect_ratio
        self._convert: FrameConverter | None = None

    def __call__(self, frame: VideoFrame) -> NDArray[np.uint8]:
        if self._convert is None:
            size = fit_size(*display_size(frame, self._pixel_aspect), self._side, self._side)
            self._convert = FrameConverter(size, self._pixel_aspect)
        return self._convert(frame)
