"""How far each pixel of a clip is subject, as a matte says that somebody made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.bait import FULL
from sparkle.roles import Frames
from sparkle.runners.follow import Share
from sparkle.runners.pieces import LONGEST_PIECE, OVERLAP, Piece
from sparkle.video import Picture, Span, stream_pictures

TRANSPARENT = 0.001  # share of a picture that is less than half opaque where its alpha cuts something out


def cuts_out(clip: Path, span: Span) -> bool:
    """Tell whether a clip's alpha leaves anything out; that of GIFs and of many ProRes files is opaque all over."""
    return any(
        picture.alpha is not None and np.mean(picture.alpha <= FULL // 2) > TRANSPARENT
        for picture in stream_pictures(clip, start_s=span.start_s, end_s=span.end_s)
    )


class Given:
    """Reads the user's matte beside the clip, by its own times; that of the clip itself is already there."""

    def __init__(self, matte: Path, clip: Path, span: Span) -> None:
        self._own = matte == clip
        self._rest: Iterator[Picture] = (
            iter(()) if self._own else stream_pictures(matte, start_s=span.start_s, end_s=span.end_s)
        )
        self._read: list[Picture] = []

    def __call__(self, piece: Piece, frames: Frames) -> Share:
        """See Follow."""
        height, width = frames.shape[1:3]
        found = np.empty((len(frames), height, width), np.float16)
        for index, picture in enumerate(piece.pictures):
            there = cv2.resize(self._at(picture), (width, height), interpolation=cv2.INTER_LINEAR)
            found[index] = np.divide(there, FULL, dtype=np.float32)
        return found

    def _at(self, picture: Picture) -> NDArray[np.uint8]:
        shown = picture if self._own else self._shown_at(picture.time_s)
        if shown.alpha is not None:
            return shown.alpha
        return np.asarray(cv2.cvtColor(shown.frame, cv2.COLOR_RGB2GRAY), np.uint8)

    def _shown_at(self, time_s: float) -> Picture:
        while not self._read or self._read[-1].time_s < time_s:
            following = next(self._rest, None)
            if following is None:
                break
            self._read.append(following)
        self._read = self._read[-LONGEST_PIECE - 4 * OVERLAP :]
        return min(self._read, key=lambda each: abs(each.time_s - time_s))
