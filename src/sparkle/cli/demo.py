"""`sparkle demo`: all five stages on a clip that the project renders itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from sparkle.cli.options import JsonOption, RecipeOption, SeedOption
from sparkle.cli.show import answer, print_json, remarks, run_tables, stage_progress
from sparkle.recipes import load_recipe
from sparkle.runners.demo import DemoResult, run_demo


def command(
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Where the clip and the run go.")
    ] = Path("demo"),
    recipe: RecipeOption = "cpu",
    seed: SeedOption = None,
    as_json: JsonOption = False,
) -> None:
    """Render a clip whose true mask is known, run all five stages on it, and show what came out.

    Examples:

        sparkle demo

        sparkle demo --out somewhere --seed 3
    """
    remarks.print("rendering the clip ...")
    with stage_progress(1) as report:
        result = run_demo(out, load_recipe(recipe, options={"seed": seed}), report)
    if as_json:
        print_json({**result.summary.to_json(), "iou": result.iou, "sheet": str(result.sheet)})
    else:
        _show(result)
    if result.summary.failed:
        raise typer.Exit(1)


def _show(result: DemoResult) -> None:
    for table in run_tables(result.summary):
        answer.print(table)
    table = Table(show_header=False, box=None)
    table.add_row("instruction", result.instruction)
    table.add_row("tracker's IoU", f"{result.iou:.3f} against the true mask")
    table.add_row("whole command", f"{result.seconds:.1f} s")
    table.add_row("contact sheet", str(result.sheet))
    table.add_row("edited clip", str(result.edited))
    table.add_row("dataset", result.summary.out)
    answer.print(table)
