"""What a clip looks like, as a few numbers of 64 bits that survive coding, scaling, crops, mirrors and shifts in time.

A frame's hash is the signs of the lowest 64 frequencies of its grey picture (a discrete cosine transform of 32x32
cells), so that those of its mirror image follow by turning the signs of all that are odd in x. Of a clip its own hashes
are kept at two a second, and, of three moments, those of parts of the picture and of their mirrors: whoever cut such a
part out has it as the whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.roles import Image
from sparkle.video import StoredClip
from sparkle.video.conversion import FrameConverter
from sparkle.video.decoding import decode, nominal_fps
from sparkle.video.opening import Deadline, open_video

RATE, MOST_FRAMES = 2.0, 12
MOMENTS = 3
CELLS, BITS = 32, 64
SIZE = (160, 96)  # of the pictures that are looked at, width and height
# Parts of the picture that somebody may have cut out: share of each side, and where it begins, of what is left.
_PLACES = ((0.5, 0.5), (0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))
PARTS = ((1.0, 0.5, 0.5), *((share, x, y) for share in (0.9, 0.8) for x, y in _PLACES))
TIME_LIMIT_S = 120.0

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Signature:
    """`frames`: hashes of the whole picture, uint64 (F,). `parts`: of parts and mirrors, uint64 (MOMENTS, P)."""

    frames: Hashes
    parts: Hashes


def signature_of(clip: StoredClip) -> Signature:
    """Return the signature of a clip, all of which is decoded. Raises MediaError for what cannot be read."""
    with clip.on_disk() as path:
        return signature_of_pictures(list(_pictures(path)))


def signature_of_pictures(pictures: Sequence[Image]) -> Signature:
    """Return the signature of a clip by its grey pictures, uint8 (H, W), RATE of them a second and at least one."""
    moments = [pictures[round((len(pictures) - 1) * share)] for share in np.linspace(0.1, 0.9, MOMENTS)]
    return Signature(
        np.array([frame_hash(picture) for picture in pictures], np.uint64),
        np.array([_hashes_of_parts(picture) for picture in moments], np.uint64),
    )


def frame_hash(grey: Image) -> int:
    """Return the hash of a grey picture, uint8 (H, W)."""
    return _packed(_signs(grey))


def _hashes_of_parts(grey: Image) -> list[int]:
    height, width = grey.shape
    found = []
    for share, x, y in PARTS:
        rows, columns = round(height * share), round(width * share)
        top, left = round((height - rows) * y), round((width - columns) * x)
        signs = _signs(grey[top : top + rows, left : left + columns])
        found += [_packed(signs), _packed(signs ^ _ODD)]
    return found


def _pictures(path: Path) -> Iterator[Image]:
    """Yield grey pictures of a clip, uint8 (96, 160), two for each second and at most MOST_FRAMES."""
    deadline = Deadline(path, TIME_LIMIT_S)
    with open_video(path, deadline) as (container, stream):
        step = max(1, round(nominal_fps(stream) / RATE))
        convert = FrameConverter(SIZE, None)
        count = 0
        for number, (_, frame) in enumerate(decode(container, stream, deadline)):
            if number % step == 0:
                yield np.asarray(cv2.cvtColor(convert(frame), cv2.COLOR_RGB2GRAY), np.uint8)
                count += 1
            if count == MOST_FRAMES:
                return


def _lowest() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows and columns of the lowest frequencies, the mean left out, in order."""
    places = sorted((row + column, row, column) for row in range(CELLS) for column in range(CELLS))[
        1 : BITS + 1
    ]
    return np.array([row for _, row, _ in places]), np.array([column for *_, column in places])


_ROWS, _COLUMNS = _lowest()
_ODD = _COLUMNS % 2 == 1


def _signs(grey: Image) -> NDArray[np.bool_]:
    cells = cv2.resize(grey, (CELLS, CELLS), interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(cv2.dct(cells)[_ROWS, _COLUMNS] > 0)


def _packed(signs: NDArray[np.bool_]) -> int:
    return int(np.packbits(signs).view(">u8")[0])
