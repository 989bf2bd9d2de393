"""What a clip is, told by decoding all of it, or by its first picture and the count of its packets.

That a later picture is damaged within its packet only the whole can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sparkle.core.errors import MediaError
from sparkle.video.decoding import decode, decode_stored
from sparkle.video.opening import Deadline, open_video

TIME_LIMIT_S = 120.0
MOST_FRAMES = 2000
MOST_PIXELS = 4096 * 4096
BEGINNING = 1

See = Callable[[VideoFrame], None]


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What a clip is. `fps` is the container's average rate."""

    codec: str
    pixel_format: str
    width: int
    height: int
    fps: float
    frames: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}, {self.fps:g} fps, {self.frames} frames"


ReadClip = Callable[[Path, See], ClipFacts]


def read_clip_facts(path: Path, see: See = lambda frame: None) -> ClipFacts:
    """Decode every frame of a video, show each to `see`, and say what the clip is.

    Raises MediaError when it is not whole.
    """
    deadline = Deadline(path, TIME_LIMIT_S)
    with open_video(path, deadline) as (container, stream):
        frames = 0
        for _, frame in decode(container, stream, deadline):
            _check_size(path, frame)
            see(frame)
            frames = _one_more(path, frames)
        return _facts(stream, frames)


def read_beginning(path: Path, see: See = lambda frame: None) -> ClipFacts:
    """Decode the first frame of a video, show it to `see`, and count the packets of all that are meant to be shown.

    Raises MediaError when that frame is damaged or packets are missing.
    """
    deadline = Deadline(path, TIME_LIMIT_S)
    # One thread: others would begin pictures that nobody asks for.
    with open_video(path, deadline, threads=1) as (container, stream):
        packets = _Packets(path, container, stream)
        pictures = decode_stored(container, stream, deadline, packets=packets.first())
        for _, frame in islice(pictures, 1):
            _check_size(path, frame)
            see(frame)
        packets.count_rest(deadline)
        return _facts(stream, packets.shown)


class _Packets:
    """A stream's packets: those that a decoder asks for, and how many there are, `shown`."""

    def __init__(self, path: Path, container: InputContainer, stream: VideoStream) -> None:
        self._path, self._packets = path, container.demux(stream)
        self.shown = 0

    def first(self) -> Iterator[Packet[VideoStream]]:
        for packet in self._packets:
            self._count(packet)
            yield packet

    def count_rest(self, deadline: Deadline) -> None:
        for packet in self._packets:
            deadline.check()
            if packet.is_corrupt:
                raise MediaError(f"{self._path}: a part of the file is missing")
            self._count(packet)

    def _count(self, packet: Packet[VideoStream]) -> None:
        if packet.size and not packet.is_discard:
            self.shown = _one_more(self._path, self.shown)


def _one_more(path: Path, frames: int) -> int:
    if frames == MOST_FRAMES:
        raise MediaError(f"{path}: has more than {MOST_FRAMES} frames, the most that a clip may have")
    return frames + 1


def _check_size(path: Path, frame: VideoFrame) -> None:
    if frame.width * frame.height > MOST_PIXELS:
        raise MediaError(f"{path}: has {frame.width}x{frame.height} pixels, more than a clip may have")


def _facts(stream: VideoStream, frames: int) -> ClipFacts:
    context = stream.codec_context
    rate = float(stream.average_rate or 0)
    return ClipFacts(context.name, str(context.pix_fmt), context.width, context.height, rate, frames)
