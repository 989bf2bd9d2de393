"""What near duplicates are found: `python -m benchmarks.near_duplicates CLIPS...` or `... --many N`.

CLIPS are folders of different clips. Of each clip, read at 320x180, twelve others are made; found is a made one that is
taken for its clip, false is any other pair. With --many, N random signatures of which every hundredth has a near copy:
time and memory at that number.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkle.dataset.near_duplicates import Signatures, alike
from sparkle.dataset.signatures import (
    MOMENTS,
    MOST_FRAMES,
    PARTS,
    RATE,
    SIZE,
    Signature,
    signature_of_pictures,
)
from sparkle.video import read_clip, write_video
from sparkle.video.sources import expand

Frames = NDArray[np.uint8]
WIDTH, HEIGHT = 320, 180
GENERATOR = np.random.default_rng(0)


def cropped(share: float) -> Callable[[Frames], Frames]:
    def crop(frames: Frames) -> Frames:
        rows, columns = int(HEIGHT * share), int(WIDTH * share)
        top, left = GENERATOR.integers(0, HEIGHT - rows + 1), GENERATOR.integers(0, WIDTH - columns + 1)
        return frames[:, top : top + rows, left : left + columns]

    return crop


def coarse(frames: Frames) -> Frames:
    """As strong coding leaves it: half the detail, and noise."""
    small = [cv2.resize(frame, (WIDTH // 2, HEIGHT // 2)) for frame in frames]
    blurred = np.stack([cv2.resize(frame, (WIDTH, HEIGHT)) for frame in small])
    return np.clip(blurred + GENERATOR.normal(0, 6, frames.shape), 0, 255).astype(np.uint8)


def coded_again(frames: Frames) -> Frames:
    """As an H.264 coder at a very low quality leaves it."""
    with tempfile.TemporaryDirectory() as folder:
        write_video(f"{folder}/clip.mp4", np.ascontiguousarray(frames), 16, crf=40)
        return read_clip(f"{folder}/clip.mp4").frames


MADE: dict[str, Callable[[Frames], Frames]] = {
    "half the detail, noise": coarse,
    "coded again at crf 40": coded_again,
    "squeezed to 200x200": lambda frames: np.stack([cv2.resize(frame, (200, 200)) for frame in frames]),
    "brighter by a quarter": lambda frames: np.clip(frames * 1.25 + 10, 0, 255).astype(np.uint8),
    "mirrored": lambda frames: frames[:, :, ::-1],
    "begins 8 frames later": lambda frames: frames[8:],
    "begins 21 frames later": lambda frames: frames[21:],
    "cropped to 0.95": cropped(0.95),
    "cropped to 0.9": cropped(0.9),
    "cropped to 0.85": cropped(0.85),
    "cropped to 0.8": cropped(0.8),
    "mirrored, cropped to 0.9, 13 frames later": lambda frames: cropped(0.9)(frames[13:, :, ::-1]),
}


def signed(frames: Frames, fps: float) -> Signature:
    step = max(1, round(fps / RATE))
    small = (cv2.resize(frame, SIZE, interpolation=cv2.INTER_AREA) for frame in frames[::step][:MOST_FRAMES])
    return signature_of_pictures([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in small])


def made_cases(folders: list[str]) -> None:
    clips = [read_clip(path, frames=81, size=(WIDTH, HEIGHT)) for path in expand(folders)]
    originals = [signed(clip.frames, clip.fps) for clip in clips]
    count = len(clips)
    print(f"{count} clips; pairs among them: {len(alike(Signatures.of(originals)))}")
    for name, make in MADE.items():
        found = alike(Signatures.of([*originals, *(signed(make(clip.frames), clip.fps) for clip in clips)]))
        right = {(place, place + count) for place in range(count)}
        print(f"{name}: {len(right & {*found})} of {count}, false {len({*found} - right)}", flush=True)


def many(count: int) -> None:
    frames = GENERATOR.integers(0, 2**64, count * 10, dtype=np.uint64)
    parts = GENERATOR.integers(0, 2**64, (count, MOMENTS, 2 * len(PARTS)), dtype=np.uint64)
    for clip in range(0, count - 1, 100):
        for moment in range(MOMENTS):
            turned = sum(1 << int(bit) for bit in GENERATOR.permutation(64)[:3])
            parts[clip, moment, 0] = frames[(clip + 1) * 10 + moment] ^ np.uint64(turned)
    owner = np.repeat(np.arange(count, dtype=np.int32), 10)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    start = time.process_time()
    found = len(alike(Signatures(frames, owner, parts)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{count} clips: found {found} of {len(range(0, count - 1, 100))}, "
        f"{time.process_time() - start:.0f} s of processor"
    )
    print(f"memory {peak:.2f} GB at the peak, of which {held:.2f} with the signatures alone")


if __name__ == "__main__":
    if sys.argv[1] == "--many":
        many(int(sys.argv[2]))
    else:
        made_cases(sys.argv[1:])
