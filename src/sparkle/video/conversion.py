"""From decoded frames to RGB arrays of the wanted size, in one step: no larger picture is ever made."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from sparkle.video.light import is_bright, is_wide, to_bt709
from sparkle.video.orientation import orientation_of

_UNSPECIFIED_COLORSPACE = 2
_LARGEST_SD_HEIGHT, _SMALLEST_HD_WIDTH = 576, 1280

# Without these swscale darkens every picture by about one level, and again with every generation.
_UNBIASED = Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT


class UntaggedColour(StrEnum):
    """How pictures that do not name their colour matrix are read.

    `BT601`: as the loaders of the models do, whatever their size; `BY_SIZE`: as players do, BT.709 for what is larger
    than standard definition.
    """

    BT601 = "bt601"
    BY_SIZE = "by_size"

    def matrix(self, width: int, height: int) -> str:
        """Return "BT.601" or "BT.709", for stored pictures of a size."""
        large = width >= _SMALLEST_HD_WIDTH or height > _LARGEST_SD_HEIGHT
        return "BT.709" if self is UntaggedColour.BY_SIZE and large else "BT.601"


class ColourKind(StrEnum):
    """What a frame says of its colours."""

    TAGGED = "tagged"
    UNTAGGED = "untagged"
    WIDE = "BT.2020"
    HDR = "HDR"


def colour_kind(frame: VideoFrame) -> ColourKind:
    """Tell what a frame says of its colours; RGB is what it says."""
    if is_bright(frame):
        return ColourKind.HDR
    if is_wide(frame):
        return ColourKind.WIDE
    unsaid = frame.colorspace == _UNSPECIFIED_COLORSPACE and not frame.format.is_rgb
    return ColourKind.UNTAGGED if unsaid else ColourKind.TAGGED


def display_size(frame: VideoFrame, pixel_aspect: Fraction | None) -> tuple[int, int]:
    """Return (width, height) as shown: upright, and with square pixels, given the stream's pixel aspect ratio."""
    width, height = frame.width, frame.height
    if pixel_aspect:
        width = max(round(width * pixel_aspect), 1)
    return (height, width) if orientation_of(frame).transpose else (width, height)


def has_alpha(frame: VideoFrame) -> bool:
    """Tell whether a frame says how opaque each pixel is."""
    return any(component.is_alpha for component in frame.format.components)


class FrameConverter:
    """Turns the frames of one stream into uint8 RGB (H, W, 3) arrays of BT.709, upright, with square pixels.

    `size` is their (width, height), None for the size of the first frame as shown; `pixel_aspect` is the width
    of a stored pixel over its height. Depth, range, matrix, primaries and light (see `light`) are converted;
    transparent pixels are laid over black. A frame that comes several times in a row is converted once.
    """

    def __init__(
        self,
        size: tuple[int, int] | None,
        pixel_aspect: Fraction | None,
        untagged: UntaggedColour = UntaggedColour.BT601,
    ) -> None:
        self._size = size
        self._pixel_aspect = pixel_aspect
        self._untagged = untagged
        self._reformatter = VideoReformatter()
        self._last: tuple[VideoFrame, NDArray[np.uint8]] | None = None

    def __call__(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """Convert one frame."""
        if self._last is None or self._last[0] is not frame:
            self._last = frame, self._convert(frame)
        return self._last[1]

    def with_alpha(self, frame: VideoFrame) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
        """Convert one frame; beside it, how opaque each pixel is, uint8 (H, W), 255 for opaque, where it tells."""
        picture = self(frame)
        if not has_alpha(frame):
            return picture, None
        return picture, np.ascontiguousarray(
            orientation_of(frame).apply(self._reformatted(frame, "rgba"))[..., 3]
        )

    def _convert(self, frame: VideoFrame) -> NDArray[np.uint8]:
        if is_bright(frame) or is_wide(frame):
            pixels = to_bt709(np.asarray(self._reformatted(frame, "rgb48le"), np.uint16), frame)
        elif has_alpha(frame):
            pixels = _over_black(self._reformatted(frame, "rgba"))
        else:
            pixels = self._reformatted(frame, "rgb24")
        return np.ascontiguousarray(orientation_of(frame).apply(pixels))

    def _reformatted(self, frame: VideoFrame, pixel_format: str) -> NDArray[np.uint8]:
        if self._size is None:
            self._size = display_size(frame, self._pixel_aspect)
        width, height = reversed(self._size) if orientation_of(frame).transpose else self._size
        rgb = self._reformatter.reformat(
            frame,
            width,
            height,
            pixel_format,
            src_colorspace=self._assumed_colorspace(frame),
            dst_color_range=ColorRange.JPEG,
            interpolation=_UNBIASED | (Interpolation.AREA if width < frame.width else Interpolation.BICUBIC),
        )
        return np.asarray(rgb.to_ndarray())

    def _assumed_colorspace(self, frame: VideoFrame) -> int | None:
        if frame.colorspace != _UNSPECIFIED_COLORSPACE:
            return None
        matrix = self._untagged.matrix(frame.width, frame.height)
        return Colorspace.ITU709 if matrix == "BT.709" else Colorspace.ITU601


def _over_black(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    alpha = rgba[..., 3:].astype(np.uint16)
    return ((rgba[..., :3] * alpha + 127) // 255).astype(np.uint8)
