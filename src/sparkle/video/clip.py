"""Clips: a stretch of video as RGB frames at a constant rate."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sparkle.core.errors import MediaError
from sparkle.core.threads import in_order
from sparkle.video.conversion import FrameConverter
from sparkle.video.decoding import decode, nominal_fps
from sparkle.video.opening import Deadline, open_video
from sparkle.video.probe import probe
from sparkle.video.timeline import constant_rate

MAX_CLIP_BYTES = 16 * 2**30


@dataclass(frozen=True, slots=True)
class Clip:
    """`frames` is uint8 RGB (T, H, W, 3), frame k is shown from k / `fps` seconds on."""

    frames: NDArray[np.uint8]
    fps: float

    @property
    def duration_s(self) -> float:
        """How long the clip lasts."""
        return len(self.frames) / self.fps

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
    time_limit_s: float = 120.0,
) -> Clip:
    """Read the beginning of a video, upright, with square pixels, at a constant rate.

    `size` is the (width, height) of the result, None for the size as shown; `fps` its rate, None for the average
    rate of the source; `frames` the most frames to read, None for all. Frames are chosen by their timestamps (see
    `constant_rate`); nothing is decoded past the last one needed, so what is broken behind it does not matter.
    Raises MediaError for a file that is no video, that breaks before, that has fewer than `minimum_frames`, or
    that takes longer than `time_limit_s`.
    """
    deadline = Deadline(Path(path), time_limit_s)
    pixels: list[NDArray[np.uint8]] = []
    with open_video(path, deadline) as (container, stream):
        source_fps = nominal_fps(stream)
        target_fps = fps if fps is not None else source_fps
        convert = FrameConverter(size, stream.sample_aspect_ratio)
        shown = constant_rate(decode(container, stream, deadline), source_fps, target_fps)
        for picture in in_order(convert, islice(shown, frames), workers=1):
            pixels.append(picture)
            _check_memory(Path(path), len(pixels) * pixels[0].nbytes)
    if len(pixels) < minimum_frames:
        info = probe(path, time_limit_s=time_limit_s)
        raise MediaError(
            f"{path}: is too short: its {info.duration_s * info.fps:.0f} frames at {info.fps:.4g} fps last "
            f"{info.duration_s:.2f} s, so it has {len(pixels)} frames at {target_fps:g} fps, "
            f"at least {minimum_frames} are needed, {minimum_frames / target_fps:.2f} s; give a longer video, "
            "or lower video.minimum_frames"
        )
    return Clip(_stacked(pixels), target_fps)


def _stacked(pixels: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Return the frames as one array (T, H, W, 3); the list is emptied on the way, so that they are not held twice."""
    stacked = np.empty((len(pixels), *pixels[0].shape), np.uint8)
    for index in range(len(pixels) - 1, -1, -1):
        stacked[index] = pixels.pop()
    return stacked


def _check_memory(path: Path, size_bytes: int) -> None:
    if size_bytes > MAX_CLIP_BYTES:
        raise MediaError(
            f"{path}: its frames take more than {MAX_CLIP_BYTES / 2**30:.0f} GB of memory; "
            "ask for fewer frames or a smaller size"
        )
