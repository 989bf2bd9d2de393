"""`sparkle models`: what a recipe's weights are, and fetching them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import typer
from rich.table import Table

from sparkle.backends.extras import require
from sparkle.backends.weights import Weights
from sparkle.cli.options import JsonOption, RecipeOption, SetOption
from sparkle.cli.show import answer, print_json, remarks
from sparkle.core.errors import SetupError
from sparkle.recipes import load_recipe
from sparkle.runners.readiness import recipe_weights

app = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown", help="Weights of a recipe's models.")


@app.command("list")
def list_models(
    recipe: RecipeOption = "paper",
    settings: SetOption = [],  # noqa: B006 - typer copies it
    as_json: JsonOption = False,
) -> None:
    """List the weights that a recipe needs, with licence, size, and whether they are here.

    Examples:

        sparkle models list --recipe paper
    """
    found = [_describe(weights) for weights in recipe_weights(load_recipe(recipe, settings))]
    if as_json:
        print_json(found)
        return
    table = Table()
    for column in ("model", "revision", "licence", "GB", "here"):
        table.add_column(column, overflow="fold")
    for each in found:
        size = "?" if each["download_gb"] is None else f"{each['download_gb']:.1f}"
        table.add_row(each["model"], each["revision"], each["licence"], size, "yes" if each["here"] else "no")
    answer.print(table)


@app.command("fetch")
def fetch(
    recipe: RecipeOption = "paper",
    settings: SetOption = [],  # noqa: B006 - typer copies it
    as_json: JsonOption = False,
) -> None:
    """Download the weights that a recipe needs into the Hub's cache, with progress; what is there stays.

    Gated models need your token in the environment variable HF_TOKEN, after accepting their licence on their page.
    Stopped at any moment, the same command continues.

    Examples:

        sparkle models fetch --recipe laptop

        HF_TOKEN=... sparkle models fetch --recipe paper
    """
    needed = recipe_weights(load_recipe(recipe, settings))
    missing = [weights for weights in needed if not _describe(weights)["here"]]
    _refuse_full_disk(missing)
    for weights in needed:
        facts = weights.facts()
        if "note" in facts:
            remarks.print(f"{weights.model}: {facts['licence']}. {facts['note']}", style="yellow")
    folders, failures = {}, []
    for weights in needed:
        try:
            folders[weights.model] = str(weights.fetch())
        except SetupError as error:  # what can be had is fetched first
            failures.append(str(error))
    if as_json:
        print_json(folders)
    else:
        for model, folder in folders.items():
            answer.print(f"{model}  {folder}", highlight=False, soft_wrap=True)
    if failures:
        raise SetupError("not fetched:\n  " + "\n  ".join(failures))


def _describe(weights: Weights) -> dict[str, Any]:
    facts = weights.facts()
    return {
        "model": weights.model,
        "revision": weights.revision,
        "licence": weights.card().licence,
        "download_gb": facts.get("download_gb"),
        "here": weights.is_local or weights.cached_folder() is not None,
    }


def _refuse_full_disk(missing: list[Weights]) -> None:
    hub = require("huggingface_hub", "models", "downloading models")
    cache = Path(hub.constants.HF_HUB_CACHE)
    there = next(folder for folder in (cache, *cache.parents) if folder.exists())
    needed = sum(float(weights.facts().get("download_gb", 0.0)) for weights in missing)
    free = shutil.disk_usage(there).free / 1e9
    if needed > free:
        raise SetupError(
            f"the missing weights take about {needed:.0f} GB and {cache} has {free:.0f} GB free; "
            "make room, or set HF_HOME to a larger disk"
        )
