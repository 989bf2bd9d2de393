"""Sparse frames of a video: exact ones, decoding as little as the codec allows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, islice, takewhile, tee
from pathlib import Path

import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from sparkle.core.errors import MediaError
from sparkle.video.conversion import FrameConverter, UntaggedColour
from sparkle.video.decoding import decode, nominal_fps
from sparkle.video.media import Media, media_at
from sparkle.video.opening import Deadline, open_video
from sparkle.video.packets import PacketIndex, decode_planned, index_packets
from sparkle.video.timeline import shown_at

_MOST_SAMPLES = 100_000


def sample_frames(
    path: str | Path,
    *,
    fps: float | None = None,
    times: Sequence[float] | None = None,
    size: tuple[int, int] | None = None,
    duration_s: float = math.inf,
    untagged: UntaggedColour = UntaggedColour.BT601,
    time_limit_s: float = 120.0,
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return the frames shown at some moments, and the moments, in seconds from the first frame.

    The moments are `times`, rising, or 0, 1 / `fps`, 2 / `fps`, ...; those behind `duration_s` or the end of the
    video are left out. `untagged` is how pictures are read that do not name their colours. Frames are uint8 RGB
    (T, H, W, 3), upright, with square pixels, of `size` = (width, height) or as shown; the moments are float64 (T,).
    They are exactly the frames that full decoding gives, but what no sample needs is not decoded. Raises MediaError
    as `read_clip` does, and when no moment lies in the video.
    """
    deadline = Deadline(media_at(path), time_limit_s)
    last_s = duration_s if times is None else min(duration_s, max(times, default=0.0))
    with open_video(path, deadline) as (container, stream):
        tolerance = 0.5 / nominal_fps(stream)
        index = index_packets(container, stream, deadline, last_s)
        end_s = duration_s if index is None else min(duration_s, index.end_s - tolerance)
        moments = _moments(fps, times, end_s, deadline.path)
        if index is None:
            frames, seen = _decode_all(deadline, moments, tolerance, size, untagged)
        else:
            listed = list(moments)
            chosen = index.shown_at(listed, tolerance)
            convert = FrameConverter(size, stream.sample_aspect_ratio, untagged)
            images = images_at(container, stream, index, chosen, deadline, convert)
            if images is None:
                frames, seen = _decode_all(deadline, listed, tolerance, size, untagged)
            else:
                frames, seen = [images[time] for time in chosen], listed
    if not frames:
        raise MediaError(f"{path}: is over before the first moment that was asked for; ask for earlier ones")
    return np.stack(frames), np.array(seen)


def _moments(fps: float | None, times: Sequence[float] | None, end_s: float, path: Media) -> Iterator[float]:
    if (fps is None) == (times is None):
        raise ValueError("give either fps or times")
    if fps is not None and end_s < math.inf and end_s * fps > _MOST_SAMPLES:
        raise MediaError(f"{path}: {end_s:g} s at {fps:g} fps are too many samples; give a duration")
    endless = (k / fps for k in count()) if fps is not None else times or ()
    return takewhile(lambda moment: moment < end_s, endless)


def images_at(
    container: InputContainer,
    stream: VideoStream,
    index: PacketIndex,
    times: Iterable[int],
    deadline: Deadline,
    convert: Callable[[VideoFrame], NDArray[np.uint8]],
) -> dict[int, NDArray[np.uint8]] | None:
    """Return the frames that are shown at `times` of `index`, uint8 RGB (H, W, 3), or None.

    None for a key frame that does not let decoding begin, a decoder that counts time in its own way, interlaced frames.
    """
    missing = set(times)
    images: dict[int, NDArray[np.uint8]] = {}
    for _, frame in decode_planned(container, stream, index, sorted(missing), deadline):
        if frame.interlaced_frame:  # it takes its neighbours to make a whole picture
            return None
        if frame.pts in missing:
            images[frame.pts] = convert(frame)
            missing.remove(frame.pts)
        if not missing:
            break
    return None if missing else images


def _decode_all(
    deadline: Deadline,
    moments: Iterable[float],
    tolerance: float,
    size: tuple[int, int] | None,
    untagged: UntaggedColour,
) -> tuple[list[NDArray[np.uint8]], Sequence[float]]:
    with open_video(deadline.path, deadline) as (container, stream):
        convert = FrameConverter(size, stream.sample_aspect_ratio, untagged)
        wanted, asked = tee(moments)
        shown = shown_at(decode(container, stream, deadline), wanted, tolerance)
        frames = [convert(frame) for frame in islice(shown, _MOST_SAMPLES)]
        return frames, list(islice(asked, len(frames)))
