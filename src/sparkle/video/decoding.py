"""Decoding that never lies: frames in order with their times, or an error that says where the file breaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import NamedTuple

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sparkle.core.errors import MediaError
from sparkle.video.opening import Deadline

# What a stream may lack of its announced length before it counts as cut: containers round, edit lists trim.
_MISSING_TOLERANCE_S = 0.5
_MISSING_TOLERANCE = 0.02

_PAUSE = 2.0
_FPS_WHERE_NONE_IS_ANNOUNCED = 25.0


class Span(NamedTuple):
    """When a frame is on the screen, in seconds from the first; `end_s` counts where no other frame follows."""

    begin_s: float
    end_s: float


class TimedFrame(NamedTuple):
    """A decoded frame and when it is shown."""

    shown: Span
    frame: VideoFrame


class Use(Enum):
    """What a packet is needed for: to be shown, as reference of others, or not at all."""

    SHOW = "NONE"
    REFERENCE = "NONREF"
    SKIP = "ALL"


def decode(
    container: InputContainer,
    stream: VideoStream,
    deadline: Deadline,
    plan: Sequence[Use] | None = None,
    packets: Iterable[Packet[VideoStream]] | None = None,
) -> Iterator[TimedFrame]:
    """Yield the frames in the order of display, times strictly rising from 0.

    `plan` says for each packet, in the order of decoding, what it is used for; packets behind it are skipped.
    `packets` are the stream's own, where they were read before; else they are read now.
    Raises MediaError that names the second at which the stream breaks (damaged data, or an end before the
    announced length), but only when the caller asks for frames that far; and when the deadline has passed.
    """
    interval, tick = 1.0 / nominal_fps(stream), tick_s(stream)
    first: int | None = None
    begin = -interval
    end = 0.0
    frames = _frames(stream, container.demux(stream) if packets is None else packets, deadline, plan)
    while True:
        deadline.check()
        try:
            frame = next(frames, None)
        except av.error.ExitError:
            raise deadline.error() from None
        except av.error.FFmpegError as error:
            raise broken(deadline.path, end, error.strerror or "damaged data") from None
        if frame is None:
            break
        if frame.is_corrupt:
            raise broken(deadline.path, end, "damaged picture data")
        ticks = frame.pts if has_display_times(container) else frame.dts
        if first is None:
            first = ticks or 0
        time = begin if ticks is None else (ticks - first) * tick
        begin = time if time > begin else begin + interval
        end = begin + shown_for_s(frame.duration, tick, interval)
        yield TimedFrame(Span(begin, end), frame)
    if plan is None:
        check_reached_end(container, stream, end, deadline.path)


def has_display_times(container: InputContainer) -> bool:
    """Tell whether the container says when a packet is shown; AVI says only when it is decoded."""
    return container.format.name != "avi"


def tick_s(stream: VideoStream) -> float:
    """Return the length of a tick of the stream's times in seconds."""
    return float(stream.time_base or 1)


def shown_for_s(duration: int | None, tick_s: float, interval_s: float) -> float:
    """Return a frame's own duration where it is a pause, else the interval: durations are often rough."""
    duration_s = (duration or 0) * tick_s
    return duration_s if duration_s > _PAUSE * interval_s else interval_s


def _frames(
    stream: VideoStream,
    packets: Iterable[Packet[VideoStream]],
    deadline: Deadline,
    plan: Sequence[Use] | None,
) -> Iterator[VideoFrame]:
    context = stream.codec_context
    skipped = ended = False
    position = 0
    for packet in packets:
        deadline.check()
        ended = not packet.size
        if packet.is_corrupt:  # cut off; what came before is whole, and the decoder still holds some of it
            yield from context.decode(None)
            raise av.error.InvalidDataError(0, "the file is cut off")
        if plan is not None and packet.size:
            use = plan[position] if position < len(plan) else Use.SKIP
            position += 1
            if use is Use.SKIP:
                skipped = True
                continue
            if skipped:
                yield from context.decode(None)
                context.flush_buffers()
                skipped = False
            context.skip_frame = use.value
        yield from packet.decode()
    if not ended:  # a container's last packet is empty and makes the decoder give what it still holds
        yield from context.decode(None)


def nominal_fps(stream: VideoStream) -> float:
    """Return the average frame rate that the stream announces, or 25 where it announces none."""
    rate = stream.average_rate or stream.guessed_rate or stream.base_rate
    return float(rate) if rate else _FPS_WHERE_NONE_IS_ANNOUNCED


def announced_duration_s(container: InputContainer, stream: VideoStream) -> float | None:
    """Return how long the video stream says it is, or None. A container's length may be that of its sound."""
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    tag = stream.metadata.get("DURATION", "").split(":")
    if len(tag) == 3 and all(part.replace(".", "", 1).isdecimal() for part in tag):
        end_s = float(tag[0]) * 3600 + float(tag[1]) * 60 + float(tag[2])
        start_s = max(
            (stream.start_time or 0) * tick_s(stream), 0.0
        )  # Matroska counts from 0, wherever it begins
        return end_s - start_s if end_s > start_s else end_s
    if container.duration is not None and not container.streams.audio:
        return container.duration / av.time_base
    return None


def check_reached_end(container: InputContainer, stream: VideoStream, end_s: float, path: Path) -> None:
    """Raise MediaError when a stream ended without a picture, or well before its announced length."""
    if end_s <= 0:
        raise MediaError(f"{path}: holds not one picture that can be decoded; export the video again")
    announced = announced_duration_s(container, stream)
    if announced is not None and announced - end_s > max(
        _MISSING_TOLERANCE_S, _MISSING_TOLERANCE * announced
    ):
        raise broken(path, end_s, f"it says that it lasts {announced:.2f} s")


def broken(path: Path, time_s: float, cause: str) -> MediaError:
    """Return the error for a stream that breaks at `time_s`."""
    return MediaError(
        f"{path}: breaks at {max(time_s, 0.0):.2f} s ({cause}); get the file again, or save what can be saved: "
        "ffmpeg -err_detect ignore_err -i IN -c:v libx264 OUT.mp4"
    )
