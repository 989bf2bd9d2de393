"""Writing what an artist takes away: pictures at their own times, one after the other, in a container or as files."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Protocol, cast

import av
import numpy as np
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from sparkle.core.errors import MediaError
from sparkle.store import whole_file, whole_folder, write_text
from sparkle.video.audio import MUXER_OPTIONS, AudioOutcome, add_audio
from sparkle.video.delivery import CODECS, CONTAINERS, Delivery
from sparkle.video.images import write_image
from sparkle.video.streaming import Picture

SEQUENCE_FILE = "sequence.json"

_BT709, _SRGB = 1, 13
_TICKS = (
    90_000  # a second; every usual rate is a whole number of them, or within a hundred-thousandth of a second
)


class Sink(Protocol):
    """Takes pictures in order. `audio` says, when all is written, what became of the sound."""

    audio: AudioOutcome

    def write(self, picture: Picture) -> None:
        """Take the next picture. Raises MediaError for one of another size than the first."""
        ...


@contextmanager
def sink(
    path: Path,
    rate: Fraction,
    delivery: Delivery,
    *,
    audio_from: Path | None = None,
    remarks: Mapping[str, str] | None = None,
) -> Iterator[Sink]:
    """Yield what takes pictures; when the block ends `path` is there, whole, and not at all when it raises.

    All pictures have one size; a column or a row that 4:2:0 cannot hold is left away. With `delivery.alpha` each has
    one, and its `frame` is straight, not multiplied with it. `rate` is the average rate; the sound of `audio_from` is
    taken from the time of the first picture on; `remarks` go into the file's metadata. Raises MediaError for no
    pictures.
    """
    if delivery.pattern is not None:
        with whole_folder(path.parent) as folder:
            files = _Files(folder, delivery, path)
            yield files
            files.finish(rate, remarks or {})
        return
    with whole_file(path) as temporary:
        muxer, *_, options = CONTAINERS[delivery.suffix]
        with av.open(str(temporary), "w", format=muxer, options=options) as container:
            container.metadata.update(remarks or {})
            stream = _Stream(container, rate, delivery, path)
            yield stream
            stream.finish()
        if audio_from is not None:
            stream.audio = add_audio(temporary, audio_from, start_s=stream.begin_s, container_format=muxer)


def deliver(
    path: Path,
    pictures: Iterable[Picture],
    rate: Fraction,
    delivery: Delivery,
    *,
    audio_from: Path | None = None,
    remarks: Mapping[str, str] | None = None,
) -> AudioOutcome:
    """Write all pictures to a `sink` and say what became of the sound."""
    with sink(path, rate, delivery, audio_from=audio_from, remarks=remarks) as written:
        for picture in pictures:
            written.write(picture)
    return written.audio


class _Stream:
    """Converts and encodes: the next picture is converted while the one before is encoded."""

    def __init__(self, container: OutputContainer, rate: Fraction, delivery: Delivery, path: Path) -> None:
        self.audio = AudioOutcome.NOT_ASKED
        self.begin_s = 0.0
        self._container, self._rate, self._delivery, self._path = container, rate, delivery, path
        self._stream: VideoStream | None = None
        self._shape: tuple[int, ...] = ()
        self._reformatter = VideoReformatter()
        self._worker = ThreadPoolExecutor(1)
        self._waiting: deque[Future[VideoFrame]] = deque()

    def write(self, picture: Picture) -> None:
        """See Sink."""
        if self._stream is None:
            codec = CODECS[self._delivery.codec]
            self._stream = cast("VideoStream", self._container.add_stream(codec.encoder, rate=self._rate))
            _set_up(self._stream, picture.frame.shape, self._delivery)
            self._shape, self.begin_s = picture.frame.shape, picture.time_s
        if picture.frame.shape != self._shape:
            raise MediaError(
                f"{self._path}: a picture has shape {picture.frame.shape}, the first {self._shape}"
            )
        self._waiting.append(self._worker.submit(self._converted, self._stream, picture))
        if len(self._waiting) > 2:
            self._container.mux(self._stream.encode(self._waiting.popleft().result()))

    def finish(self) -> None:
        """Encode what waits, and end the stream."""
        if self._stream is None:
            raise MediaError(f"{self._path}: there are no pictures to write")
        for each in self._waiting:
            self._container.mux(self._stream.encode(each.result()))
        self._container.mux(self._stream.encode(None))
        self._worker.shutdown()

    def _converted(self, stream: VideoStream, picture: Picture) -> VideoFrame:
        pixels = _pixels(picture, self._delivery, self._path)[: stream.height, : stream.width]
        rgb = VideoFrame.from_ndarray(np.ascontiguousarray(pixels), _format(pixels))
        is_rgb = str(stream.pix_fmt) in ("rgb24", "rgba")
        frame = self._reformatter.reformat(
            rgb,
            format=str(stream.pix_fmt),
            src_color_range=ColorRange.JPEG,
            dst_colorspace=None if is_rgb else Colorspace.ITU709,
            dst_color_range=ColorRange.JPEG if is_rgb else ColorRange.MPEG,
            interpolation=Interpolation.AREA | Interpolation.ACCURATE_RND,
        )
        frame.color_primaries, frame.color_trc = (
            _BT709,
            _SRGB if is_rgb else _BT709,
        )  # ProRes takes them from here
        frame.pts = round((picture.time_s - self.begin_s) * _TICKS)
        frame.time_base = Fraction(1, _TICKS)
        return frame


class _Files:
    """Writes a PNG for every picture, numbered from 0, and their times beside them."""

    def __init__(self, folder: Path, delivery: Delivery, path: Path) -> None:
        self.audio = AudioOutcome.NOT_ASKED
        self._folder, self._delivery, self._path = folder, delivery, path
        self._times: list[float] = []
        self._worker = ThreadPoolExecutor(1)
        self._waiting: deque[Future[None]] = deque()

    def write(self, picture: Picture) -> None:
        """See Sink."""
        name = str(self._delivery.pattern) % len(self._times)
        self._times.append(picture.time_s)
        pixels = _pixels(picture, self._delivery, self._path)
        self._waiting.append(self._worker.submit(write_image, self._folder / name, pixels))
        if len(self._waiting) > 2:
            self._waiting.popleft().result()

    def finish(self, rate: Fraction, remarks: Mapping[str, str]) -> None:
        """Wait for the last files, and write when each is shown."""
        if not self._times:
            raise MediaError(f"{self._path}: there are no pictures to write")
        for each in self._waiting:
            each.result()
        self._worker.shutdown()
        times = [round(time - self._times[0], 6) for time in self._times]
        told = {"pattern": self._delivery.pattern, "rate": str(rate), "times": times, **remarks}
        write_text(self._folder / SEQUENCE_FILE, json.dumps(told, indent=1) + "\n")


def _pixels(picture: Picture, delivery: Delivery, path: Path) -> NDArray[np.uint8]:
    if not delivery.alpha:
        return picture.frame
    if picture.alpha is None:
        raise MediaError(f"{path}: a picture has no alpha, but is to be written with it")
    return np.dstack([picture.frame, picture.alpha])


def _format(pixels: NDArray[np.uint8]) -> str:
    return "gray" if pixels.ndim == 2 else "rgba" if pixels.shape[2] == 4 else "rgb24"


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
    context.color_primaries = _BT709
    if "rgb" in str(pixel_format):
        context.color_trc = _SRGB
    else:
        context.color_trc = context.colorspace = _BT709
        context.color_range = ColorRange.MPEG


def copy_with_remarks(source: Path, path: Path, remarks: Mapping[str, str]) -> None:
    """Copy a video, packet by packet, into an .mp4 at `path` that says more of itself, whole or not at all."""
    with (
        whole_file(path) as temporary,
        av.open(str(source)) as read,
        av.open(str(temporary), "w", format="mp4", options=MUXER_OPTIONS) as written,
    ):
        written.metadata.update({**read.metadata, **remarks})
        streams = {each.index: written.add_stream_from_template(each) for each in read.streams}
        for packet in read.demux():
            if packet.size:
                packet.stream = streams[packet.stream.index]
                written.mux(packet)
