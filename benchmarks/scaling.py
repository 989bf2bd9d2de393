"""How much faster is a build on more cores? Pairs a minute of the cpu recipe, and the share of the ideal.

    python -m benchmarks.scaling --cores 1 2 --each 6
    python -m benchmarks.scaling --cores 16 --each 6 --runner local ray

Each build may use so many cores of the machine and no others (its affinity, which its processes inherit), has a worker
for each, and makes `--each` pairs a core of one generated clip. Two ideals: as many times the rate of the build of one
core, if one was made; and as many builds of one core each, at the same time on the same cores ("apart"), which is what
the machine can do when all its cores work: two that are threads of one core, memory and clock are shared in both.
The time is the whole command's, with the starts of processes. Processor seconds are those of the command and of all
processes that it waited for, which leaves out Ray's own servers. One run each: mind what else the machine does.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from sparkle.demo import render_demo_clip
from sparkle.video import write_video

FPS = 16.0


def seconds(
    folder: Path, runner: str, pairs: int, settings: Sequence[str], cores: Sequence[int]
) -> tuple[float, float]:
    """Return how long a build takes on some cores, by the clock and by the processor. Raises where it fails."""
    out = f"{runner}-{len(cores)}-from-{cores[0]}"
    command = [sys.executable, "-m", "sparkle", "build", "clip.mp4", "--out", out]
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


def pairs_a_minute_apart(folder: Path, cores: Sequence[int], each: int, settings: Sequence[str]) -> float:
    """Return how many pairs builds of one core each, one on each of the cores at once, make together."""
    with ThreadPoolExecutor(len(cores)) as builds:
        one = partial(seconds, folder, "local", each, settings)
        return sum(60 * each / taken for taken, _ in builds.map(one, [[core] for core in cores]))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--each", type=int, default=4, help="pairs for each core")
    parser.add_argument("--size", default="416x240")
    parser.add_argument("--frames", type=int, default=49)
    parser.add_argument("--runner", choices=("local", "ray"), nargs="+", default=["local"])
    parser.add_argument("--no-apart", action="store_true", help="leave out the builds of one core each")
    chosen = parser.parse_args()
    there = sorted(os.sched_getaffinity(0))
    if max(chosen.cores) > len(there):
        parser.error(f"this process may use {len(there)} cores")
    width, height = (int(side) for side in chosen.size.split("x"))
    settings = [f"video.width={width}", f"video.height={height}", f"video.frames={chosen.frames}"]
    columns = (
        "runner",
        "pairs",
        "s",
        "pairs a minute",
        "of one core's",
        "of those apart",
        "processor s a pair",
    )
    print(f"| cores | {' | '.join(columns)} |\n|---:|---|{'---:|' * 6}")
    alone: float | None = None
    for count in chosen.cores:
        cores = there[:count]
        apart: float | None = None
        for runner in chosen.runner:
            # A folder for each row: builds of one core would find another row's results.
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                clip = render_demo_clip(7, width, height, chosen.frames, FPS).frames
                write_video(folder / "clip.mp4", clip, FPS, crf=14)
                if apart is None and count > 1 and not chosen.no_apart:
                    apart = pairs_a_minute_apart(folder, cores, chosen.each, settings)
                taken, used = seconds(folder, runner, chosen.each * count, settings, cores)
            rate, pairs = 60 * chosen.each * count / taken, chosen.each * count
            alone = rate if count == 1 and alone is None else alone
            print(
                f"| {count} | {runner} | {pairs} | {taken:.1f} | {rate:.1f} | {_share(rate, alone and alone * count)} "
                f"| {_share(rate, apart)} | {used / pairs:.1f} |",
                flush=True,
            )


def _share(rate: float, ideal: float | None) -> str:
    return "" if ideal is None else f"{rate / ideal:.0%}"


if __name__ == "__main__":
    main()
