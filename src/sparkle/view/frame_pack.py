"""Every frame of a clip as a picture of its own, in one stream: a page that holds them can show any frame at once.

A pack is a sequence of parts, each a big-endian uint32 length and as many bytes. The first is JSON {"fps", "width",
"height"}, each further one the JPEG of a frame, in order; where the clip breaks, the last one is JSON {"error"}.
Video elements of a page keep no common time: five of them drift by several frames. Pictures that are drawn by one
number cannot.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray

QUALITY = 88


def packed(fps: float, frames: Iterable[NDArray[np.uint8]]) -> Iterator[bytes]:
    """Yield the parts of a pack, each with its length before it, as the frames come: uint8 (H, W, 3) or (H, W)."""
    started = False
    for frame in frames:
        if not started:
            header = {"fps": fps, "width": frame.shape[1], "height": frame.shape[0]}
            yield _part(json.dumps(header).encode())
            started = True
        yield _part(jpeg(frame))


def fault_part(message: str) -> bytes:
    """Return the part that ends the pack of a clip that breaks."""
    return _part(json.dumps({"error": message}).encode())


def unpacked(content: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Return the header and the JPEGs of a pack. Raises ValueError for one that is cut."""
    parts, at = [], 0
    while at < len(content):
        (size,) = struct.unpack_from(">I", content, at)
        at += 4 + size
        if at > len(content):
            raise ValueError("the pack is cut")
        parts.append(content[at - size : at])
    return json.loads(parts[0]), parts[1:]


def jpeg(frame: NDArray[np.uint8], quality: int = QUALITY) -> bytes:
    """Return a picture, uint8 (H, W, 3) or (H, W), as JPEG; colours keep their full resolution."""
    buffer = io.BytesIO()
    PIL.Image.fromarray(np.ascontiguousarray(frame)).save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()


def moving_picture(frames: Iterable[NDArray[np.uint8]], fps: float, quality: int = 70) -> bytes:
    """Return frames, uint8 (H, W, 3), at least one, as an animated WebP that plays again and again."""
    first, *rest = (PIL.Image.fromarray(np.ascontiguousarray(frame)) for frame in frames)
    buffer = io.BytesIO()
    first.save(
        buffer,
        "WEBP",
        save_all=True,
        append_images=rest,
        duration=round(1000 / fps),
        loop=0,
        quality=quality,
        method=2,
    )
    return buffer.getvalue()


def _part(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content
