"""How much faster is a build by more workers? Pairs a second of the cpu recipe, and the share of the ideal.

    python -m benchmarks.scaling --workers 1 2 4 8 16 --each 4

Each build makes so many pairs for each of its workers, of one generated clip; the time is the whole command's, with
the starts of processes. One run each: mind what else the machine does.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sparkle.demo import render_demo_clip
from sparkle.video import write_video

FPS = 16.0


def seconds(folder: Path, runner: str, workers: int, pairs: int, size: str, frames: int) -> float:
    """Return how long a build takes. Raises CalledProcessError where it fails."""
    command = [sys.executable, "-m", "sparkle", "build", "clip.mp4", "--out", f"{runner}{workers}"]
    command += ["--runner", runner, "--workers", str(workers), "--pairs-per-source", str(pairs)]
    width, height = size.split("x")
    for setting in (f"video.width={width}", f"video.height={height}", f"video.frames={frames}"):
        command += ["--set", setting]
    began = time.monotonic()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--each", type=int, default=4, help="pairs for each worker")
    parser.add_argument("--size", default="416x240")
    parser.add_argument("--frames", type=int, default=49)
    parser.add_argument("--runner", choices=("local", "ray"), default="local")
    chosen = parser.parse_args()
    width, height = (int(side) for side in chosen.size.split("x"))
    print(
        f"| workers, {chosen.runner} | pairs | s | pairs a minute | of the ideal |\n|---:|---:|---:|---:|---:|"
    )
    first: float | None = None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip = render_demo_clip(7, width, height, chosen.frames, FPS).frames
        write_video(folder / "clip.mp4", clip, FPS, crf=14)
        for workers in chosen.workers:
            pairs = chosen.each * workers
            taken = seconds(folder, chosen.runner, workers, pairs, chosen.size, chosen.frames)
            rate = pairs / taken
            first = first or rate / workers
            share = rate / workers / first
            print(f"| {workers} | {pairs} | {taken:.1f} | {60 * rate:.1f} | {share:.0%} |", flush=True)


if __name__ == "__main__":
    main()
