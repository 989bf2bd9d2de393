"""A decoded frame and when it is on the screen."""

from __future__ import annotations

from typing import NamedTuple

from av.video.frame import VideoFrame


class Span(NamedTuple):
    """When a frame is on the screen, in seconds from the first; `end_s` counts where no other frame follows."""

    begin_s: float
    end_s: float


class TimedFrame(NamedTuple):
    """A decoded frame and when it is shown."""

    shown: Span
    frame: VideoFrame
