"""How many lines a second a log takes: `python -m benchmarks.store FOLDER` (a path, or an address such as s3://bucket/x)."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable

from sparkle.store import Folder

LINE = f'{{"id": "Sparkle_location_000000", "stage": "track", "status": "passed", "more": "{"x" * 300}"}}'
SECONDS = 5.0
THREADS = 32
AT_ONCE = 100


def rate(folder: Folder, name: str, threads: int, at_once: int) -> float:
    """Return lines a second, each kept before its writer goes on."""
    lines = [LINE] * at_once
    counts = [0] * threads
    end = time.perf_counter() + SECONDS

    def write(append: Callable[..., int], thread: int) -> None:
        while time.perf_counter() < end:
            append(*lines)
            counts[thread] += at_once

    with folder.log(name) as log:
        writers = [threading.Thread(target=write, args=(log.append, thread)) for thread in range(threads)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
    return sum(counts) / SECONDS


def main() -> None:
    """Print the rates."""
    folder = Folder.at(sys.argv[1])
    for what, threads, at_once in (
        ("one thread, one line a call", 1, 1),
        (f"{THREADS} threads, one line a call", THREADS, 1),
        (f"one thread, {AT_ONCE} lines a call", 1, AT_ONCE),
    ):
        name = f"log-{threads}-{at_once}.jsonl"
        print(f"{what}: {rate(folder, name, threads, at_once):,.0f} lines a second")


if __name__ == "__main__":
    main()
