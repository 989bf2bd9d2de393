"""A clip of any length in pieces that overlap: each piece is small enough to hold, and sees its neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from sparkle.roles import Frames
from sparkle.video import Picture

OVERLAP = 8  # frames by which pieces overlap on either side: half a second of the published clips
PIECE_BYTES = 200 * 2**20
LONGEST_PIECE, SHORTEST_PIECE = 96, 24


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive pictures of the source. `first` is the clip's number of the first one; `shown` are those that no
    other piece shows, the rest overlaps."""

    pictures: list[Picture]
    first: int
    shown: range


def piece_length(size: tuple[int, int]) -> int:
    """Return how many frames a piece shows, for pictures of (width, height)."""
    frames = PIECE_BYTES // (3 * size[0] * size[1]) - 2 * OVERLAP
    return max(SHORTEST_PIECE, min(LONGEST_PIECE, frames))


def in_pieces(pictures: Iterable[Picture], length: int) -> Iterator[Piece]:
    """Cut a stream into pieces that show `length` frames each and overlap by OVERLAP frames on either side.

    The last one shows what is left: OVERLAP frames at least unless the clip has fewer, at most `length` and as many.
    """
    held: list[Picture] = []
    first, before = 0, 0
    for picture in pictures:
        held.append(picture)
        if len(held) == before + length + OVERLAP:
            following = [each._replace(frame=each.frame.copy()) for each in held[before + length - OVERLAP :]]
            yield Piece(held, first, range(before, before + length))
            held = following
            first += before + length - OVERLAP
            before = OVERLAP
    if len(held) > before:
        yield Piece(held, first, range(before, len(held)))


def in_long_pieces(pictures: Iterable[Picture], length: int) -> Iterator[Piece]:
    """Cut a stream as `in_pieces` does, but let the last piece see at least as many frames as the others.

    It takes what would be a short rest with it, and begins so much earlier, where the piece before it has been: a few
    frames alone do not tell a subject that rests from the place behind it. The frames of two pieces are held.
    """
    held: list[Picture] = []
    first, shown, whole = 0, 0, length + 2 * OVERLAP  # shown: the clip's number of the next frame to be shown
    for picture in pictures:
        held.append(picture)
        if first + len(held) > shown + whole:
            held, first = held[max(shown - OVERLAP - first, 0) :], max(shown - OVERLAP, first)
            at = shown - first
            yield Piece(held[: at + length + OVERLAP], first, range(at, at + length))
            shown += length
    if first + len(held) > shown:
        begin = min(max(len(held) - whole, 0), max(shown - OVERLAP - first, 0))
        yield Piece(held[begin:], first + begin, range(shown - first - begin, len(held) - begin))


def stacked(piece: Piece) -> Frames:
    """Return a piece's pictures as one array (T, H, W, 3), which the piece then shares, so that none is held twice."""
    frames = np.empty((len(piece.pictures), *piece.pictures[0].frame.shape), np.uint8)
    for index, picture in enumerate(piece.pictures):
        frames[index] = picture.frame
        piece.pictures[index] = picture._replace(frame=frames[index])
    return frames
