"""Odd but good media files: light of HDR, fields, crops, transparency, streams joined end to end."""

import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.bitstream import BitStreamFilterContext
from av.filter import Graph
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from numpy.typing import NDArray
from tests.video.tiny_media import HEIGHT, WIDTH, moving_bar

BT709, PQ, HLG, BT2020, RGB = 1, 16, 18, 9, 0
TS_PACKET = 188


def write_light(path: Path, codes: NDArray[np.float64], transfer: int, primaries: int) -> Path:
    """Write colours as vertical bars: `codes` (N, 3) are RGB in 0..1 of the file's own space."""
    values = np.round(np.repeat(np.repeat(codes[None], 32, axis=0), 16, axis=1) * 1023).astype("<u2")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=16)
        stream.height, stream.width = values.shape[:2]
        stream.pix_fmt = "gbrp10le"
        context = stream.codec_context
        context.color_trc, context.color_primaries, context.colorspace = transfer, primaries, RGB
        frame = VideoFrame(values.shape[1], values.shape[0], "gbrp10le")
        for plane, channel in zip(frame.planes, (1, 2, 0), strict=True):
            rows = np.zeros((values.shape[0], plane.line_size // 2), "<u2")
            rows[:, : values.shape[1]] = values[..., channel]
            plane.update(rows.tobytes())
        frame.color_trc, frame.color_primaries, frame.colorspace = transfer, primaries, RGB
        for index in range(2):
            frame.pts, frame.time_base = index, Fraction(1, 16)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_fields(path: Path, moments: NDArray[np.uint8], codec: str = "libx264") -> Path:
    """Write pairs of moments (2T, H, W, 3) as interlaced frames, the upper lines first."""
    graph = Graph()
    source = graph.add_buffer(
        width=moments.shape[2],
        height=moments.shape[1],
        format=VideoFormat("yuv420p"),
        time_base=Fraction(1, 16),
    )
    graph.link_nodes(source, graph.add("setfield", "mode=tff"), graph.add("buffersink")).configure()
    with av.open(str(path), "w") as container:
        quality = {"x264-params": "qp=1"} if codec == "libx264" else {"q": "1"}
        stream = container.add_stream(codec, rate=16, options={"flags": "+ilme+ildct", **quality})
        stream.height, stream.width, stream.pix_fmt = *moments.shape[1:3], "yuv420p"
        for index in range(len(moments) // 2):
            woven = moments[2 * index].copy()
            woven[1::2] = moments[2 * index + 1][1::2]
            frame = VideoFrame.from_ndarray(woven, "rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, 16)
            graph.vpush(frame)
            container.mux(stream.encode(graph.vpull()))
        container.mux(stream.encode(None))
    return path


def write_with_crop(path: Path, source: Path, left: int) -> Path:
    """Write the H.264 of `source` so that its own headers leave out `left` columns."""
    with av.open(str(source)) as before, av.open(str(path), "w") as container:
        stream = container.add_stream_from_template(before.streams.video[0])
        cut = BitStreamFilterContext(f"h264_metadata=crop_left={left}", before.streams.video[0], stream)
        for packet in before.demux(video=0):
            for changed in cut.filter(packet if packet.size else None):
                changed.stream = stream
                container.mux(changed)
    return path


def add_clean_aperture(
    path: Path, size: tuple[int, int], offset: tuple[int, int], change: Callable[[bytes], bytes] = bytes
) -> Path:
    """Put a `clap` box into an MP4 whose index lies behind its pictures: `size` around the middle plus `offset`."""
    numbers = (size[0], 1, size[1], 1, offset[0], 1, offset[1], 1)
    box = change(struct.pack(">I4sIIIIiIiI", 40, b"clap", *numbers))
    data = bytearray(path.read_bytes())
    begin = 0
    parents = []
    for kind, header in (
        *((name, 8) for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl")),
        (b"stsd", 16),
        (b"avc1", 0),
    ):
        place = data.index(kind, begin) - 4
        parents.append(place)
        begin = place + header
    entry_end = parents[-1] + struct.unpack_from(">I", data, parents[-1])[0]
    data[entry_end:entry_end] = box
    for place in parents:
        struct.pack_into(">I", data, place, struct.unpack_from(">I", data, place)[0] + len(box))
    path.write_bytes(data)
    return path


def write_transport_stream(path: Path, first: int, count: int, begin_s: float, width: int = WIDTH) -> Path:
    """Write the frames `first` to `first + count` of the moving bar from a moment on."""
    frames = moving_bar(first + count, width, HEIGHT)[first:]
    with av.open(str(path), "w", format="mpegts", options={"muxdelay": "0", "muxpreload": "0"}) as container:
        stream = container.add_stream("libx264", rate=16, options={"bf": "0", "qp": "4"})
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], "yuv420p"
        stream.codec_context.time_base = Fraction(1, 16)
        for index, pixels in enumerate(frames):
            frame = VideoFrame.from_ndarray(pixels, "rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = index + round(begin_s * 16), Fraction(1, 16)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def join(path: Path, *parts: Path, counted: bool) -> Path:
    """Put transport streams one behind the other; `counted` numbers their packets anew, so that none seems lost."""
    data = bytearray(b"".join(part.read_bytes() for part in parts))
    counters: dict[int, int] = {}
    for begin in range(0, len(data) if counted else 0, TS_PACKET):
        identity = (data[begin + 1] & 0x1F) << 8 | data[begin + 2]
        if data[begin + 3] & 0x10:
            counters[identity] = (counters.get(identity, -1) + 1) % 16
        data[begin + 3] = data[begin + 3] & 0xF0 | counters.get(identity, 0)
    path.write_bytes(data)
    return path
