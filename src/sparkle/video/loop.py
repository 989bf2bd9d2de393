"""Playing a background video for longer than it lasts, without a jump.

The clip is cut where its end resembles its beginning most (Schödl et al., Video Textures, 2000), and the cut is faded.
A plain fade would look soft, because waves, leaves or grain that are averaged with others lose contrast; so the
contrast that the fade takes is given back.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

_SMALL = (48, 27)
_CONTRAST_WINDOW = 31


def play_looped(frames: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    """Return `count` frames of uint8 (T, H, W, 3): the beginning of a longer video, or a shorter one in a loop.

    The first round begins with the first frame; each seam is a fade over a quarter of the video. A single
    frame stands still; of two or three frames no fade can be made, they just repeat.
    """
    if count <= len(frames):
        return frames[:count]
    overlap = len(frames) // 4
    if overlap == 0:
        return frames[np.arange(count) % len(frames)]
    restart, end = _best_seam(frames, overlap)
    fade = _Fade(frames)
    seam = [fade(frames[end + k], frames[restart + k], (k + 1) / (overlap + 1)) for k in range(overlap)]
    played = _in_a_loop(frames, seam, restart + overlap, end)
    return np.stack([next(played) for _ in range(count)])


def _in_a_loop(
    frames: NDArray[np.uint8], seam: list[NDArray[np.uint8]], restart: int, end: int
) -> Iterator[NDArray[np.uint8]]:
    yield from frames[:end]
    while True:
        yield from seam
        yield from frames[restart:end]


def _best_seam(frames: NDArray[np.uint8], overlap: int) -> tuple[int, int]:
    """Return (restart, end): the `overlap` frames from either on resemble each other most, half the video apart."""
    small = np.stack([cv2.resize(frame, _SMALL, interpolation=cv2.INTER_AREA) for frame in frames])
    vectors = small.reshape(len(frames), -1).astype(np.float64)
    squares = (vectors**2).sum(axis=1)
    distance = squares[:, None] + squares[None] - 2 * vectors @ vectors.T
    latest = len(frames) - overlap
    seams = [
        (restart, end)
        for restart in range(overlap + 1)
        for end in range(restart + len(frames) // 2, latest + 1)
    ]
    return min(seams, key=lambda seam: _apart(distance, seam, overlap))


def _apart(distance: NDArray[np.float64], seam: tuple[int, int], overlap: int) -> float:
    restart, end = seam
    return float(np.trace(distance[restart : restart + overlap, end : end + overlap]))


class _Fade:
    """Mixes two moments of a video so that each place keeps the contrast, and the range of colours, that it has."""

    def __init__(self, frames: NDArray[np.uint8]) -> None:
        self._still = np.asarray(frames.mean(axis=0, dtype=np.float32))
        self._darkest, self._brightest = frames.min(axis=0), frames.max(axis=0)

    def __call__(
        self, before: NDArray[np.uint8], after: NDArray[np.uint8], share: float
    ) -> NDArray[np.uint8]:
        share = share * share * (3 - 2 * share)
        old, new = before - self._still, after - self._still
        mixed = (1 - share) * old + share * new
        wanted = (1 - share) * _energy(old) + share * _energy(new)
        gain = np.sqrt((wanted + 1) / (_energy(mixed) + 1))
        faded = np.clip(self._still + gain[..., None] * mixed, self._darkest, self._brightest)
        return np.asarray(np.rint(faded), np.uint8)


def _energy(difference: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the local mean square of what differs from the still picture, (H, W)."""
    square = np.square(difference).mean(axis=2)
    return np.asarray(cv2.blur(square, (_CONTRAST_WINDOW, _CONTRAST_WINDOW)), np.float32)
