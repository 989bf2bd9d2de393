"""Pictures brighter than a screen: OpenEXR, Radiance, and PNG that says PQ or HLG, brought down as HDR videos are."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from sparkle.core.errors import MediaError
from sparkle.store import open_plain
from sparkle.video.conversion import FrameConverter
from sparkle.video.light import linear_to_bt709
from sparkle.video.opening import Deadline, open_video

LINEAR_SUFFIXES = frozenset({".exr", ".hdr"})
_TIME_LIMIT_S = 120.0
_PNG_HEAD_BYTES = 2**16  # chunks that describe the colours stand before the pixels


def is_bright_image(path: str | Path) -> bool:
    """Tell whether a picture holds light, or codes of light, rather than the colours of a screen."""
    suffix = Path(path).suffix.lower()
    if suffix in LINEAR_SUFFIXES:
        return True
    if suffix != ".png" or not Path(path).is_file():
        return False
    with open_plain(path) as file:
        return b"cICP" in file.read(_PNG_HEAD_BYTES).partition(b"IDAT")[0]


def read_bright_image(path: str | Path) -> NDArray[np.uint8]:
    """Read such a picture as uint8 RGB (H, W, 3) of BT.709; transparent pixels over black.

    Linear values are taken as of BT.709's primaries, 1 as a white of 203 nits. Raises MediaError for what is none.
    """
    with open_video(path, Deadline(Path(path), _TIME_LIMIT_S)) as (container, stream):
        try:
            frame = next(container.decode(stream))
        except (av.error.FFmpegError, StopIteration) as error:
            raise MediaError(
                f"{path}: cannot be decoded ({error}); export it again, as PNG or JPEG"
            ) from None
        if Path(path).suffix.lower() not in LINEAR_SUFFIXES:
            return FrameConverter(None, stream.sample_aspect_ratio)(frame)
        return linear_to_bt709(_linear(frame))


def _linear(frame: VideoFrame) -> NDArray[np.float32]:
    floats = frame.format.name if frame.format.name in ("gbrpf32le", "gbrapf32le") else "gbrpf32le"
    return np.asarray(frame.reformat(format=floats).to_ndarray(), np.float32)[..., :3]
