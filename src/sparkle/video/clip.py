"""Clips: a stretch of video as RGB frames, at a constant rate or at the source's own times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from sparkle.core.errors import MediaError
from sparkle.core.threads import in_order
from sparkle.video.conversion import FrameConverter, UntaggedColour
from sparkle.video.decoding import decode, nominal_fps
from sparkle.video.media import Media, media_at
from sparkle.video.opening import DECODER_THREADS, Deadline, open_video
from sparkle.video.probe import probe
from sparkle.video.timed import TimedFrame
from sparkle.video.timeline import constant_rate

MAX_CLIP_BYTES = 16 * 2**30


@dataclass(frozen=True, slots=True)
class Clip:
    """`frames` is uint8 RGB (T, H, W, 3), `fps` its (average) rate.

    Frame k is shown from `times[k]` seconds on, float64 (T,) from 0, or from k / `fps` seconds where there are no
    times. `alpha` is uint8 (T, H, W), 255 where the source says that a pixel is opaque; None where it says nothing.
    """

    frames: NDArray[np.uint8]
    fps: float
    times: NDArray[np.float64] | None = None
    alpha: NDArray[np.uint8] | None = None

    @property
    def duration_s(self) -> float:
        """How long the clip lasts."""
        return len(self.frames) / self.fps

    def beginning(self, frames: int) -> Clip:
        """Return the first `frames` frames and what belongs to them; nothing is copied."""
        return Clip(
            self.frames[:frames],
            self.fps,
            None if self.times is None else self.times[:frames],
            None if self.alpha is None else self.alpha[:frames],
        )

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.frames.shape[2], self.frames.shape[1]


def read_clip(
    path: str | Path,
    *,
    size: tuple[int, int] | None = None,
    fps: float | None = None,
    frames: int | None = None,
    minimum_frames: int = 1,
    untagged: UntaggedColour = UntaggedColour.BT601,
    time_limit_s: float = 120.0,
) -> Clip:
    """Read the beginning of a video, upright, with square pixels.

    `size` is the (width, height) of the result, None for the size as shown; `fps` its constant rate, None for every
    picture of the source at its own time; `frames` the most frames to read, None for all; `untagged` how pictures are
    read that do not name their colours. Frames are chosen by their timestamps (see `constant_rate`); nothing is
    decoded past the last one needed, so what is broken behind it does not matter.
    Raises MediaError for a file that is no video, that breaks before, that has fewer than `minimum_frames`, or
    that takes longer than `time_limit_s`.
    """
    deadline = Deadline(media_at(path), time_limit_s)
    pixels: list[NDArray[np.uint8]] = []
    opacity: list[NDArray[np.uint8]] = []
    times: list[float] = []
    threads = DECODER_THREADS if frames is None else max(1, min(frames, DECODER_THREADS))
    with open_video(path, deadline, threads) as (container, stream):
        source_fps = nominal_fps(stream)
        target_fps = fps if fps is not None else source_fps
        convert = FrameConverter(size, stream.sample_aspect_ratio, untagged)
        timed = decode(container, stream, deadline)
        shown = _noting_times(timed, times) if fps is None else constant_rate(timed, source_fps, target_fps)
        for picture, alpha in in_order(convert.with_alpha, islice(shown, frames), workers=1):
            pixels.append(picture)
            if alpha is not None:
                opacity.append(alpha)
            _check_memory(deadline.path, len(pixels) * pixels[0].nbytes)
    if len(pixels) < minimum_frames:
        info = probe(path, time_limit_s=time_limit_s)
        raise MediaError(
            f"{path}: is too short: its {info.duration_s * info.fps:.0f} frames at {info.fps:.4g} fps last "
            f"{info.duration_s:.2f} s, so it has {len(pixels)} frames at {target_fps:g} fps, "
            f"at least {minimum_frames} are needed, {minimum_frames / target_fps:.2f} s; give a longer video, "
            "or lower video.minimum_frames"
        )
    count = len(pixels)
    return Clip(
        _stacked(pixels),
        target_fps,
        np.array(times[:count]) if fps is None else None,
        _stacked(opacity) if len(opacity) == count else None,
    )


def _noting_times(timed: Iterable[TimedFrame], times: list[float]) -> Iterator[VideoFrame]:
    for shown, frame in timed:
        times.append(shown.begin_s)
        yield frame


def _stacked(pixels: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Return the frames as one array; the list is emptied on the way, so that they are not held twice."""
    stacked = np.empty((len(pixels), *pixels[0].shape), np.uint8)
    for index in range(len(pixels) - 1, -1, -1):
        stacked[index] = pixels.pop()
    return stacked


def _check_memory(path: Media, size_bytes: int) -> None:
    if size_bytes > MAX_CLIP_BYTES:
        raise MediaError(
            f"{path}: its frames take more than {MAX_CLIP_BYTES / 2**30:.0f} GB of memory; "
            "ask for fewer frames or a smaller size"
        )
