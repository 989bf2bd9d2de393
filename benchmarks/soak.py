"""A long build whose workers are killed at random: does it end as an undisturbed one, and does its memory stay flat?

    make soak                                                  some ten minutes on two idle cores
    python -m benchmarks.soak --samples 1500 --every 60         an hour
    python -m benchmarks.soak --runner ray

Pairs are made of one generated clip at a small size by the cpu recipe, first in peace, then while a random worker is
killed with -9 every so many seconds. Exits with 1 where a file differs or the driver's memory grew by more than a tenth
between the second and the last quarter of the run.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import FPS, FRAMES, HEIGHT, SMALL_OPTIONS, WIDTH
from tests.pipeline.small_dataset import hashes

from sparkle.demo import render_demo_clip
from sparkle.video import write_video


def start(folder: Path, out: str, samples: int, runner: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "sparkle", "build", "clip.mp4", "--out", out, "--runner", runner]
    options = ["--pairs-per-source", str(samples), *SMALL_OPTIONS]
    output = subprocess.DEVNULL
    return subprocess.Popen([*command, *options], cwd=folder, stdout=output, stderr=output)


def workers_of(driver: int) -> list[int]:
    """Return the worker processes below a driver, of either runner."""
    told = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    parents, words = {}, {}
    for line in told.splitlines()[1:]:
        pid, parent, text = line.split(None, 2)
        parents[int(pid)], words[int(pid)] = int(parent), text

    def is_below(pid: int) -> bool:
        while pid in parents and pid != driver:
            pid = parents[pid]
        return pid == driver

    marks = ("multiprocessing.spawn import spawn_main", "ray::Worker")
    return [pid for pid, text in words.items() if any(mark in text for mark in marks) and is_below(pid)]


def memory_mb(pid: int) -> float | None:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return None


def disturbed(folder: Path, samples: int, runner: str, every: float) -> tuple[int, list[float]]:
    """Build while workers are killed; return how many were, and the driver's memory in MB once a second."""
    rng, killed, memory = random.Random(7), 0, []
    driver = start(folder, "disturbed", samples, runner)
    due = time.monotonic() + every
    while driver.poll() is None:
        time.sleep(1.0)
        if (now := memory_mb(driver.pid)) is not None:
            memory.append(now)
        if time.monotonic() > due and (workers := workers_of(driver.pid)):
            try:
                os.kill(rng.choice(workers), signal.SIGKILL)
                killed += 1
            except ProcessLookupError:
                continue
            due = time.monotonic() + every
    return killed, memory


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=250)
    parser.add_argument("--every", type=float, default=15.0, help="seconds between two kills")
    parser.add_argument("--runner", choices=("local", "ray"), default="local")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_video(folder / "clip.mp4", render_demo_clip(7, WIDTH, HEIGHT, FRAMES, FPS).frames, FPS, crf=14)
        began = time.monotonic()
        start(folder, "peaceful", chosen.samples, chosen.runner).wait()
        peaceful_s = time.monotonic() - began
        killed, memory = disturbed(folder, chosen.samples, chosen.runner, chosen.every)
        disturbed_s = time.monotonic() - began - peaceful_s
        same = hashes(folder / "peaceful") == hashes(folder / "disturbed")
        files = len(hashes(folder / "disturbed"))
    quarter = max(1, len(memory) // 4)
    early, late = max(memory[quarter : 2 * quarter] or [0]), max(memory[-quarter:])
    took = f"{peaceful_s:.0f} s in peace, {disturbed_s:.0f} s disturbed"
    print(f"{chosen.samples} samples, {files} files, {killed} workers killed; {took}")
    print(
        f"files equal: {same}; driver's memory {early:.0f} MB in the second quarter, {late:.0f} MB in the last"
    )
    sys.exit(0 if same and killed and late < 1.1 * early else 1)


if __name__ == "__main__":
    main()
