"""From decoded frames to RGB arrays of the wanted size, in one step: no larger picture is ever made."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from sparkle.video.orientation import orientation_of

_UNSPECIFIED_COLORSPACE = 2
# What players assume for pictures that do not say: BT.601 for standard definition, BT.709 above.
_LARGEST_SD_HEIGHT = 576

# Without these swscale darkens every picture by about one level, and again with every generation.
_UNBIASED = Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT


def display_size(frame: VideoFrame, pixel_aspect: Fraction | None) -> tuple[int, int]:
    """Return (width, height) as shown: upright, and with square pixels, given the stream's pixel aspect ratio."""
    width, height = frame.width, frame.height
    if pixel_aspect:
        width = max(round(width * pixel_aspect), 1)
    return (height, width) if orientation_of(frame).transpose else (width, height)


class FrameConverter:
    """Turns the frames of one stream into uint8 RGB (H, W, 3) arrays, upright, with square pixels.

    `size` is their (width, height), None for the size of the first frame as shown; `pixel_aspect` is the width
    of a stored pixel over its height. Depth, range and colour matrix are converted; transparent pixels are laid
    over black. A frame that comes several times in a row is converted once.
    """

    def __init__(self, size: tuple[int, int] | None, pixel_aspect: Fraction | None) -> None:
        self._size = size
        self._pixel_aspect = pixel_aspect
        self._reformatter = VideoReformatter()
        self._last: tuple[VideoFrame, NDArray[np.uint8]] | None = None

    def __call__(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """Convert one frame."""
        if self._last is None or self._last[0] is not frame:
            self._last = frame, self._convert(frame)
        return self._last[1]

    def _convert(self, frame: VideoFrame) -> NDArray[np.uint8]:
        orientation = orientation_of(frame)
        if self._size is None:
            self._size = display_size(frame, self._pixel_aspect)
        width, height = reversed(self._size) if orientation.transpose else self._size
        transparent = any(component.is_alpha for component in frame.format.components)
        rgb = self._reformatter.reformat(
            frame,
            width,
            height,
            "rgba" if transparent else "rgb24",
            src_colorspace=_assumed_colorspace(frame),
            dst_color_range=ColorRange.JPEG,
            interpolation=_UNBIASED | (Interpolation.AREA if width < frame.width else Interpolation.BICUBIC),
        )
        pixels = np.asarray(rgb.to_ndarray(), np.uint8)
        return np.ascontiguousarray(orientation.apply(_over_black(pixels) if transparent else pixels))


def _assumed_colorspace(frame: VideoFrame) -> int | None:
    if frame.colorspace != _UNSPECIFIED_COLORSPACE:
        return None
    return Colorspace.ITU601 if frame.height <= _LARGEST_SD_HEIGHT else Colorspace.ITU709


def _over_black(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    alpha = rgba[..., 3:].astype(np.uint16)
    return ((rgba[..., :3] * alpha + 127) // 255).astype(np.uint8)
