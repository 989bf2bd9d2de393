"""Decoding that never lies: frames in order with their times, or an error that says where the file breaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import chain, islice
from typing import cast

import av
from av.container import InputContainer
from av.format import Flags as FormatFlags
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sparkle.core.errors import MediaError
from sparkle.video.clean_aperture import read_clean_aperture
from sparkle.video.filtering import cropped, deinterlaced
from sparkle.video.media import Media
from sparkle.video.opening import Deadline
from sparkle.video.timed import Span, TimedFrame

# What a stream may lack of its announced length before it counts as cut: containers round, edit lists trim.
_MISSING_TOLERANCE_S = 0.5
_MISSING_TOLERANCE = 0.02

_PAUSE = 2.0

# FFmpeg's programs close gaps of more than 10 s in such streams; in the order of display or decoding none goes back.
_JUMP_S = 10.0
_JUMP_BACK_S = 0.2

# How far behind a damaged place the cause is looked for; a decoder gives its first picture after fewer packets.
_MOST_PACKETS_LOOKED_AT = 64

# FFmpeg's own decoders of these codecs leave the alpha away that WebM keeps beside the picture; libvpx reads it.
_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
_FPS_WHERE_NONE_IS_ANNOUNCED = 25.0


class Use(Enum):
    """What a packet is needed for: to be shown, as reference of others, or not at all."""

    SHOW = "NONE"
    REFERENCE = "NONREF"
    SKIP = "ALL"


def decode(container: InputContainer, stream: VideoStream, deadline: Deadline) -> Iterator[TimedFrame]:
    """Yield the frames in the order of display, times strictly rising from 0, as they are meant to be shown.

    Raises MediaError as `decode_stored` does.
    """
    return deinterlaced(decode_stored(container, stream, deadline))


def decode_stored(
    container: InputContainer,
    stream: VideoStream,
    deadline: Deadline,
    plan: Sequence[Use] | None = None,
    packets: Iterable[Packet[VideoStream]] | None = None,
) -> Iterator[TimedFrame]:
    """Yield frames as `decode` does, but interlaced ones as they are stored: their neighbours may be missing.

    `plan` says for each packet, in the order of decoding, what it is used for; packets behind it are skipped.
    `packets` are the stream's own, where they were read before; else they are read now.
    Raises MediaError that names the second at which the stream breaks (damaged data, or an end before the
    announced length), but only when the caller asks for frames that far; and when the deadline has passed.
    """
    timed = _timed(container, stream, deadline, plan, packets)
    aperture = read_clean_aperture(deadline.path) if "mp4" in container.format.name else None
    return timed if aperture is None else cropped(timed, aperture)


def _timed(
    container: InputContainer,
    stream: VideoStream,
    deadline: Deadline,
    plan: Sequence[Use] | None,
    packets: Iterable[Packet[VideoStream]] | None,
) -> Iterator[TimedFrame]:
    interval, tick = 1.0 / nominal_fps(stream), tick_s(stream)
    clock = _Clock(tick, interval, jumps=may_jump(container))
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
        begin = clock.begin_s(frame.pts if has_display_times(container) else frame.dts)
        end = begin + shown_for_s(frame.duration, tick, interval)
        yield TimedFrame(Span(begin, end), frame)
    if plan is None:
        check_reached_end(container, stream, end, deadline.path)


@dataclass(slots=True)
class _Clock:
    """From a stream's ticks to seconds since its first frame, rising; `jumps` closes gaps that only joins make."""

    tick_s: float
    interval_s: float
    jumps: bool
    _zero: int | None = None
    _begin_s: float | None = None

    def begin_s(self, ticks: int | None) -> float:
        if self._zero is None or self._begin_s is None:
            self._zero, self._begin_s = ticks or 0, 0.0
            return 0.0
        expected = self._begin_s + self.interval_s
        time = expected if ticks is None else (ticks - self._zero) * self.tick_s
        if self.jumps and ticks is not None and is_jump(time - self._begin_s):
            self._zero, time = ticks - round(expected / self.tick_s), expected
        self._begin_s = time if time > self._begin_s else expected
        return self._begin_s


def may_jump(container: InputContainer) -> bool:
    """Tell whether files of this kind are joined end to end, so that their clock may jump (transport streams)."""
    return bool(FormatFlags.ts_discont & FormatFlags(container.format.flags))


