"""Runs every benchmark, one after the other: python -m benchmarks [CLIPS]

CLIPS is a folder of real fixed-camera clips; without it only what the project renders itself is measured.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

RENDERED = ("pipeline",)
REAL = ("video", "camera", "bait", "compositor", "animator", "scorer")


def main() -> None:
    """Run the scripts; stop at the first that fails."""
    clips = sys.argv[1:]
    scripts = (*RENDERED, *(REAL if clips else ()))
    for name in scripts:
        print(f"\n## {name}\n", flush=True)
        script = Path(__file__).with_name(f"{name}.py")
        subprocess.run([sys.executable, str(script), *(clips if name in REAL else [])], check=True)


if __name__ == "__main__":
    main()
