"""Decoded frames as they are meant to be shown: whole pictures of interlaced ones, without what a crop leaves out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from fractions import Fraction

import av
from av.filter import Graph
from av.video.frame import VideoFrame

from sparkle.video.clean_aperture import Aperture
from sparkle.video.timed import Span, TimedFrame

# One picture for both fields, at the place of the first one in time; frames that are whole pass as they are.
_DEINTERLACE = ("bwdif", "mode=send_frame:parity=auto:deint=interlaced")


def deinterlaced(timed: Iterable[TimedFrame]) -> Iterator[TimedFrame]:
    """Make whole pictures of interlaced frames with the bwdif filter, which looks at the frames before and behind.

    As many frames come out as go in, at their times. Frames before the first interlaced one are not touched.
    """
    graph: Graph | None = None
    made_for: tuple[int, int, str] | None = None
    waiting: deque[Span] = deque()
    for shown, frame in timed:
        if graph is None and not frame.interlaced_frame:
            yield TimedFrame(shown, frame)
            continue
        kind = (frame.width, frame.height, frame.format.name)
        if graph is None or kind != made_for:
            if graph is not None:
                yield from _last_of(graph, waiting)
            graph, made_for = _graph(frame, *_DEINTERLACE), kind
        waiting.append(shown)
        graph.vpush(frame)
        yield from _ready(graph, waiting)
    if graph is not None:
        yield from _last_of(graph, waiting)


def cropped(timed: Iterable[TimedFrame], aperture: Aperture) -> Iterator[TimedFrame]:
    """Cut every frame to the part that its container says is the picture; frames of other sizes stay whole."""
    graph: Graph | None = None
    made_for: str | None = None
    for shown, frame in timed:
        place = aperture.place_in(frame.width, frame.height)
        if place is None:
            yield TimedFrame(shown, frame)
            continue
        if graph is None or made_for != frame.format.name:
            x, y, width, height = place
            graph = _graph(frame, "crop", f"w={width}:h={height}:x={x}:y={y}:exact=1")
            made_for = frame.format.name
        graph.vpush(frame)
        yield from _ready(graph, deque([shown]))


def _graph(frame: VideoFrame, name: str, arguments: str) -> Graph:
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width,
        height=frame.height,
        format=frame.format,
        time_base=frame.time_base or Fraction(1, 1000),
    )
    graph.link_nodes(source, graph.add(name, arguments), graph.add("buffersink")).configure()
    return graph


def _ready(graph: Graph, waiting: deque[Span]) -> Iterator[TimedFrame]:
    while waiting:
        try:
            frame = graph.vpull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        yield TimedFrame(waiting.popleft(), frame)


def _last_of(graph: Graph, waiting: deque[Span]) -> Iterator[TimedFrame]:
    graph.vpush(None)
    yield from _ready(graph, waiting)
