"""The whole cpu recipe on the demo clip: seconds per stage, peak memory, and how both grow with frames and pixels.

python benchmarks/pipeline.py
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from sparkle.demo import render_demo_clip
from sparkle.video import write_video

INSTRUCTION = "Put the subject on a windy beach at sunset, with waves rolling in and palms swaying."
SIZES = ((832, 480, 81), (832, 480, 41), (832, 480, 161), (416, 240, 81))
FPS = 16.0

CHILD = """
import resource, sys
from sparkle.cli import main
sys.argv = sys.argv[1:]
try:
    main()
finally:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime, file=sys.stderr)
"""


def main() -> None:
    """Print one row per size."""
    print(
        "| clip | "
        + " | ".join(
            [
                "whole s",
                "processor s",
                "peak MB",
                *["source", "first_frame", "isolate", "track", "animate", "synthesize"],
            ]
        )
        + " |"
    )
    print("|---|" + "---:|" * 9)
    for width, height, frames in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            row = measure(Path(folder), width, height, frames)
        print(f"| {width}x{height}, {frames} frames | " + " | ".join(row) + " |", flush=True)


def measure(folder: Path, width: int, height: int, frames: int) -> list[str]:
    """Return whole seconds, processor seconds, peak memory and seconds per stage of one edit in a fresh process."""
    clip = folder / "clip.mp4"
    rendered = render_demo_clip(7, width, height, frames, FPS)
    write_video(clip, rendered.frames, FPS, crf=14)
    settings = [f"video.width={width}", f"video.height={height}", f"video.frames={frames}"]
    options = [part for setting in settings for part in ("--set", setting)]
    command = [
        "sparkle",
        "edit",
        str(clip),
        INSTRUCTION,
        "-o",
        str(folder / "out.mp4"),
        "--json",
        "--preview",
        *options,
    ]
    done = subprocess.run([sys.executable, "-c", CHILD, *command], capture_output=True, text=True, check=True)
    seconds = json.loads(done.stdout)["seconds"]
    peak, processor = map(float, done.stderr.split()[-2:])
    return [f"{value:.1f}" for value in (sum(seconds.values()), processor, peak, *seconds.values())]


if __name__ == "__main__":
    main()
