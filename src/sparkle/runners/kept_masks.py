"""Which of the masks in the folder of an edit are those of the last one, so that they can be looked at again."""

from __future__ import annotations

import json
from pathlib import Path

from sparkle.core.errors import SetupError
from sparkle.runners.corrections import read_object
from sparkle.runners.follow import TrackedMasks
from sparkle.store import write_text

MASKS_FILE = "masks.json"


def note_masks(root: Path, masks: TrackedMasks) -> None:
    """Write down which files of `root` the masks are, and when each frame begins in the source, in seconds."""
    pieces = [
        [first, shown.start, shown.stop, path.relative_to(root).as_posix()]
        for first, shown, path in masks.files
    ]
    write_text(root / MASKS_FILE, json.dumps({"times": masks.times, "pieces": pieces}) + "\n")


def noted_masks(root: Path) -> TrackedMasks:
    """Return what `note_masks` wrote. Raises SetupError where nothing was, or not by us."""
    if not (root / MASKS_FILE).is_file():
        raise SetupError(
            f"{root}: has no tracked masks of a whole clip, so nothing can be mended; run the edit once more on it"
        )
    value = read_object(root / MASKS_FILE)
    try:
        files = [
            (int(first), range(int(start), int(stop)), root / _inside(str(name)))
            for first, start, stop, name in value["pieces"]
        ]
        times = [float(each) for each in value["times"]]
    except (KeyError, TypeError, ValueError) as error:
        raise SetupError(f"{root / MASKS_FILE}: cannot be read ({error}); run the edit once more") from error
    if not files or not times:
        raise SetupError(f"{root / MASKS_FILE}: names no masks; run the edit once more")
    return TrackedMasks(files, times=times)


def _inside(name: str) -> str:
    """Return a name of a file of ours, a folder and a file. Raises ValueError for any other."""
    parts = name.split("/")
    if len(parts) != 2 or parts[0] not in {"masks", "mended", "filmed"} or parts[1] in {"", ".", ".."}:
        raise ValueError(f"{name[:80]!r} is no file of the masks")
    return name
