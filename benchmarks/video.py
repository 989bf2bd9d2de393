"""How fast clips are read, sampled and written, next to the raw decoder: python benchmarks/video.py CLIPS

CLIPS is a folder of videos. Each figure is the best of five in milliseconds of processor time, all threads together, so
that other work on the machine does not count; on two cores the time on the clock is between half of it and all.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av

from sparkle.video import (
    expand,
    fit_size,
    probe,
    read_clip,
    read_masks,
    sample_frames,
    write_masks,
    write_video,
)

ROUNDS = 5
BOX = (832, 480)
SAMPLED_BOX = (416, 416)


def milliseconds(work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best * 1000


def decode_only(path: Path) -> int:
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        return sum(1 for _ in container.decode(video=0))


def measure(path: Path, folder: Path) -> dict[str, float]:
    info = probe(path)
    size = fit_size(info.width, info.height, *BOX)
    small = fit_size(info.width, info.height, *SAMPLED_BOX)
    clip = read_clip(path, size=size, fps=16, frames=81)
    masks = clip.frames[..., 1] > 128
    return {
        "frames": len(clip.frames),
        "decode": milliseconds(lambda: decode_only(path)),
        "probe": milliseconds(lambda: probe(path)),
        "read_clip": milliseconds(lambda: read_clip(path, size=size, fps=16, frames=81)),
        "sample 2 fps": milliseconds(lambda: sample_frames(path, fps=2, size=small)),
        "write_video": milliseconds(lambda: write_video(folder / "out.mp4", clip.frames, clip.fps)),
        "write_masks": milliseconds(lambda: write_masks(folder / "out.npz", masks)),
        "read_masks": milliseconds(lambda: read_masks(folder / "out.npz")),
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        rows = {path.name: measure(path, Path(folder)) for path in expand(sys.argv[1:])}
    columns = list(next(iter(rows.values())))
    print("| clip | " + " | ".join(columns) + " |")
    print("|---|" + "---:|" * len(columns))
    for name, row in rows.items():
        print(f"| {name} | " + " | ".join(f"{row[column]:.0f}" for column in columns) + " |")
    means = {column: sum(row[column] for row in rows.values()) / len(rows) for column in columns}
    print("| mean | " + " | ".join(f"{means[column]:.0f}" for column in columns) + " |")


if __name__ == "__main__":
    main()
