"""The part of the stored picture that an MP4 or QuickTime file wants shown (its `clap` box).

FFmpeg's libraries read that box, but PyAV gives no access to what they found.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO

from sparkle.video.media import Media, open_media

_WAY = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
_SAMPLE_ENTRY_BYTES = 78  # of a visual sample entry, before the boxes within it
_MOST_BOXES = 10_000


@dataclass(frozen=True, slots=True)
class Aperture:
    """`width` x `height` pixels around a point `right` and `down` of the middle of a stored picture.

    `stored` is the (width, height) of the pictures that it speaks of.
    """

    stored: tuple[int, int]
    width: Fraction
    height: Fraction
    right: Fraction
    down: Fraction

    def place_in(self, width: int, height: int) -> tuple[int, int, int, int] | None:
        """Return (x, y, width, height) in whole pixels; None for other pictures, and where it says nothing of use."""
        if (width, height) != self.stored:
            return None
        shown_width, shown_height = round(self.width), round(self.height)
        x = round((width - shown_width) / Fraction(2) + self.right)
        y = round((height - shown_height) / Fraction(2) + self.down)
        inside = min(x, y) >= 0 and x + shown_width <= width and y + shown_height <= height
        if (
            not inside
            or shown_width < 1
            or shown_height < 1
            or (shown_width, shown_height) == (width, height)
        ):
            return None
        return x, y, shown_width, shown_height


def read_clean_aperture(path: Media) -> Aperture | None:
    """Return the aperture of the first track that has one, or None. What cannot be understood says nothing."""
    with open_media(path) as file:
        file.seek(0, 2)
        return _find(file, 0, file.tell(), 0, [_MOST_BOXES])


def _find(file: BinaryIO, begin: int, end: int, depth: int, left: list[int]) -> Aperture | None:
    for kind, inner, outer in _boxes(file, begin, end, left):
        if kind != _WAY[depth]:
            continue
        found = (
            _of_entries(file, inner + 8, outer, left)
            if depth + 1 == len(_WAY)
            else _find(file, inner, outer, depth + 1, left)
        )
        if found is not None:
            return found
    return None


def _of_entries(file: BinaryIO, begin: int, end: int, left: list[int]) -> Aperture | None:
    for _, inner, outer in _boxes(file, begin, end, left):
        file.seek(inner + 24)
        size = file.read(4)
        if len(size) < 4:
            continue
        for kind, start, stop in _boxes(file, inner + _SAMPLE_ENTRY_BYTES, outer, left):
            if kind == b"clap" and stop - start >= 32:
                file.seek(start)
                return _aperture(struct.unpack(">HH", size), file.read(32))
    return None


def _aperture(stored: tuple[int, int], data: bytes) -> Aperture | None:
    if len(data) < 32:
        return None
    numbers = struct.unpack(">IIIIiIiI", data)
    if not all(numbers[1::2]):
        return None
    width, height, right, down = (Fraction(n, d) for n, d in zip(numbers[::2], numbers[1::2], strict=True))
    return Aperture(stored, width, height, right, down)


def _boxes(file: BinaryIO, begin: int, end: int, left: list[int]) -> Iterator[tuple[bytes, int, int]]:
    """Yield (kind, begin of the content, end) of the boxes of a stretch of the file; `left` limits how many in all."""
    while begin + 8 <= end and left[0] > 0:
        left[0] -= 1
        file.seek(begin)
        head = file.read(16)
        if len(head) < 8:
            return
        size, kind = struct.unpack(">I4s", head[:8])
        inner = begin + 8
        if size == 1 and len(head) == 16:
            size, inner = struct.unpack(">Q", head[8:])[0], begin + 16
        outer = end if size == 0 else begin + size
        if outer < inner or outer > end:
            return
        yield kind, inner, outer
        begin = outer
