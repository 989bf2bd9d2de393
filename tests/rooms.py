"""The share of lines and branches that the tests reach, room by room, from what SlipCover counted.

    python -m tests.rooms FILE.json        prints the rooms' percentages, and names those below their floor

Rooms whose branches are decisions are counted; what draws and measures pictures has golden ones and floors. A process
of its own that a test starts is not seen.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOMS = ("core", "store", "config", "stages", "runs", "runners", "bait", "guidance", "dataset", "bench")
FLOOR = 90.0  # percent


def reached(files: Mapping[str, Any], room: str) -> float:
    """Return the percentage of a room's lines and branches that were reached; 0 for a room without files."""
    parts = [each["summary"] for name, each in files.items() if f"sparkle/{room}/" in name]
    seen = sum(part["covered_lines"] + part["covered_branches"] for part in parts)
    missed = sum(part["missing_lines"] + part["missing_branches"] for part in parts)
    return 100 * seen / (seen + missed) if seen else 0.0


def main() -> None:
    files = json.loads(Path(sys.argv[1]).read_text())["files"]
    found = {room: reached(files, room) for room in ROOMS}
    print("lines and branches reached, %:", *(f"{room} {share:.1f}" for room, share in found.items()))
    below = [room for room, share in found.items() if share < FLOOR]
    if below:
        print(f"below {FLOOR:g} %: {', '.join(below)}", file=sys.stderr)


if __name__ == "__main__":
    main()
