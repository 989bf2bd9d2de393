"""What a video file is, proved by decoding its first frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sparkle.core.errors import MediaError
from sparkle.video.conversion import display_size
from sparkle.video.decoding import announced_duration_s, decode, nominal_fps
from sparkle.video.opening import Deadline, open_video
from sparkle.video.orientation import orientation_of


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """A readable video. `width` and `height` are as shown: upright, with square pixels.

    `fps` is the average rate; `frame_count` is what the container says, or None; `rotation` is the clockwise
    turn in degrees that the container asks for (0, 90, 180, 270); `codec` and `container` are FFmpeg's names.
    """

    width: int
    height: int
    fps: float
    duration_s: float
    frame_count: int | None
    codec: str
    pixel_format: str
    rotation: int
    has_audio: bool
    container: str


def probe(path: str | Path, *, time_limit_s: float = 120.0) -> VideoInfo:
    """Read a video's headers and decode its first frame; raises MediaError that names file, cause, remedy."""
    deadline = Deadline(Path(path), time_limit_s)
    with open_video(path, deadline) as (container, stream):
        stream.codec_context.thread_count = 1
        duration_s = announced_duration_s(container, stream)
        frame = next(decode(container, stream, deadline)).frame
        width, height = display_size(frame, stream.sample_aspect_ratio)
        info = VideoInfo(
            width=width,
            height=height,
            fps=nominal_fps(stream),
            duration_s=duration_s if duration_s is not None else _measured_duration_s(deadline),
            frame_count=stream.frames or None,
            codec=stream.codec_context.name,
            pixel_format=frame.format.name,
            rotation=orientation_of(frame).rotation,
            has_audio=bool(container.streams.audio),
            container=container.format.name,
        )
    if info.duration_s <= 0:
        raise MediaError(f"{path}: lasts 0 s; export the video again")
    return info


def _measured_duration_s(deadline: Deadline) -> float:
    """Count the packets of a raw stream or a live recording, which do not say how long they are."""
    with open_video(deadline.path, deadline) as (container, stream):
        count = 0
        for packet in container.demux(stream):
            deadline.check()
            count += packet.size > 0
        return count / nominal_fps(stream)
