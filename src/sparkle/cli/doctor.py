"""`sparkle doctor`: is everything there?"""

from __future__ import annotations

from dataclasses import asdict

import typer
from rich.table import Table

from sparkle.cli.options import JsonOption, RecipeOption, SetOption
from sparkle.cli.show import answer, print_json
from sparkle.recipes import load_recipe
from sparkle.runners.doctor import examine


def command(recipe: RecipeOption = "cpu", settings: SetOption = [], as_json: JsonOption = False) -> None:  # noqa: B006
    """Check that this machine has what a recipe needs; exit code 2 if not.

    Examples:

        sparkle doctor

        sparkle doctor --recipe mine.yaml --json
    """
    findings = list(examine(load_recipe(recipe, settings)))
    good = all(finding.good for finding in findings)
    if as_json:
        print_json({"recipe": recipe, "good": good, "findings": [asdict(finding) for finding in findings]})
    else:
        table = Table()
        for column in ("what", "", "detail"):
            table.add_column(column)
        for finding in findings:
            table.add_row(
                finding.what, "[green]ok[/green]" if finding.good else "[red]missing[/red]", finding.detail
            )
        answer.print(table)
    if not good:
        raise typer.Exit(2)
