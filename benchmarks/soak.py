"""A long build whose workers are killed at random: does it end as an undisturbed one, and does its memory stay flat?

    make soak                                           some ten minutes
    python -m benchmarks.soak --minutes 2
    python -m benchmarks.soak --minutes 60 --runner ray

Pairs are made of one generated clip at a small size by the cpu recipe, first in peace, then while a random worker is
killed with -9 after every so many results. A few pairs tell at first how many fill the time, so that a slow or busy
machine makes fewer. A sample that met three kills has failed, by name; the command is started again for it, as a user
would. Exits with 1 where a file differs or the driver's memory grew by more than a tenth between the second and the
last quarter of the run.
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
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import FPS, FRAMES, HEIGHT, SMALL_OPTIONS, WIDTH
from tests.pipeline.small_dataset import hashes

from sparkle.demo import render_demo_clip
from sparkle.video import write_video

PROBED = 6  # pairs
MOST_STARTS = 4


@dataclass(frozen=True)
class Moment:
    """How far a build was, and what its driver's process took of the memory."""

    seconds: float
    results: int
    memory_mb: float


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


def results(folder: Path) -> int:
    """Return how many lines stand in a run's ledger."""
    return sum(path.read_bytes().count(b"\n") for path in folder.glob("ledger*.jsonl"))


def samples_for(folder: Path, minutes: float, runner: str) -> int:
    """Return how many pairs fill the time twice, by the time that a few take beyond the start."""
    seconds = []
    for count in (1, PROBED + 1):
        began = time.monotonic()
        start(folder, f"probe {count}", count, runner).wait()
        seconds.append(time.monotonic() - began)
    each = max(0.01, (seconds[1] - seconds[0]) / PROBED)
    return max(PROBED, round(minutes * 60 / 2 / each))


def memory_mb(pid: int) -> float | None:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return None


def disturbed(folder: Path, samples: int, runner: str, every: int) -> tuple[int, int, list[Moment]]:
    """Build while workers are killed, until no sample is left that has met too many; return kills, starts, moments."""
    rng, killed, moments, starts, began = random.Random(7), 0, [], 0, time.monotonic()
    due = every
    for starts in range(1, MOST_STARTS + 1):
        driver = start(folder, "disturbed/run", samples, runner)
        while driver.poll() is None:
            time.sleep(0.2)
            done = results(folder / "disturbed/run")
            at_work = driver.poll() is None and bool(
                workers_of(driver.pid)
            )  # not while it draws the contact sheet
            if at_work and (now := memory_mb(driver.pid)) is not None and starts == 1:
                moments.append(Moment(time.monotonic() - began, done, now))
            if starts == 1 and done >= due and (workers := workers_of(driver.pid)):
                with suppress(ProcessLookupError):
                    os.kill(rng.choice(workers), signal.SIGKILL)
                    killed += 1
                due = done + every
        if driver.returncode == 0:
            break
    return killed, starts, moments


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="of both builds together, about")
    parser.add_argument("--every", type=int, default=25, help="results between two kills")
    parser.add_argument("--runner", choices=("local", "ray"), default="local")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_video(folder / "clip.mp4", render_demo_clip(7, WIDTH, HEIGHT, FRAMES, FPS).frames, FPS, crf=14)
        samples = samples_for(folder, chosen.minutes, chosen.runner)
        began = time.monotonic()
        start(folder, "peaceful/run", samples, chosen.runner).wait()
        peaceful_s = time.monotonic() - began
        killed, starts, moments = disturbed(folder, samples, chosen.runner, chosen.every)
        disturbed_s = time.monotonic() - began - peaceful_s
        # Runs of one name, which stands on the contact sheet.
        peaceful, after = (hashes(folder / name / "run") for name in ("peaceful", "disturbed"))
        files, same = len(after), peaceful == after
        for path in sorted(path for path in {*peaceful, *after} if peaceful.get(path) != after.get(path)):
            print(f"differs: {path}")
    memory = [moment.memory_mb for moment in moments]
    quarter = max(1, len(memory) // 4)
    early, late = max(memory[quarter : 2 * quarter] or [0]), max(memory[-quarter:])
    took = f"{peaceful_s:.0f} s in peace, {disturbed_s:.0f} s disturbed"
    print(f"{samples} samples, {files} files, {killed} workers killed, {starts} starts; {took}")
    for moment in moments[:: max(1, len(moments) // 10)]:
        print(f"{moment.seconds:7.0f} s {moment.results:7} results {moment.memory_mb:7.0f} MB")
    print(
        f"files equal: {same}; driver's memory {early:.0f} MB in the second quarter, {late:.0f} MB in the last"
    )
    sys.exit(0 if same and killed and late < 1.1 * early else 1)


if __name__ == "__main__":
    main()
