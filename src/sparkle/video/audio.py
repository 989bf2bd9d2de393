"""Sound of the source, carried into the edited clip where it was."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

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
from sparkle.video.decoding import announced_duration_s, tick_s
from sparkle.video.media import media_at
from sparkle.video.opening import Deadline, is_decodable, open_container

MUXER_OPTIONS = {"movflags": "+faststart", "fflags": "+bitexact"}

_TIME_LIMIT_S = 120.0
_CODECS_OF = {
    "mp4": {"aac", "ac3", "alac", "eac3", "mp3", "opus"},
    "mov": {
        "aac",
        "ac3",
        "alac",
        "eac3",
        "mp3",
        "pcm_s16le",
        "pcm_s24le",
        "pcm_s16be",
        "pcm_s24be",
        "pcm_f32le",
    },
    "webm": {"opus", "vorbis"},
    "matroska": {"aac", "ac3", "alac", "eac3", "flac", "mp3", "opus", "pcm_s16le", "pcm_s24le", "vorbis"},
}
_LAYOUT = "stereo"

# Encoder, samples a frame, rate in Hz (None: the source's), by container.
_ENCODER: tuple[str, int, int | None] = ("aac", 1024, None)
_ENCODERS: dict[str, tuple[str, int, int | None]] = {"webm": ("libopus", 960, 48_000)}
_GAP_S = 0.02

# Packets of most codecs sound right only behind those before them (AAC overlaps by one, Opus wants 80 ms, RFC 7845).
_LEAD_IN_S = 0.1
_ISO = {"mp4", "mov"}  # hide what leads in by an edit list; elsewhere all that is in the file is heard


class AudioOutcome(StrEnum):
    """What became of the sound; recorded with the sample."""

    NOT_ASKED = "not asked for"
    NO_AUDIO = "the source has no sound"
    ELSEWHERE = "the source's sound begins after the video or ends before it"
    DAMAGED = "the source's sound is damaged"
    COPIED = "copied"
    REENCODED = "re-encoded to AAC"
    REENCODED_OPUS = "re-encoded to Opus"


def add_audio(
    video: Path, audio_from: str | Path, *, start_s: float = 0.0, container_format: str = "mp4"
) -> AudioOutcome:
    """Give `video` the sound of `audio_from` from `start_s` on, cut to its length, in place; say what became of it.

    Sound keeps its place beside the source's picture: where it begins later or ends earlier, there is silence. Packets
    are copied where the container can hold their codec, else encoded (as Opus in WebM, as AAC elsewhere). Where there
    is nothing to take, `video` stays as it is. Raises MediaError when `audio_from` is no media file.
    """
    deadline = Deadline(media_at(audio_from), _TIME_LIMIT_S)
    with open_container(audio_from, deadline) as source, av.open(str(video)) as silent:
        if not source.streams.audio:
            return AudioOutcome.NO_AUDIO
        audio, picture = source.streams.audio[0], silent.streams.video[0]
        if not is_decodable(audio):
            return AudioOutcome.DAMAGED
        begin_s, length_s = _start_s(source) + start_s, announced_duration_s(silent, picture) or 0.0
        try:
            copies = audio.codec_context.codec.canonical_name in _CODECS_OF[container_format]
            is_iso = container_format in _ISO
            hides = not copies or is_iso
            options = MUXER_OPTIONS if is_iso else {"fflags": "+bitexact"}
            packets = list(_packets_within(source, audio, begin_s, length_s, hides, deadline))
            if not packets:
                return AudioOutcome.ELSEWHERE
            with (
                whole_file(video) as both,
                av.open(str(both), "w", format=container_format, options=options) as out,
            ):
                out.metadata.update(silent.metadata)
                picture_out = out.add_stream_from_template(picture)
                picture_out.metadata.update(picture.metadata)  # WebM says there that pictures have alpha
                write_sound = _copied if copies else _encoded
                sound: list[Packet[Any]] = list(write_sound(out, audio, packets, begin_s, length_s))
                for packet in heapq.merge(
                    _picture_packets(silent, picture, picture_out), sound, key=_decoded_at_s
                ):
                    out.mux(packet)
        except av.error.FFmpegError:
            return AudioOutcome.DAMAGED
    if copies:
        return AudioOutcome.COPIED
    return AudioOutcome.REENCODED_OPUS if container_format in _ENCODERS else AudioOutcome.REENCODED


def _start_s(source: InputContainer) -> float:
    for stream in source.streams.video:
        if stream.start_time is not None:
            return float(stream.start_time * tick_s(stream))
    return 0.0


def _packets_within(
    source: InputContainer,
    audio: AudioStream,
    start_s: float,
    length_s: float,
    hides: bool,
    deadline: Deadline,
) -> Iterator[Packet[AudioStream]]:
    """Yield the packets that are heard, and before them those that a decoder needs first: of what is heard itself only
    where the result `hides` it, of what its own container hides (an encoder's priming) always."""
    lead_in: list[Packet[AudioStream]] = []
    for packet in source.demux(audio):
        deadline.check()
        if packet.pts is None or packet.duration is None:
            continue
        if _end_s(packet) <= start_s:
            if _end_s(packet) > start_s - _LEAD_IN_S and (hides or packet.has_sidedata("skip_samples")):
                lead_in.append(packet)
        elif _begin_s(packet) < start_s + length_s:
            yield from lead_in
            lead_in.clear()
            yield packet


def _begin_s(packet: Packet[AudioStream]) -> float:
    return float((packet.pts or 0) * packet.time_base)


def _end_s(packet: Packet[AudioStream]) -> float:
    return float(((packet.pts or 0) + (packet.duration or 0)) * packet.time_base)


def _copied(
    out: OutputContainer,
    audio: AudioStream,
    packets: list[Packet[AudioStream]],
    start_s: float,
    length_s: float,
) -> list[Packet[AudioStream]]:
    """Move the packets to the new start; whole packets only, so the end may lie up to one packet behind. What lies
    before the start is there to be decoded: an edit list cuts it off."""
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
    codec, frame_size, rate = _ENCODERS.get(out.format.name, _ENCODER)
    rate = rate or audio.codec_context.sample_rate
    samples = _decoded(audio, packets, start_s, round(length_s * rate), rate)
    stream = cast("AudioStream", out.add_stream(codec, rate=rate, layout=_LAYOUT))
    encoded = []
    for position in range(0, samples.shape[1], frame_size):
        frame = AudioFrame.from_ndarray(
            np.ascontiguousarray(samples[:, position : position + frame_size]), "fltp", _LAYOUT
        )
        frame.sample_rate, frame.pts, frame.time_base = rate, position, Fraction(1, rate)
        encoded += stream.encode(frame)
    return encoded + stream.encode(None)


def _decoded(
    audio: AudioStream, packets: list[Packet[AudioStream]], start_s: float, count: int, rate: int
) -> NDArray[np.float32]:
    """Return stereo samples (2, count) in [-1, 1] at `rate` Hz from `start_s` on: each at its time, else silence.

    Times are rounded, in Matroska to milliseconds, so a piece follows the one before unless it is far from its end.
    """
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
) -> Iterator[Packet[Any]]:
    for packet in silent.demux(picture):
        if packet.size:
            packet.stream = picture_out
            yield packet


def _decoded_at_s(packet: Packet[Any]) -> float:
    return float((packet.dts or 0) * packet.time_base)
