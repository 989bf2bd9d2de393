"""`sparkle recipes`: which recipes there are, and what is in one."""

from __future__ import annotations

from typing import Annotated

import typer
import yaml
from rich.table import Table

from sparkle.cli.options import JsonOption
from sparkle.cli.show import answer, print_json
from sparkle.recipes import list_recipes, load_recipe


def command(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Print every setting of this recipe.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the recipes, or print one with every setting, ready to be saved and changed.

    Examples:

        sparkle recipes

        sparkle recipes cpu > mine.yaml
    """
    if name is not None:
        values = load_recipe(name).model_dump(mode="json")
        if as_json:
            print_json(values)
        else:
            print(yaml.safe_dump(values, sort_keys=False, allow_unicode=True), end="")
        return
    recipes = list_recipes()
    if as_json:
        print_json([{"name": recipe.name, "summary": recipe.summary} for recipe in recipes])
        return
    table = Table()
    for column in ("recipe", "what it is", "video"):
        table.add_column(column)
    for recipe in recipes:
        video = recipe.video
        table.add_row(
            recipe.name, recipe.summary, f"{video.width}x{video.height}, {video.frames} at {video.fps:g} fps"
        )
    answer.print(table)
