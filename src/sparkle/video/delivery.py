"""Writing what an artist takes away: pictures at their own times, in the container and codec that the name asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from av.video.stream import VideoStream

from sparkle.core.errors import MediaError, SetupError
from sparkle.core.threads import in_order
from sparkle.store import whole_file
from sparkle.video.audio import AudioOutcome, add_audio
from sparkle.video.streaming import Picture

_BT709 = 1
_TICKS = (
    90_000  # a second; every usual rate is a whole number of them, or within a hundred-thousandth of a second
)


@dataclass(frozen=True, slots=True)
class Codec:
    """How a codec is written: FFmpeg's names, the pixel formats without and with alpha (None: it has none), options.

    `crf` is the quality that is taken where none is asked for; None for codecs that have no such number.
    """

    encoder: str
    pixel_format: str
    alpha_format: str | None
    crf: int | None
    options: Mapping[str, str] = field(default_factory=dict)


CODECS: dict[str, Codec] = {
    "h264": Codec("libx264", "yuv420p", None, 17, {"preset": "veryfast"}),
    "h265": Codec("libx265", "yuv420p", None, 20, {"preset": "fast", "x265-params": "log-level=error"}),
    "vp9": Codec(
        "libvpx-vp9",
        "yuv420p",
        "yuva420p",
        24,
        {"b": "0", "row-mt": "1", "cpu-used": "4", "deadline": "good"},
    ),
    "prores": Codec("prores_ks", "yuv422p10le", "yuva444p10le", None, {"vendor": "apl0"}),
    "png": Codec("png", "rgb24", "rgba", None),
}

# Containers by suffix: FFmpeg's muxer, the codec without and with alpha, the codecs that they may hold, options.
CONTAINERS: dict[str, tuple[str, str, str | None, tuple[str, ...], dict[str, str]]] = {
    ".mp4": ("mp4", "h264", None, ("h264", "h265"), {"movflags": "+faststart"}),
    ".mov": ("mov", "h264", "prores", ("h264", "h265", "prores", "png"), {"movflags": "+faststart"}),
    ".webm": ("webm", "vp9", "vp9", ("vp9",), {}),
    ".mkv": ("matroska", "h264", "vp9", ("h264", "h265", "vp9", "prores", "png"), {}),
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a video is written. `crf` None is the codec's own quality; `alpha` says whether pictures are RGBA."""

    suffix: str
    codec: str
    crf: int | None = None
    alpha: bool = False


def delivery_for(
    path: Path, *, codec: str | None = None, crf: int | None = None, alpha: bool = False
) -> Delivery:
    """Return how `path` is to be written, by its suffix. Raises SetupError for what cannot be, with what can."""
    suffix = path.suffix.lower()
    if suffix not in CONTAINERS:
        raise SetupError(f"{path}: videos are written as {', '.join(CONTAINERS)}; give one of these suffixes")
    _, usual, with_alpha, holds, _ = CONTAINERS[suffix]
    chosen = codec or (with_alpha if alpha else usual)
    if chosen is None:
        raise SetupError(f"{path}: {suffix} holds no transparency; write .mov (ProRes 4444) or .webm (VP9)")
    if chosen not in CODECS:
        raise SetupError(f"unknown codec {chosen!r}; known: {', '.join(CODECS)}")
    if chosen not in holds:
        raise SetupError(f"{path}: {suffix} holds {', '.join(holds)}, not {chosen}")
    if alpha and CODECS[chosen].alpha_format is None:
        able = ", ".join(name for name in holds if CODECS[name].alpha_format)
        raise SetupError(f"{chosen} holds no transparency; in {suffix}: {able or 'none'}")
    if crf is not None and CODECS[chosen].crf is None:
        raise SetupError(f"{chosen} has no crf; leave it out")
    if crf is not None and not 0 <= crf <= 63:
        raise SetupError(f"crf is a number from 0 to 63, got {crf}")
    return Delivery(suffix, chosen, crf, alpha)


