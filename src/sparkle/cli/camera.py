"""`sparkle camera`: does the camera of a clip move?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from sparkle.cli.options import JsonOption, RecipeOption, SetOption
from sparkle.cli.show import answer, print_json, told
from sparkle.recipes import load_recipe
from sparkle.runners.camera import examine_cameras


def command(
    clips: Annotated[list[Path], typer.Argument(metavar="CLIP...", help="Video files.")],
    recipe: RecipeOption = "cpu",
    settings: SetOption = [],  # noqa: B006 - typer copies it
    as_json: JsonOption = False,
) -> None:
    """Tell whether the camera of each clip moves, and by how many percent of the width.

    Exit code 1 when a clip cannot be read; a moving camera is an answer, not an error.

    Examples:

        sparkle camera clips/*.mp4

        sparkle camera a.mp4 b.mp4 --json
    """
    found = list(examine_cameras(clips, load_recipe(recipe, settings)))
    if as_json:
        print_json([report.to_json() for report in found])
    else:
        table = Table()
        for column in ("clip", "camera", "movement %", "why"):
            table.add_column(column)
        for report in found:
            if report.error is not None:
                table.add_row(report.file, told(("error", "red")), "", report.error)
                continue
            verdict = told(("moves", "yellow") if report.moving else ("fixed", "green"))
            table.add_row(
                report.file, verdict, f"{report.movement:.2f}", "; ".join(c.reason for c in report.checks)
            )
        answer.print(table)
    if any(report.error is not None for report in found):
        raise typer.Exit(1)
