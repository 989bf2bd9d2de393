"""Runs every benchmark, one after the other: python -m benchmarks [CLIPS]

CLIPS is a folder of real fixed-camera clips; without it only what the project renders itself is measured. "bait" is
the evaluation set of tracking and finding (benchmarks/eyes), which is more than half of the time.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

RENDERED = ("pipeline", "whole_clip", "bait", "plates", "viewer", "dataset")
REAL = ("finder", "video", "camera", "compositor", "animator", "scorer")
PACKAGES = {"bait": "benchmarks.eyes", "finder": "benchmarks.finder", "dataset": "benchmarks.dataset"}


def main() -> None:
    """Run the benchmarks; stop at the first that fails."""
    clips = sys.argv[1:]
    for name in (*RENDERED, *(REAL if clips else ())):
        print(f"\n## {name}\n", flush=True)
        script = ["-m", PACKAGES[name]] if name in PACKAGES else [str(Path(__file__).with_name(f"{name}.py"))]
        given = [] if name in ("pipeline", "whole_clip", "plates", "viewer", "dataset") else clips
        subprocess.run([sys.executable, *script, *given], check=True)


if __name__ == "__main__":
    main()