def deliver(
    path: Path,
    pictures: Iterable[Picture],
    rate: Fraction,
    delivery: Delivery,
    *,
    audio_from: Path | None = None,
    start_s: float = 0.0,
    remarks: Mapping[str, str] | None = None,
) -> AudioOutcome:
    """Write pictures at their own times, whole or not at all, and say what became of the sound of `audio_from`.

    All pictures have one size; a column or a row that 4:2:0 cannot hold is left away. With `delivery.alpha` each has
    one, and its `frame` is straight, not multiplied with it. `rate` is the average rate; the sound is taken from
    `start_s` seconds of its source on; `remarks` go into the file's metadata. Raises MediaError for no pictures or
    changing sizes.
    """
    with whole_file(path) as temporary:
        _encode(temporary, pictures, rate, delivery, path, remarks or {})
        if audio_from is None:
            return AudioOutcome.NOT_ASKED
        return add_audio(
            temporary, audio_from, start_s=start_s, container_format=CONTAINERS[delivery.suffix][0]
        )


def _encode(
    temporary: Path,
    pictures: Iterable[Picture],
    rate: Fraction,
    delivery: Delivery,
    path: Path,
    remarks: Mapping[str, str],
) -> None:
    iterator = iter(pictures)
    first = next(iterator, None)
    if first is None:
        raise MediaError(f"{path}: there are no pictures to write")
    muxer, *_, options = CONTAINERS[delivery.suffix]
    with av.open(str(temporary), "w", format=muxer, options=options) as container:
        container.metadata.update(remarks)
        stream = cast("VideoStream", container.add_stream(CODECS[delivery.codec].encoder, rate=rate))
        _set_up(stream, first.frame.shape, delivery)
        convert = _Converter(stream, delivery, first, path)
        for frame in in_order(convert, chain([first], iterator), workers=1):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _set_up(stream: VideoStream, shape: tuple[int, ...], delivery: Delivery) -> None:
    codec = CODECS[delivery.codec]
    pixel_format = codec.alpha_format if delivery.alpha else codec.pixel_format
    stream.pix_fmt = pixel_format
    halves = "420" in str(pixel_format), "420" in str(pixel_format) or "422" in str(pixel_format)
    stream.height, stream.width = (
        side - side % 2 if halved else side for side, halved in zip(shape, halves, strict=False)
    )
    crf = codec.crf if delivery.crf is None else delivery.crf
    stream.options = {**codec.options, **({} if crf is None else {"crf": str(crf)})}
    if delivery.codec == "prores":
        stream.options = {**stream.options, "profile": "4" if delivery.alpha else "3"}
    context = stream.codec_context
    context.time_base = Fraction(1, _TICKS)
    if "rgb" not in str(pixel_format):
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = ColorRange.MPEG


class _Converter:
    """From pictures to frames of the encoder's format."""

    def __init__(self, stream: VideoStream, delivery: Delivery, first: Picture, path: Path) -> None:
        self._size = stream.width, stream.height
        self._format = str(stream.pix_fmt)
        self._alpha = delivery.alpha
        self._shape, self._begin_s, self._path = first.frame.shape, first.time_s, path
        self._reformatter = VideoReformatter()

    def __call__(self, picture: Picture) -> VideoFrame:
        if picture.frame.shape != self._shape:
            raise MediaError(
                f"{self._path}: a picture has shape {picture.frame.shape}, the first {self._shape}"
            )
        width, height = self._size
        pixels = picture.frame[:height, :width]
        if self._alpha:
            if picture.alpha is None:
                raise MediaError(f"{self._path}: a picture has no alpha, but is to be written with it")
            pixels = np.dstack([pixels, picture.alpha[:height, :width]])
        rgb = VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgba" if self._alpha else "rgb24")
        is_rgb = self._format in ("rgb24", "rgba")
        frame = self._reformatter.reformat(
            rgb,
            format=self._format,
            src_color_range=ColorRange.JPEG,
            dst_colorspace=None if is_rgb else Colorspace.ITU709,
            dst_color_range=ColorRange.JPEG if is_rgb else ColorRange.MPEG,
            interpolation=Interpolation.AREA | Interpolation.ACCURATE_RND,
        )
        frame.pts, frame.time_base = (
            round((picture.time_s - self._begin_s) * _TICKS),
            Fraction(1, _TICKS),
        )
        return frame
