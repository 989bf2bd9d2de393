"""What a video file is, proved by decoding its first frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sparkle.core.errors import MediaError
from sparkle.video.conversion import ColourKind, UntaggedColour, colour_kind, display_size, has_alpha
from sparkle.video.decoding import announced_duration_s, decode_stored, is_jump, may_jump, nominal_fps, tick_s
from sparkle.video.media import media_at
from sparkle.video.opening import Deadline, open_video
from sparkle.video.orientation import orientation_of


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """A readable video. `width` and `height` are as shown: upright, with square pixels.

    `fps` is the average rate; `frame_count` is what the container says, or None; `rotation` is the clockwise
    turn in degrees that the container asks for (0, 90, 180, 270); `codec` and `container` are FFmpeg's names;
    `has_alpha` tells whether pictures say how opaque each pixel is, `interlaced` whether they are stored as two fields.
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
    colour: ColourKind
    has_alpha: bool
    interlaced: bool

    def remarks(self, untagged: UntaggedColour) -> list[str]:
        """Say in a line each what reading makes of pictures that are not plain: colours, light, fields."""
        found = []
        if self.colour is ColourKind.UNTAGGED:
            stored = (self.height, self.width) if self.rotation in (90, 270) else (self.width, self.height)
            found.append(f"does not name its colours: read as {untagged.matrix(*stored)}")
        if self.colour is ColourKind.HDR:
            found.append("is HDR: brought to a white of 203 nits by the curve of BT.2390, and to BT.709")
        if self.colour is ColourKind.WIDE:
            found.append("has the colours of BT.2020: brought to BT.709, what lies outside is cut off")
        if self.interlaced:
            found.append("is interlaced: one whole picture is made of every two fields")
        return found


def probe(path: str | Path, *, time_limit_s: float = 120.0) -> VideoInfo:
    """Read a video's headers and decode its first frame; raises MediaError that names file, cause, remedy."""
    deadline = Deadline(media_at(path), time_limit_s)
    with open_video(path, deadline) as (container, stream):
        stream.codec_context.thread_count = 1
        jumps = may_jump(container) and _jumps(deadline)
        duration_s = None if jumps else announced_duration_s(container, stream)
        frame = next(decode_stored(container, stream, deadline)).frame
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
            colour=colour_kind(frame),
            has_alpha=has_alpha(frame),
            interlaced=frame.interlaced_frame,
        )
    if info.duration_s <= 0:
        raise MediaError(f"{path}: lasts 0 s; export the video again")
    return info


def _jumps(deadline: Deadline) -> bool:
    """Tell whether the clock of a stream jumps somewhere, so that its last time does not tell how long it is."""
    return any(is_jump(step_s) for step_s in _steps_s(deadline))


def _measured_duration_s(deadline: Deadline) -> float:
    """Add up the steps of a raw stream, a live recording, or one whose clock jumps."""
    with open_video(deadline.path, deadline) as (_, stream):
        interval_s = 1.0 / nominal_fps(stream)
    steps = list(_steps_s(deadline))
    return interval_s + sum(step if step > 0 and not is_jump(step) else interval_s for step in steps)


def _steps_s(deadline: Deadline) -> Iterator[float]:
    """Yield the time from each packet to the next, in seconds; 0 where they do not tell."""
    with open_video(deadline.path, deadline) as (container, stream):
        before: int | None = None
        for number, packet in enumerate(packet for packet in container.demux(stream) if packet.size):
            deadline.check()
            if number > 0:
                if before is None or packet.dts is None:
                    yield 0.0
                else:
                    yield (packet.dts - before) * tick_s(stream)
            before = packet.dts
