"""A video of any length, one picture at a time and at its own times."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sparkle.core.errors import MediaError
from sparkle.core.threads import in_order
from sparkle.video.conversion import FrameConverter, UntaggedColour
from sparkle.video.decoding import decode
from sparkle.video.media import media_at
from sparkle.video.opening import Deadline, open_video
from sparkle.video.timed import TimedFrame

# Whoever reads pictures one by one decides how long that takes; the file itself must answer within this.
_TIME_LIMIT_S = 7 * 24 * 3600.0


class Span(NamedTuple):
    """A part of a clip: the pictures that begin within [`start_s`, `end_s`), in seconds from the first one."""

    start_s: float = 0.0
    end_s: float = math.inf


WHOLE = Span()


class Picture(NamedTuple):
    """One picture of a video: uint8 RGB (H, W, 3), shown from `time_s` seconds after the first one on.

    `alpha` is uint8 (H, W), 255 where the source says that a pixel is opaque; None where it says nothing.
    """

    time_s: float
    frame: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None = None


def stream_pictures(
    path: str | Path,
    *,
    size: tuple[int, int] | None = None,
    start_s: float = 0.0,
    end_s: float = math.inf,
    untagged: UntaggedColour = UntaggedColour.BT601,
) -> Iterator[Picture]:
    """Yield every picture of a video that begins within [`start_s`, `end_s`), upright, with square pixels.

    `size` is their (width, height), None for the size as shown. A few pictures are held at a time. Raises MediaError
    for a file that is no video or that breaks, and where no picture begins in the span.
    """
    deadline = Deadline(media_at(path), _TIME_LIMIT_S)
    seen = False
    with open_video(path, deadline) as (container, stream):
        convert = FrameConverter(size, stream.sample_aspect_ratio, untagged)

        def converted(timed: TimedFrame) -> Picture:
            return Picture(timed.shown.begin_s, *convert.with_alpha(timed.frame))

        for picture in in_order(
            converted, _within(decode(container, stream, deadline), start_s, end_s), workers=1
        ):
            seen = True
            yield picture
    if not seen:
        raise MediaError(f"{path}: shows no picture between {start_s:g} s and {end_s:g} s; it is over before")


def _within(timed: Iterator[TimedFrame], start_s: float, end_s: float) -> Iterator[TimedFrame]:
    for each in timed:
        if each.shown.begin_s >= end_s:
            return
        if each.shown.begin_s >= start_s - 1e-6:
            yield each
