"""A small Kiwi that is trained from nothing and does the task on clips that it has never seen.

    python -m benchmarks.kiwi_small OUT                                        # all phases, on a large GPU
    python -m benchmarks.kiwi_small OUT --only pairs                           # some of them
    python -m benchmarks.kiwi_small OUT --scenes 6 --sources 32 --held-out 8 --set device=cpu ...

Phases, each of which continues where it was interrupted:

    pairs   renders source clips (sources.py) and runs the cpu recipe on them (pairs.py): all cores, no GPU
    train   trains the configuration `small` on them for --minutes
    edit    edits the held-out sources with the checkpoints of three moments
    judge   measures source, cpu recipe and model; prints two tables, writes small.json, small.png and small.mp4

Held-out clips have sources of their own, with other gestures, framings, colours and paintings; their scenes were in
the training data. `--set` changes the configuration (sparkle.kiwi.configs.small).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

from benchmarks.kiwi_small.pairs import SCENES, PairSettings, make_pairs

from sparkle.store import write_text

PHASES = ("pairs", "train", "edit", "judge")


def arguments() -> argparse.Namespace:
    """Return the command line's values."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", default=",".join(PHASES), help="phases, with commas")
    parser.add_argument("--sources", type=int, default=640, help="source clips to train on")
    parser.add_argument("--pairs-each", type=int, default=4, help="pairs of each of them")
    parser.add_argument("--held-out", type=int, default=24, help="source clips to judge on, two pairs each")
    parser.add_argument("--scenes", type=int, default=len(SCENES), help="how many scenes, at most 16")
    parser.add_argument("--size", default="224x128", help="of the clips")
    parser.add_argument("--frames", type=int, default=17, help="of each clip")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--minutes", type=float, default=5.0, help="of training, from its first update on")
    parser.add_argument("--steps", type=int, default=30, help="of the noise schedule, in an edit")
    parser.add_argument("--config", default="small")
    parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE")
    return parser.parse_args()


def main() -> None:
    """Run the phases."""
    chosen = arguments()
    phases = chosen.only.split(",")
    if unknown := set(phases) - set(PHASES):
        sys.exit(f"--only: unknown {', '.join(sorted(unknown))}; phases are {', '.join(PHASES)}")
    for phase in PHASES:
        if phase in phases:
            began = time.monotonic()
            run(phase, chosen)
            print(f"{phase}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def run(phase: str, chosen: argparse.Namespace) -> None:
    """Run one phase. torch is imported by those that need it: the processes that render start without."""
    if phase == "pairs":
        width, height = map(int, chosen.size.split("x"))
        pairs = PairSettings(
            chosen.sources, chosen.held_out, width, height, chosen.frames, chosen.scenes, chosen.pairs_each
        )
        make_pairs(chosen.out, pairs, chosen.processes, _show_folders)
        return
    from benchmarks.kiwi_small.train import train_for, training_settings

    settings = training_settings(chosen.out, chosen.config, chosen.overrides)
    if phase == "train":
        outcome = train_for(settings, chosen.minutes)
        print(f"trained on {outcome.samples} pairs to update {outcome.step}", file=sys.stderr)
    elif phase == "edit":
        from benchmarks.kiwi_small.edit import edit_held_out

        edit_held_out(chosen.out, settings, chosen.steps)
    else:
        from benchmarks.kiwi_small.judge import judge, markdown, summary
        from benchmarks.kiwi_small.sheet import draw_sheet, write_film

        judged = judge(chosen.out, settings)
        table = summary(judged)
        clips = [
            {"instruction": clip.instruction, "scene": clip.keyword, "scores": clip.scores} for clip in judged
        ]
        write_text(chosen.out / "small.json", json.dumps({"summary": table, "clips": clips}, indent=1) + "\n")
        draw_sheet(judged, chosen.out / "small.png")
        write_film(judged, chosen.out / "small.mp4")
        print(markdown(table))


def _show_folders(done: int, of: int) -> None:
    print(f"run folders: {done} of {of}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
