"""What near duplicates are found: `python -m benchmarks.near_duplicates CLIPS...` or `... --many N`.

CLIPS are folders of different clips. Of each clip, read at 320x180, twelve others are made; found is a made one that is
taken for its clip, false is any other pair. With --many, a dataset of N rows whose clips have random signatures, every
hundredth with a near copy: time and memory of what `sparkle dataset dedup` does after looking at the clips.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
from benchmarks.dataset import THEME, timed
from numpy.typing import NDArray

from sparkle.core.layout import artifact_path, prompts_path
from sparkle.dataset import open_dataset
from sparkle.dataset.cuts import groups_alike
from sparkle.dataset.index import CSV_COLUMNS, csv_line
from sparkle.dataset.kept_signatures import kept_signatures
from sparkle.dataset.near_duplicates import Signatures, alike
from sparkle.dataset.shards import PAIR_KINDS
from sparkle.dataset.signatures import (
    MOMENTS,
    MOST_FRAMES,
    PARTS,
    RATE,
    SIZE,
    Signature,
    signature_of_pictures,
)
from sparkle.store import scratch_file
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


def found_alike(signatures: Iterable[Signature]) -> list[tuple[int, int]]:
    with scratch_file() as parts:
        return alike(Signatures.of(signatures, parts))


def made_cases(folders: list[str]) -> None:
    clips = [read_clip(path, frames=81, size=(WIDTH, HEIGHT)) for path in expand(folders)]
    originals = [signed(clip.frames, clip.fps) for clip in clips]
    count = len(clips)
    print(f"{count} clips; pairs among them: {len(found_alike(originals))}")
    for name, make in MADE.items():
        found = found_alike([*originals, *(signed(make(clip.frames), clip.fps) for clip in clips)])
        right = {(place, place + count) for place in range(count)}
        print(f"{name}: {len(right & {*found})} of {count}, false {len({*found} - right)}", flush=True)


def made_signature(number: int) -> Signature:
    """Return a random signature; every hundredth clip has its pictures, three bits apart, in parts of the next one."""
    generator = np.random.default_rng(number)
    frames = generator.integers(0, 2**64, 10, dtype=np.uint64)
    parts = generator.integers(0, 2**64, (MOMENTS, 2 * len(PARTS)), dtype=np.uint64)
    if number % 100 == 1:
        for moment, frame in enumerate(made_signature(number - 1).frames[:MOMENTS]):
            turned = sum(1 << int(bit) for bit in generator.permutation(64)[:3])
            parts[moment, 0] = frame ^ np.uint64(turned)
    return Signature(frames, parts)


def id_of(number: int) -> str:
    return f"Sparkle_{THEME}_{number:06d}"


def write_table(root: Path, count: int) -> None:
    """Write the table of a dataset of so many samples."""
    path = root / prompts_path(THEME)
    path.parent.mkdir(parents=True)
    with path.open("w") as table:
        table.write(csv_line(CSV_COLUMNS))
        for id in map(id_of, range(count)):
            table.write(csv_line(("go", *(str(artifact_path(kind, THEME, id)) for kind in PAIR_KINDS), id)))


def many(count: int) -> None:
    """Keep so many signatures as commands do, and find those alike as `sparkle dataset dedup` does."""
    with (
        tempfile.TemporaryDirectory() as folder,
        kept_signatures("source_video", Path(folder) / "kept") as kept,
    ):
        root = Path(folder) / "set"
        write_table(root, count)
        with timed("opening a dataset of so many rows"):
            samples = open_dataset(root, Path(folder) / "index")
        with timed("made and kept"):
            for number in range(count):
                kept.keep(id_of(number), made_signature(number))
        tell_peak()
        with timed("found alike"):
            groups = groups_alike(samples, lambda sample: kept.find(sample.id), 2)
        pairs = [group for group in groups if len(group) > 1]
        planted = {(place, place + 1) for place in range(0, count - 1, 100)}
        right = len(planted & {tuple(pair) for pair in pairs})
        print(f"{count} clips: {right} of {len(planted)} found, {len(pairs) - right} false")
        tell_peak()


def tell_peak() -> None:
    print(
        f"peak of memory so far: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB",
        flush=True,
    )


if __name__ == "__main__":
    if sys.argv[1] == "--many":
        many(int(sys.argv[2]))
    else:
        made_cases(sys.argv[1:])
