"""How much faster is a build on more cores? Pairs a minute of the cpu recipe, and the share of the ideal.

    python -m benchmarks.scaling --cores 1 2 --each 6
    python -m benchmarks.scaling --cores 1 2 4 8 16 --each 3 --runner ray --beside

Each build may use so many cores of the machine and no others (its affinity, which its processes inherit), has a worker
for each, and makes `--each` pairs a core of one generated clip; the ideal is the rate a core of the build that ended
first. That the first build has one core matters: a single worker left to itself decodes, and lets OpenCV compute, on
several. The time is the whole command's, with the starts of processes. Processor seconds are those of the command and
of all processes that it waited for, which leaves out Ray's own servers. `--beside` lets builds run at once that fit
beside each other, each on cores of its own, so that the first has a machine as busy as the last. One run each: mind
what else the machine does.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from sparkle.demo import render_demo_clip
from sparkle.video import write_video

FPS = 16.0


def seconds(
    folder: Path, runner: str, cores: Sequence[int], pairs: int, settings: Sequence[str]
) -> tuple[float, float]:
    """Return how long a build takes on some cores, by the clock and by the processor. Raises where it fails."""
    command = [sys.executable, "-m", "sparkle", "build", "clip.mp4", "--out", f"{runner}{len(cores)}"]
    command += ["--runner", runner, "--pairs-per-source", str(pairs)]
    command += [part for setting in settings for part in ("--set", setting)]
    # The child sets it, since threads of this process start several.
    confined = (
        "import os, sys; os.sched_setaffinity(0, map(int, sys.argv[1].split(',')));"
        "os.execv(sys.argv[2], sys.argv[2:])"
    )
    chosen = ",".join(map(str, cores))
    began = time.monotonic()
    build = subprocess.Popen(
        [sys.executable, "-c", confined, chosen, *command],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(build.pid, 0)
    if status:
        raise subprocess.CalledProcessError(os.waitstatus_to_exitcode(status), command)
    return time.monotonic() - began, used.ru_utime + used.ru_stime


def rounds(counts: Sequence[int], there: Sequence[int], beside: bool) -> list[list[Sequence[int]]]:
    """Return the cores of each build, those of one round at once."""
    found: list[list[Sequence[int]]] = [[]]
    for count in counts:
        taken = sum(map(len, found[-1]))
        if found[-1] and (not beside or taken + count > len(there)):
            found.append([])
            taken = 0
        found[-1].append(there[taken : taken + count])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--each", type=int, default=4, help="pairs for each core")
    parser.add_argument("--size", default="416x240")
    parser.add_argument("--frames", type=int, default=49)
    parser.add_argument("--runner", choices=("local", "ray"), default="local")
    parser.add_argument("--beside", action="store_true", help="run at once what fits beside each other")
    chosen = parser.parse_args()
    there = sorted(os.sched_getaffinity(0))
    if max(chosen.cores) > len(there):
        parser.error(f"this process may use {len(there)} cores")
    width, height = (int(side) for side in chosen.size.split("x"))
    settings = [f"video.width={width}", f"video.height={height}", f"video.frames={chosen.frames}"]
    columns = ("pairs", "s", "pairs a minute", "of the ideal", "processor s a pair")
    print(f"| cores, {chosen.runner} | {' | '.join(columns)} |\n|{'---:|' * 6}")
    first: float | None = None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip = render_demo_clip(7, width, height, chosen.frames, FPS).frames
        write_video(folder / "clip.mp4", clip, FPS, crf=14)
        for at_once in rounds(chosen.cores, there, chosen.beside):
            with ThreadPoolExecutor(len(at_once)) as builds:
                running = {
                    builds.submit(
                        seconds, folder, chosen.runner, cores, chosen.each * len(cores), settings
                    ): len(cores)
                    for cores in at_once
                }
                # As they end: whoever stops this has what is known.
                for build in as_completed(running):
                    cores, (taken, used) = running[build], build.result()
                    rate = chosen.each / taken
                    first = first or rate
                    pairs = chosen.each * cores
                    print(
                        f"| {cores} | {pairs} | {taken:.1f} | {60 * rate * cores:.1f} | {rate / first:.0%} "
                        f"| {used / pairs:.1f} |",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
