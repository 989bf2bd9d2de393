"""`sparkle rejects`: what became of the samples that did not come through a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sparkle.cli.options import JsonOption
from sparkle.cli.show import answer, print_json, slim_table, tell_damage, told


def command(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="The folder of a `sparkle build`, or its address.")
    ],
    sheets: Annotated[
        bool,
        typer.Option(
            "--sheets/--no-sheets",
            help="Write contact sheets of them into the run's folder, where it lies on a disk.",
        ),
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """List the samples of a run that fell: at which stage, by which check, with which score, and why, with pictures.

    Examples:

        sparkle rejects runs/first

        sparkle rejects runs/first --no-sheets --json
    """
    from sparkle.runners.reject_sheets import draw_rejects
    from sparkle.runners.rejects import count_rejects, find_rejects
    from sparkle.runners.status import read_damage
    from sparkle.store import Folder

    folder = Folder.at(run)
    fallen = find_rejects(folder)
    tell_damage(read_damage(folder))
    overviews: list[Path] = []
    if sheets and folder.path is not None:
        fallen, overviews = draw_rejects(folder.path, fallen)
    counts = count_rejects(fallen)
    if as_json:
        listed = [each.to_json() for each in fallen]
        print_json(
            {"run": str(run), "counts": counts, "sheets": list(map(str, overviews)), "samples": listed}
        )
        return
    for each in fallen:
        kind = ("failed  ", "red") if each.check is None else ("rejected", "yellow")
        answer.print(told(kind, f"  {each.id}  {each.stage}  {each.reason}"), soft_wrap=True)
        answer.print(
            told((f"          {each.source}  {folder.name(each.picture) if each.picture else ''}", "dim")),
            soft_wrap=True,
        )
    if counts:
        table = slim_table("check", "samples")
        for name, count in counts.items():
            table.add_row(name, str(count))
        answer.print(table)
    answer.print(f"{len(fallen)} {'sample' if len(fallen) == 1 else 'samples'} fell")
    if sheets and folder.path is None:
        answer.print(
            "no contact sheets: they are written beside runs on a disk alone; sparkle view shows the pictures"
        )
    for path in overviews:
        answer.print(f"contact sheet  {path}", soft_wrap=True)
