"""Writing videos the way the published clips are: H.264, yuv420p, BT.709, ready to stream."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import partial
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from sparkle.core.errors import MediaError
from sparkle.core.freed_memory import give_back_freed_memory
from sparkle.core.threads import in_order
from sparkle.store import whole_file
from sparkle.video.audio import MUXER_OPTIONS, AudioOutcome, add_audio

# The same frames must give the same bytes. With x264's lookahead thread and macroblock tree one file in twenty to forty
# came out different on a busy machine, even with one encoding thread; without them none in 320 did.
_ENCODER_OPTIONS = {"preset": "veryfast", "threads": "1", "x264-params": "sync-lookahead=0:mbtree=0"}
_BT709 = 1


def write_video(
    path: str | Path,
    frames: Iterable[NDArray[np.uint8]],
    fps: float,
    *,
    crf: int = 17,
    audio_from: str | Path | None = None,
) -> AudioOutcome:
    """Write `frames` to an mp4, whole or not at all, and say what became of the sound of `audio_from`.

    `frames` are uint8 RGB (H, W, 3) or gray (H, W), all of one size with even sides: an array (T, H, W, 3) or
    (T, H, W), or any iterable, of which one frame is held at a time. `crf` is x264's quality, 0..51, lower is
    better. The same input gives the same bytes. Raises MediaError for no frames, odd sides or changing sizes.
    """
    with whole_file(path) as temporary:
        _encode(temporary, frames, fps, crf, Path(path))
        give_back_freed_memory()  # what x264's threads held
        return add_audio(temporary, audio_from) if audio_from is not None else AudioOutcome.NOT_ASKED


def _encode(temporary: Path, frames: Iterable[NDArray[np.uint8]], fps: float, crf: int, path: Path) -> None:
    iterator = iter(frames)
    first = next(iterator, None)
    if first is None:
        raise MediaError(f"{path}: there are no frames to write")
    height, width = first.shape[:2]
    if width % 2 or height % 2:
        raise MediaError(f"{path}: H.264 needs even sides, the frames have {width}x{height}; use fit_size")
    rate = Fraction(fps).limit_denominator(1001)
    with av.open(str(temporary), "w", format="mp4", options=MUXER_OPTIONS) as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {**_ENCODER_OPTIONS, "crf": str(crf)}
        context = stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = ColorRange.MPEG
        convert = partial(_to_yuv, reformatter=VideoReformatter(), path=path, shape=first.shape)
        numbered = enumerate(chain([first], iterator))
        for index, frame in enumerate(in_order(convert, numbered, workers=1)):
            frame.pts, frame.time_base = index, 1 / rate
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _to_yuv(
    numbered: tuple[int, NDArray[np.uint8]], reformatter: VideoReformatter, path: Path, shape: tuple[int, ...]
) -> VideoFrame:
    index, pixels = numbered
    if pixels.shape != shape:
        raise MediaError(f"{path}: frame {index} has shape {pixels.shape}, the first has {shape}")
    rgb = VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "gray" if pixels.ndim == 2 else "rgb24")
    return reformatter.reformat(
        rgb,
        format="yuv420p",
        src_color_range=ColorRange.JPEG,
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
        interpolation=Interpolation.AREA | Interpolation.ACCURATE_RND,
    )