def is_jump(step_s: float) -> bool:
    """Tell whether a step of such a clock is a join: back, or further forward than FFmpeg's programs believe."""
    return step_s < -_JUMP_BACK_S or step_s > _JUMP_S


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
    context = _decoder(stream, deadline.path)
    skipped = ended = False
    position = 0
    remaining = iter(packets)
    for packet in remaining:
        deadline.check()
        ended = not packet.size
        if packet.is_corrupt:  # what came before is whole, and the decoder still holds some of it
            cause = _why_corrupt(packet, remaining, stream)
            yield from context.decode(None)
            raise av.error.InvalidDataError(0, cause)
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
        yield from context.decode(packet)
    if not ended:  # a container's last packet is empty and makes the decoder give what it still holds
        yield from context.decode(None)


def _why_corrupt(
    packet: Packet[VideoStream], behind: Iterator[Packet[VideoStream]], stream: VideoStream
) -> str:
    """Say what is wrong near a packet of which a part is missing, by what follows it."""
    before = packet
    for number, following in enumerate(islice(behind, _MOST_PACKETS_LOOKED_AT)):
        if not following.size:
            return "a part of the file is missing" if number else "the file is cut off"
        if before.dts is not None and following.dts is not None:
            step_s = (following.dts - before.dts) * tick_s(stream)
            if is_jump(step_s):
                return (
                    f"its times jump by {step_s:.2f} s, as where files are joined end to end; cut it there and "
                    "give the parts"
                )
        if following.is_keyframe:
            old, new = (stream.width, stream.height), _first_size(following, behind, stream)
            if new is not None and new != old:
                return (
                    f"the picture size changes from {old[0]}x{old[1]} to {new[0]}x{new[1]}, as where files are "
                    "joined end to end; cut it there and give the parts"
                )
            return "a part of the file is missing"
        before = following
    return "the file is cut off" if before is packet else "a part of the file is missing"


def _first_size(
    packet: Packet[VideoStream], behind: Iterator[Packet[VideoStream]], stream: VideoStream
) -> tuple[int, int] | None:
    """Decode from a key frame on, on its own, and return the size of the first picture, if there is one."""
    fresh = _new_decoder(stream.codec_context.name)
    for each in chain([packet], islice(behind, _MOST_PACKETS_LOOKED_AT)):
        try:
            for frame in fresh.decode(each if each.size else None):
                return frame.width, frame.height
        except av.error.FFmpegError:
            return None
    return None


def _decoder(stream: VideoStream, path: Media) -> VideoCodecContext:
    own = stream.codec_context
    name = _ALPHA_DECODERS.get(own.name)
    if name is None or ("alpha_mode", "1") not in {
        (key.lower(), value)
        for key, value in stream.metadata.items()  # capitals where a file was copied
    }:
        return own
    if name not in av.codecs_available:
        raise MediaError(
            f"{path}: this PyAV has no {name}, which reads the transparency of {own.name} video; "
            "install PyAV from its wheels"
        )
    context = _new_decoder(name)
    context.extradata, context.thread_count = own.extradata, own.thread_count
    return context


def _new_decoder(name: str) -> VideoCodecContext:
    return cast("VideoCodecContext", VideoCodecContext.create(name, "r"))  # PyAV's stubs promise less


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


def check_reached_end(container: InputContainer, stream: VideoStream, end_s: float, path: Media) -> None:
    """Raise MediaError when a stream ended without a picture, or well before its announced length."""
    if end_s <= 0:
        raise MediaError(f"{path}: holds not one picture that can be decoded; export the video again")
    announced = None if may_jump(container) else announced_duration_s(container, stream)
    if announced is not None and announced - end_s > max(
        _MISSING_TOLERANCE_S, _MISSING_TOLERANCE * announced
    ):
        raise broken(path, end_s, f"it says that it lasts {announced:.2f} s")


def broken(path: Media, time_s: float, cause: str) -> MediaError:
    """Return the error for a stream that breaks at `time_s`."""
    return MediaError(
        f"{path}: breaks at {max(time_s, 0.0):.2f} s ({cause}); get the file again, or save what can be saved: "
        "ffmpeg -err_detect ignore_err -i IN -c:v libx264 OUT.mp4"
    )
