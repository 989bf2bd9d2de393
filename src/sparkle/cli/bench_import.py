"""`sparkle bench import`: a folder or table of clips that others made becomes a result set."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from sparkle.cli.options import JsonOption
from sparkle.cli.show import answer, print_json, remarks


def command(
    bench: Annotated[Path, typer.Argument(metavar="BENCH", help="The folder of the benchmark.")],
    clips: Annotated[
        Path, typer.Argument(metavar="CLIPS", help="A folder of clips, or a CSV with columns id and video.")
    ],
    save: Annotated[Path, typer.Option("--save", metavar="SAVE", help="Where the clips go, as by infer.")],
    as_json: JsonOption = False,
) -> None:
    """Bring clips that others made to their places in SAVE, by the ids in their names or by a table.

    Clips that match no task, tasks that get no clip, and clips that cannot be read are listed; exit code 1 when a task
    is left without a clip. The given files stay as they are.

    Examples:

        sparkle bench import Sparkle-Bench downloads/their_clips --save results/theirs

        sparkle bench import Sparkle-Bench their_results.csv --save results/theirs
    """
    from sparkle.bench.import_results import import_results
    from sparkle.bench.tasks import read_tasks

    done = import_results(read_tasks(bench), clips, save)
    if as_json:
        print_json({"save": str(save), **asdict(done), "complete": done.complete})
    else:
        answer.print(
            f"{len(done.made)} imported, {len(done.kept)} kept, {len(done.missing)} tasks without a clip, "
            f"{len(done.unmatched)} clips not used",
            highlight=False,
        )
        for what, found in (("not used", done.unmatched), ("no clip", done.missing)):
            for name, reason in found.items():
                answer.print(f"{what}  {name}  {reason}", highlight=False, markup=False, soft_wrap=True)
        answer.print(f"clips  {save}", highlight=False, markup=False, soft_wrap=True)
    if not done.complete:
        remarks.print(f"{len(done.missing)} tasks have no clip", style="red")
        raise typer.Exit(1)
