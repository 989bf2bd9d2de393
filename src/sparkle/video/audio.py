"""Sound of the source, carried into the edited clip when it lasts as long."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream
from numpy.typing import NDArray

from sparkle.store import whole_file
from sparkle.video.decoding import tick_s
from sparkle.video.opening import Deadline, is_decodable, open_container

MUXER_OPTIONS = {"movflags": "+faststart", "fflags": "+bitexact"}

_TOLERANCE_S = 0.1
_TIME_LIMIT_S = 120.0
_CODECS_OF_MP4 = {"aac", "ac3", "alac", "eac3", "mp3", "opus"}
_LAYOUT = "stereo"
_AAC_FRAME = 1024
_GAP_S = 0.02


class AudioOutcome(StrEnum):
    """What became of the sound; recorded with the sample."""

    NOT_ASKED = "not asked for"
    NO_AUDIO = "the source has no sound"
    TOO_SHORT = "the source's sound does not last as long as the video"
    DAMAGED = "the source's sound is damaged"
    COPIED = "copied"
    REENCODED = "re-encoded to AAC"


def add_audio(video: Path, audio_from: str | Path) -> AudioOutcome:
    """Give the mp4 `video` the sound of `audio_from`, cut to its length, in place; say what became of it.

    The sound starts where the source's picture starts. It is taken when it covers the video but for 0.1 s at
    either end; packets are copied where mp4 can hold their codec, else encoded as AAC. In all other cases
    `video` stays as it is. Raises MediaError when `audio_from` is no media file.
    """
    deadline = Deadline(Path(audio_from), _TIME_LIMIT_S)
    with open_container(audio_from, deadline) as source, av.open(str(video)) as silent:
        if not source.streams.audio:
            return AudioOutcome.NO_AUDIO
        audio, picture = source.streams.audio[0], silent.streams.video[0]
        if not is_decodable(audio):
            return AudioOutcome.DAMAGED
        start_s, length_s = _start_s(source), (picture.duration or 0) * tick_s(picture)
        try:
            packets = list(_packets_within(source, audio, start_s, length_s, deadline))
            if not _covers(packets, start_s, length_s):
                return AudioOutcome.TOO_SHORT
            copies = audio.codec_context.codec.canonical_name in _CODECS_OF_MP4
            with (
                whole_file(video) as both,
                av.open(str(both), "w", format="mp4", options=MUXER_OPTIONS) as out,
            ):
                picture_out = out.add_stream_from_template(picture)
                write_sound = _copied if copies else _encoded
                sound = write_sound(out, audio, packets, start_s, length_s)
                out.mux(_picture_packets(silent, picture, picture_out))
                out.mux(sound)
        except av.error.FFmpegError:
            return AudioOutcome.DAMAGED
    return AudioOutcome.COPIED if copies else AudioOutcome.REENCODED


def _start_s(source: InputContainer) -> float:
    for stream in source.streams.video:
        if stream.start_time is not None:
            return float(stream.start_time * tick_s(stream))
    return 0.0


def _packets_within(
    source: InputContainer, audio: AudioStream, start_s: float, length_s: float, deadline: Deadline
) -> Iterator[Packet[AudioStream]]:
    for packet in source.demux(audio):
        deadline.check()
        if packet.pts is None or packet.duration is None:
            continue
        if _end_s(packet) > start_s and _begin_s(packet) < start_s + length_s:
            yield packet


def _begin_s(packet: Packet[AudioStream]) -> float:
    return float((packet.pts or 0) * packet.time_base)


def _end_s(packet: Packet[AudioStream]) -> float:
    return float(((packet.pts or 0) + (packet.duration or 0)) * packet.time_base)


def _covers(packets: list[Packet[AudioStream]], start_s: float, length_s: float) -> bool:
    if not packets:
        return False
    late_s = _begin_s(packets[0]) - start_s
    missing_s = start_s + length_s - max(map(_end_s, packets))
    return late_s <= _TOLERANCE_S and missing_s <= _TOLERANCE_S


def _copied(
    out: OutputContainer,
    audio: AudioStream,
    packets: list[Packet[AudioStream]],
    start_s: float,
    length_s: float,
) -> list[Packet[AudioStream]]:
    """Move the packets to the new start; whole packets only, so the end may lie up to one packet behind."""
    stream = out.add_stream_from_template(audio)
    for packet in packets:
        packet.pts = packet.dts = (packet.pts or 0) - round(start_s / packet.time_base)
        packet.stream = stream
    return packets


def _encoded(
    out: OutputContainer,
    audio: AudioStream,
    packets: list[Packet[AudioStream]],
    start_s: float,
    length_s: float,
) -> list[Packet[AudioStream]]:
    rate = audio.codec_context.sample_rate
    samples = _decoded(audio, packets, start_s, round(length_s * rate))
    stream = out.add_stream("aac", rate=rate, layout=_LAYOUT)
    encoded = []
    for position in range(0, samples.shape[1], _AAC_FRAME):
        frame = AudioFrame.from_ndarray(
            np.ascontiguousarray(samples[:, position : position + _AAC_FRAME]), "fltp", _LAYOUT
        )
        frame.sample_rate, frame.pts, frame.time_base = rate, position, Fraction(1, rate)
        encoded += stream.encode(frame)
    return encoded + stream.encode(None)


def _decoded(
    audio: AudioStream, packets: list[Packet[AudioStream]], start_s: float, count: int
) -> NDArray[np.float32]:
    """Return stereo samples (2, count) in [-1, 1] from `start_s` on: each at its time, silence where there is none.

    Times are rounded, in Matroska to milliseconds, so a piece follows the one before unless it is far from its end.
    """
    rate = audio.codec_context.sample_rate
    resampler = AudioResampler("fltp", _LAYOUT, rate)
    frames = [frame for packet in packets for frame in packet.decode()]
    frames += audio.codec_context.decode(None)
    samples = np.zeros((2, count), np.float32)
    position = 0
    for number, frame in enumerate([*frames, None]):
        if frame is not None and frame.time is not None:
            timely = round((frame.time - start_s) * rate)
            if number == 0 or abs(timely - position) > _GAP_S * rate:
                position = timely
        for piece in resampler.resample(frame):
            begin, end = (min(max(each, 0), count) for each in (position, position + piece.samples))
            samples[:, begin:end] = piece.to_ndarray()[:, begin - position : end - position]
            position += piece.samples
    return samples


def _picture_packets(
    silent: InputContainer, picture: VideoStream, picture_out: VideoStream
) -> list[Packet[VideoStream]]:
    packets = [packet for packet in silent.demux(picture) if packet.size]
    for packet in packets:
        packet.stream = picture_out
    return packets
