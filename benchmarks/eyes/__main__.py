"""Track and find on the evaluation set, and print the tables: see `python -m benchmarks.eyes --help`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.eyes import choose, report
from benchmarks.eyes.finding import find_subjects
from benchmarks.eyes.footage import footage_scenes
from benchmarks.eyes.scene import Scene
from benchmarks.eyes.sheet import write_sheet
from benchmarks.eyes.store import file_name, stored_clip
from benchmarks.eyes.tables import finding_table, tracking_table
from benchmarks.eyes.tracking import track_trial
from benchmarks.eyes.yardstick import cut_single_frames, yardstick_lines

from sparkle.backends import create_backend
from sparkle.core.errors import SparkleError
from sparkle.recipes import load_recipe
from sparkle.store import write_text

HALVES = ("choose", "report")
TABLES: dict[str, Callable[[list[Any]], Iterable[str]]] = {
    "tracking": tracking_table,
    "finding": finding_table,
    "yardstick": yardstick_lines,
}
PARTS = tuple(TABLES)


def scenes(folder: Path | None, half: str, only: str) -> list[Scene]:
    """Return the scenes of a half (or "both") whose name contains `only`; those with footage when there is a folder."""
    every = [*choose.SCENES, *report.SCENES, *(footage_scenes(folder) if folder else ())]
    return [scene for scene in every if half in (scene.half, "both") and only in scene.name]


def main() -> None:
    options = _parser().parse_args()
    chosen = scenes(options.clips, options.half, options.only)
    if not chosen:
        sys.exit(f"no clip of the half {options.half!r} has {options.only!r} in its name")
    recipe = load_recipe(options.recipe)
    grounder, tracker = (
        create_backend(backend.key, backend.options)
        for backend in (recipe.track.grounder, recipe.track.tracker)
    )
    wanted = PARTS if options.what == "all" else (options.what,)
    rows: dict[str, list[Any]] = {part: [] for part in PARTS}
    for scene in chosen:
        clip = stored_clip(scene, options.cache)
        if "tracking" in wanted:
            for trial in range(options.trials):
                row, mask = track_trial(clip, trial, tracker)
                rows["tracking"].append(row)
                print(row, file=sys.stderr, flush=True)
                if options.sheets:
                    name = f"{file_name(clip.name)}-{trial}.png"
                    write_sheet(options.sheets / clip.half / name, clip, mask)
        if "finding" in wanted:
            rows["finding"].append(find_subjects(clip, grounder, tracker))
            print(rows["finding"][-1], file=sys.stderr, flush=True)
        if "yardstick" in wanted:
            rows["yardstick"].append(cut_single_frames(clip))
        if options.json:  # After every clip: a run that is stopped leaves what it measured.
            plain = {part: [asdict(row) for row in of_part] for part, of_part in rows.items()}
            answer = {"recipe": options.recipe, "trials": options.trials, **plain}
            write_text(options.json, json.dumps(answer, indent=1))
    print(f"recipe `{options.recipe}`: {recipe.track.grounder.key}, {recipe.track.tracker.key}")
    for half in HALVES:
        for part, table in TABLES.items():
            if of_half := [row for row in rows[part] if row.half == half]:
                print("", *table(of_half), sep="\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.eyes", description=sys.modules["benchmarks.eyes"].__doc__
    )
    parser.add_argument("clips", nargs="?", type=Path, help="folder with the public clips, at any depth")
    parser.add_argument("--half", choices=(*HALVES, "both"), default="both")
    parser.add_argument("--only", default="", help="clips whose name contains this")
    parser.add_argument("--trials", type=int, default=2, help="trials of faulty boxes per clip")
    parser.add_argument("--what", choices=(*PARTS, "all"), default="all")
    parser.add_argument("--recipe", default="cpu", help="whose grounder and tracker")
    parser.add_argument("--cache", type=Path, help="folder where made clips stay for the next run")
    parser.add_argument(
        "--sheets", type=Path, help="folder for pictures: the true outline green, the mask's red"
    )
    parser.add_argument("--json", type=Path, help="file for the rows, for scripts")
    return parser


if __name__ == "__main__":
    try:
        main()
    except SparkleError as error:
        sys.exit(f"error: {error}")
