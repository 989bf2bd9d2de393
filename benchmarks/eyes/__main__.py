"""Track and find on the evaluation set, and print the tables: see `python -m benchmarks.eyes --help`."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.eyes import choose, report
from benchmarks.eyes.finding import FindingRow, find_subjects
from benchmarks.eyes.footage import footage_scenes
from benchmarks.eyes.scene import Scene
from benchmarks.eyes.sheet import write_sheet
from benchmarks.eyes.store import file_name, stored_clip
from benchmarks.eyes.tables import finding_table, tracking_table
from benchmarks.eyes.tracking import TrackingRow, track_trial

from sparkle.backends import create_backend
from sparkle.core.errors import SparkleError
from sparkle.recipes import load_recipe
from sparkle.video.atomic import write_text

HALVES = ("choose", "report")


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
    tracking: list[TrackingRow] = []
    finding: list[FindingRow] = []
    for scene in chosen:
        clip = stored_clip(scene, options.cache)
        if options.what != "finding":
            for trial in range(options.trials):
                row, mask = track_trial(clip, trial, tracker)
                tracking.append(row)
                print(row, file=sys.stderr, flush=True)
                if options.sheets:
                    write_sheet(
                        options.sheets / clip.half / f"{file_name(clip.name)}-{trial}.png", clip, mask
                    )
        if options.what != "tracking":
            finding.append(find_subjects(clip, grounder, tracker))
            print(finding[-1], file=sys.stderr, flush=True)
        if options.json:  # After every clip: a run that is stopped leaves what it measured.
            answer = {"recipe": options.recipe, "trials": options.trials}
            answer |= {
                "tracking": [asdict(row) for row in tracking],
                "finding": [asdict(row) for row in finding],
            }
            write_text(options.json, json.dumps(answer, indent=1))
    print(
        f"recipe `{options.recipe}`: grounder `{recipe.track.grounder.key}`, tracker `{recipe.track.tracker.key}`"
    )
    for half in HALVES:
        for rows, table in ((tracking, tracking_table), (finding, finding_table)):
            if of_half := [row for row in rows if row.half == half]:
                print("", *table(of_half), sep="\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.eyes", description=sys.modules["benchmarks.eyes"].__doc__
    )
    parser.add_argument("clips", nargs="?", type=Path, help="folder with the public clips, at any depth")
    parser.add_argument("--half", choices=(*HALVES, "both"), default="both")
    parser.add_argument("--only", default="", help="clips whose name contains this")
    parser.add_argument("--trials", type=int, default=2, help="trials of faulty boxes per clip")
    parser.add_argument("--what", choices=("tracking", "finding", "both"), default="both")
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
