"""Opening a media file that nobody vouches for: limited in time and size, and without side doors."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import av
from av.audio.stream import AudioStream
from av.codec.context import CodecContext, Flags
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from sparkle.core.errors import MediaError
from sparkle.store import Extent, open_plain
from sparkle.video.media import Media, Ranges, media_at

MAX_SIDE = 16_384
MAX_PIXELS = 100_000_000

# Formats that make FFmpeg read other files, devices or hosts than the one named, or draw text as video.
_REFUSED_FORMATS = {
    *("concat", "dash", "hls", "image2", "imf", "rtp", "rtsp", "sap", "sdp", "smoothstreaming", "tty"),
    *("alsa", "fbdev", "kmsgrab", "lavfi", "oss", "pulse", "v4l2", "video4linux2,v4l2", "webm_dash_manifest"),
}
_OPTIONS = {
    "format_whitelist": ",".join(sorted(av.formats_available - _REFUSED_FORMATS)),
    "protocol_whitelist": "file",
    "max_pixels": str(MAX_PIXELS),
}

# Frame threads hold several frames at once; more than this many gain little and cost memory.
DECODER_THREADS = 4


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment by which work on one file must be done."""

    path: Media
    limit_s: float
    started: float = field(default_factory=time.monotonic)

    def check(self) -> None:
        """Raise MediaError when the time is up."""
        if time.monotonic() - self.started > self.limit_s:
            raise self.error()

    def error(self) -> MediaError:
        """Return the error to raise when the time is up."""
        return MediaError(
            f"{self.path}: reading took longer than the limit of {self.limit_s:g} s; "
            "raise video.time_limit_s, or make a smaller copy with: ffmpeg -i IN -vf scale=-2:1080 OUT.mp4"
        )


@contextmanager
def open_video(
    path: str | Path | Extent, deadline: Deadline, threads: int = DECODER_THREADS
) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Yield the container and its first real video stream (cover art is none), ready for decoding in `threads`.

    Each thread begins a frame of its own, so whoever wants fewer frames than that asks for fewer threads.
    Raises MediaError with file, cause and remedy when there is none, or when its declared size is beyond
    MAX_SIDE or MAX_PIXELS.
    """
    with open_container(path, deadline) as container:
        stream = _video_stream(container, deadline.path)
        _check_declared_size(stream, deadline.path)
        stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
        stream.codec_context.flags |= Flags.unaligned  # else a crop is rounded to what is fast to copy
        stream.codec_context.thread_count = threads
        stream.thread_type = "AUTO"
        yield container, stream


@contextmanager
def open_container(path: str | Path | Extent, deadline: Deadline) -> Iterator[InputContainer]:
    """Yield an open container; raises MediaError with file, cause and remedy for what is no media file.

    Of an object behind an address only what FFmpeg reads is fetched.
    """
    media = media_at(path)
    if isinstance(media, Path):
        _check_file(media)
        with _opened(f"file:{media}", media, deadline) as container:
            yield container
        return
    with closing(Ranges(media)) as ranges:
        if not ranges.size:
            raise MediaError(f"{media}: the object is empty; upload it again")
        try:
            with _opened(ranges, media, deadline) as container:
                yield container
        except (MediaError, av.error.FFmpegError):
            if ranges.fault is not None:
                raise ranges.fault from None
            raise
        if ranges.fault is not None:
            raise ranges.fault


@contextmanager
def _opened(source: str | Ranges, path: Media, deadline: Deadline) -> Iterator[InputContainer]:
    try:
        container: InputContainer = av.open(
            cast(Any, source),  # PyAV's overloads know no class of ours
            options=_OPTIONS,
            timeout=deadline.limit_s,
            metadata_errors="replace",
        )
    except av.error.ExitError:
        raise deadline.error() from None
    except av.error.FFmpegError as error:
        raise MediaError(
            f"{path}: no video that FFmpeg can read ({error.strerror}); check that the download is complete "
            "and that the name says what the file is"
        ) from None
    with container:
        yield container


def _check_file(path: Path) -> None:
    try:
        if path.is_dir():
            raise MediaError(f"{path}: is a folder, not a video; name the files in it: {path}/*")
        if not path.exists():
            raise MediaError(f"{path}: no such file; check the path")
        if not path.is_file():
            raise MediaError(
                f"{path}: is no regular file (a pipe or a device); save the video to a file first"
            )
        with open_plain(path) as file:
            if not file.read(1):
                raise MediaError(f"{path}: the file is empty; download or export it again")
    except PermissionError:
        raise MediaError(f"{path}: may not be read; change its permissions (chmod +r)") from None
    except OSError as error:
        raise MediaError(f"{path}: cannot be read ({error.strerror}); check the disk and the path") from None


def _video_stream(container: InputContainer, path: Media) -> VideoStream:
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            if not is_decodable(stream):
                raise MediaError(f"{path}: its codec is unknown to FFmpeg; export the video again as H.264")
            return stream
    kind = "only sound" if container.streams.audio else "no video stream"
    raise MediaError(f"{path}: has {kind}; give a file with pictures")


def is_decodable(stream: AudioStream | VideoStream) -> bool:
    """Tell whether FFmpeg has a decoder for a stream."""
    context: CodecContext | None = stream.codec_context  # the stubs leave out that it may be None
    return context is not None


def _check_declared_size(stream: VideoStream, path: Media) -> None:
    width, height = stream.codec_context.width, stream.codec_context.height
    limits = f"{MAX_SIDE} a side and {MAX_PIXELS // 1_000_000} megapixels"
    if stream.codec_context.name == "webp" and width <= 0:
        raise MediaError(
            f"{path}: is an animated WebP, which FFmpeg cannot read; save it as a GIF or a video (Pillow reads it)"
        )
    if width <= 0 or height <= 0:  # FFmpeg forgets sizes above max_pixels
        raise MediaError(
            f"{path}: declares no picture size, or one beyond {limits}; scale it down, or export it again"
        )
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise MediaError(
            f"{path}: declares a picture of {width}x{height}, beyond {limits}; scale it down, or export it again"
        )
