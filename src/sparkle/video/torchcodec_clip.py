"""Clips decoded by torchcodec: the frames that `read_clip` gives of a plain clip, for a third of its processor's time.

Pixels are not the same: colours, which are stored at half the resolution, are spread in another way (on ten published
clips 1.1 to 1.5 grey levels on average). Damaged picture data is hidden, where `read_clip` names the second.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sparkle.core.errors import MediaError, SetupError
from sparkle.core.extras import require
from sparkle.video.clip import MAX_CLIP_BYTES, Clip
from sparkle.video.conversion import ColourKind
from sparkle.video.probe import VideoInfo, probe

# What its failures are: of FFmpeg, of a file without pictures, of frames that are not there.
_FAILURES = (RuntimeError, ValueError, IndexError)


def require_torchcodec() -> Any:
    """Return torchcodec's decoder class.

    Raises MissingExtraError where it is not installed, SetupError where it is and its libraries are not found.
    """
    try:
        return require("torchcodec.decoders", "torchcodec", "decoding with torchcodec").VideoDecoder
    except (OSError, RuntimeError, ImportError) as error:
        reason = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise SetupError(
            f"torchcodec is installed, but cannot be loaded ({reason[:200]}); it needs FFmpeg's shared libraries and "
            'a build for this torch: see its documentation, or leave out decoder="torchcodec"'
        ) from error


def torchcodec_reader() -> Callable[[str | Path, int | None], Clip]:
    """Return `read_with_torchcodec`. Raises what `require_torchcodec` does, before a dataset is opened for nothing."""
    require_torchcodec()
    return read_with_torchcodec


def read_with_torchcodec(path: str | Path, frames: int | None = None) -> Clip:
    """Read the beginning of a clip, at most `frames` frames: uint8 RGB (T, H, W, 3), each at its own time.

    Raises MediaError for what is no video, is cut, or has pictures that torchcodec would show wrongly (HDR, wide
    colours, transparency, fields, pixels that are not square), and what `require_torchcodec` does.
    """
    decoder_class = require_torchcodec()
    info = probe(path)  # by PyAV, which opens nothing but this file and refuses pictures of any size
    _refuse_unfit(path, info)
    try:
        decoder = decoder_class(str(path), dimension_order="NHWC")
        announced = max(len(decoder), info.frame_count or 0)
        count = announced if frames is None else min(frames, announced)
        if count * info.width * info.height * 3 > MAX_CLIP_BYTES:
            raise MediaError(
                f"{path}: its frames take more than {MAX_CLIP_BYTES / 2**30:.0f} GB of memory; ask for fewer frames"
            )
        batch = decoder.get_frames_in_range(0, count)
    except _FAILURES as error:
        reason = " ".join(str(error).split())[:200]
        raise MediaError(f"{path}: torchcodec cannot read it to its end ({reason})") from error
    pixels = np.asarray(batch.data.numpy(), np.uint8)
    if pixels.shape[1:3] != (info.height, info.width):
        raise MediaError(
            f"{path}: torchcodec shows {pixels.shape[2]}x{pixels.shape[1]} pixels of {info.width}x{info.height}; "
            "read it with PyAV"
        )
    times = np.asarray(batch.pts_seconds.numpy(), np.float64)
    return Clip(pixels, info.fps, times - times[0])


def _refuse_unfit(path: str | Path, info: VideoInfo) -> None:
    kinds = {ColourKind.HDR: "HDR", ColourKind.WIDE: "of the colours of BT.2020"}
    what = kinds.get(info.colour)
    what = what or ("transparent" if info.has_alpha else "interlaced" if info.interlaced else None)
    if what is not None:
        raise MediaError(f"{path}: is {what}, which torchcodec shows wrongly; read it with PyAV")
