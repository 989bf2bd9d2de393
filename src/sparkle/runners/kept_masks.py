"""Which of the masks in the folder of an edit are those of the last one, so that they can be looked at again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter

from sparkle.core.errors import SetupError
from sparkle.core.parsing import checked
from sparkle.runners.corrections import read_object
from sparkle.runners.follow import TrackedMasks
from sparkle.runners.weakness import WeakMoment
from sparkle.store import write_text

MASKS_FILE = "masks.json"
_WEAK = TypeAdapter(WeakMoment)


def note_masks(root: Path, masks: TrackedMasks, weak: Sequence[WeakMoment]) -> None:
    """Write down which files of `root` the masks are, when each frame begins in the source, in seconds, and which
    moments the edit told to be weak."""
    pieces = [
        [first, shown.start, shown.stop, path.relative_to(root).as_posix()]
        for first, shown, path in masks.files
    ]
    noted = {"times": masks.times, "pieces": pieces, "weak": [asdict(each) for each in weak]}
    write_text(root / MASKS_FILE, json.dumps(noted) + "\n")


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


def noted_weak(root: Path) -> list[WeakMoment]:
    """Return the weak moments that `note_masks` wrote. Raises SetupError where none were noted, or not by us."""
    try:
        return [checked(_WEAK, each) for each in read_object(root / MASKS_FILE)["weak"]]
    except (KeyError, TypeError, ValueError) as error:
        raise SetupError(
            f"{root / MASKS_FILE}: does not say which moments are weak ({error}); run `sparkle edit --keep {root}` once"
        ) from error


def _inside(name: str) -> str:
    """Return a name of a file of ours, a folder and a file. Raises ValueError for any other."""
    parts = name.split("/")
    if len(parts) != 2 or parts[0] not in {"masks", "mended", "filmed"} or parts[1] in {"", ".", ".."}:
        raise ValueError(f"{name[:80]!r} is no file of the masks")
    return name
